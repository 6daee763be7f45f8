"""Errors as RFC 9457 problem details: each says in one sentence what happened, and whose doing it is."""

import errno
import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from grader.errors import AssignmentError, BadNotebook, Refused, StorageError
from grader.records.rubric import Record

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = "5"
FULL = {errno.ENOSPC, errno.EDQUOT}

log = logging.getLogger(__name__)


class Problem(Record):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    content = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail).model_dump()
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def unavailable(sentence: str) -> JSONResponse:
    return problem(503, sentence, {"Retry-After": RETRY_SECONDS})


def refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return problem(error.status, str(error))


def not_gradable(_: Request, error: Exception) -> JSONResponse:
    return problem(422, str(error))


def no_such_assignment(_: Request, error: Exception) -> JSONResponse:
    log.error("an assignment cannot be loaded: %s", error)
    return unavailable("This assignment cannot be loaded; its staff have to look at it.")


def not_stored(error: Exception) -> JSONResponse:
    log.error("the store failed: %s", error)
    if isinstance(error, OSError) and error.errno in FULL:
        return problem(507, "The disk is full; nothing was kept.")
    return unavailable("The grader's memory cannot be used at the moment; nothing was kept.")


def http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    return problem(error.status_code, str(error.detail), headers)


def invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return problem(422, wrong)


def unexpected(_: Request, error: Exception) -> JSONResponse:
    log.error("a request failed", exc_info=error)
    return problem(500, "The grader failed; nothing of it is your doing.")


HANDLERS: dict[type[Exception], Any] = {
    Refused: refused,
    BadNotebook: not_gradable,
    AssignmentError: no_such_assignment,
    StorageError: lambda _, error: not_stored(error),
    SQLAlchemyError: lambda _, error: not_stored(error),
    OSError: lambda _, error: not_stored(error),
    HTTPException: http,
    RequestValidationError: invalid,
    Exception: unexpected,
}


def explain(app: FastAPI) -> None:
    """Let `app` answer every error with a problem."""
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, handler)
