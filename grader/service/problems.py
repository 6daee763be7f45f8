"""What went wrong, in one sentence that says whose doing it is: as problem details (RFC 9457), or as a page."""

import errno
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from grader.errors import AssignmentError, BadNotebook, DamagedContent, Refused, StorageError
from grader.records.rubric import Record
from grader.service.page import page

API = "/api/"
OPERATIONS = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json"})
MEDIA_TYPE = "application/problem+json"
LATER, MUCH_LATER = {"Retry-After": "5"}, {"Retry-After": "60"}
DAMAGED = "What was stored of this is damaged, which is no fault of yours; staff can have it graded once more."
FULL = {errno.ENOSPC, errno.EDQUOT}
KINDS = (
    Refused,
    BadNotebook,
    AssignmentError,
    StorageError,
    SQLAlchemyError,
    OSError,
    HTTPException,
    RequestValidationError,
    ClientDisconnect,
    Exception,
)

log = logging.getLogger(__name__)


class Problem(Record):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


@dataclass(frozen=True)
class Trouble:
    status: int
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(path: str, trouble: Trouble) -> Response:
    """What whoever asked for `path` is told: a program by problem details, a person by a page."""
    title = HTTPStatus(trouble.status).phrase
    if not path.startswith(API) and path not in OPERATIONS:
        return page("trouble.html.j2", {"title": title, "detail": trouble.detail}, trouble.status, trouble.headers)
    content = Problem(title=title, status=trouble.status, detail=trouble.detail).model_dump()
    return JSONResponse(content, trouble.status, dict(trouble.headers), MEDIA_TYPE)


def trouble(error: Exception) -> Trouble:
    """Whose doing it is. What is the service's own goes to its log."""
    match error:
        case Refused():
            return Trouble(error.status, str(error), MUCH_LATER if error.status == 429 else {})
        case BadNotebook():
            return Trouble(422, str(error))
        case AssignmentError():
            log.error("an assignment cannot be loaded: %s", error)
            return Trouble(503, "This assignment cannot be loaded; its staff have to look at it.", LATER)
        case HTTPException():
            return Trouble(error.status_code, str(error.detail), dict(error.headers or {}))
        case RequestValidationError():
            wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            return Trouble(422, wrong)
        case ClientDisconnect():
            return Trouble(400, "The upload was broken off.")
        case DamagedContent():
            # its words are our own
            log.error("damaged: %s", error)
            return Trouble(500, DAMAGED)
        case StorageError() | SQLAlchemyError() | OSError():
            log.error("the store failed", exc_info=error)
            if isinstance(error, OSError) and error.errno in FULL:
                return Trouble(507, "The disk is full; nothing was kept.")
            return Trouble(503, "The grader's memory cannot be used at the moment; nothing was kept.", LATER)
        case _:
            log.error("a request failed", exc_info=error)
            return Trouble(500, "The grader failed; nothing of it is your doing.")


def explain(app: FastAPI) -> None:
    """Let `app` answer every error with its trouble."""

    def explained(request: Request, error: Exception) -> Response:
        return answer(request.url.path, trouble(error))

    for kind in KINDS:
        app.add_exception_handler(kind, explained)
