"""Stands before everything else: whoever is nobody sends no body, and whoever is somebody sends one that ends."""

import asyncio
import time

from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.notebooks.read import MAX_BYTES
from grader.service.problems import not_stored, problem
from grader.service.store import Store
from grader.service.users import user_with

OPEN = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json"})
MAX_BODY = MAX_BYTES + (64 << 10)
"""A notebook in a form."""
BODY_SECONDS = 30.0
CLOSE = {"Connection": "close"}
"""What comes after a refusal is not even thrown away."""


class Guard:
    def __init__(self, app: ASGIApp, store: Store) -> None:
        self.app, self.store = app, store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["received"] = time.time()
        headers = Headers(scope=scope)
        if scope["path"] not in OPEN:
            kind, _, token = headers.get("authorization", "").partition(" ")
            try:
                user = await run_sync(user_with, self.store, token.strip()) if kind.lower() == "bearer" else None
            except (SQLAlchemyError, OSError) as error:
                await not_stored(error)(scope, receive, send)
                return
            if user is None:
                answer = problem(
                    401, "Send your token as `Authorization: Bearer TOKEN`.", {"WWW-Authenticate": "Bearer"} | CLOSE
                )
                await answer(scope, receive, send)
                return
            scope["state"]["user"] = user
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            await problem(413, too_large(), CLOSE)(scope, receive, send)
            return
        await self.app(scope, bounded(receive), send)


def bounded(receive: Receive) -> Receive:
    """`receive`, until the body is too large or takes too long. The exception is the app's own kind of answer."""
    deadline, size, complete = time.monotonic() + BODY_SECONDS, 0, False

    async def received() -> Message:
        nonlocal size, complete
        # after the body comes the end of the connection, which may take as long as the answer
        try:
            async with asyncio.timeout(None if complete else deadline - time.monotonic()):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, f"The body did not come within {BODY_SECONDS:g} s.", CLOSE) from None
        size += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        if size > MAX_BODY:
            raise HTTPException(413, too_large(), CLOSE)
        return message

    return received


def too_large() -> str:
    return f"The upload is larger than {MAX_BYTES >> 20} MB."
