"""Stands before everything else: whoever is nobody sends no body, and whoever is somebody sends one that ends."""

import asyncio
import time
from contextlib import suppress

from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.notebooks.read import MAX_BYTES
from grader.service.identity import forged, sender
from grader.service.problems import API, MUCH_LATER, OPERATIONS, Trouble, answer, trouble
from grader.service.rates import Rates
from grader.service.store import Store

OPEN = OPERATIONS | {"/login"}
OPEN_FOLDER = "/static/"
MAX_BODY = MAX_BYTES + (64 << 10)
"""A notebook in a form."""
MAX_NOBODYS_BODY = 4096
"""A token in a form."""
BODY_SECONDS = 30.0
SKIPPED = 64 << 10
"""What is read of a body that nobody asked for."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Cache-Control": "no-store",
}
"""Of every answer that does not say otherwise."""


class Guard:
    def __init__(self, app: ASGIApp, store: Store, rates: Rates) -> None:
        self.app, self.store, self.rates = app, store, rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {}).update(received=time.time(), user=None)
        headers = Headers(scope=scope)
        refusal = await self.refusal(scope, headers)
        body = Body(receive, MAX_NOBODYS_BODY if scope["state"]["user"] is None else MAX_BODY, headers)
        if refusal is None:
            await self.app(scope, body.receive, completed(send, body, body.limit))
        else:
            await refusal(scope, body.receive, completed(send, body, SKIPPED))

    async def refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer where the request goes no further. Whoever asks is in the scope's state where it does."""
        path, open_to_all = scope["path"], scope["path"] in OPEN or scope["path"].startswith(OPEN_FOLDER)
        if not open_to_all:
            try:
                user = await run_sync(sender, self.store, headers)
            except (SQLAlchemyError, OSError) as error:
                return answer(path, trouble(error))
            if user is None:
                return self.nobody(scope, headers)
            scope["state"]["user"] = user
        if forged(scope["method"], headers):
            return answer(path, Trouble(403, "This was not sent from a page of the grader."))
        if announced(headers) > (MAX_NOBODYS_BODY if open_to_all else MAX_BODY):
            return answer(path, Trouble(413, too_large()))
        return None

    def nobody(self, scope: Scope, headers: Headers) -> Response:
        if not scope["path"].startswith(API) and "authorization" not in headers:
            return RedirectResponse("/login", 303)
        if "authorization" in headers and self.rates.wrong_token((scope.get("client") or ("",))[0]):
            return answer(API, Trouble(429, "These were too many wrong tokens.", MUCH_LATER))
        challenge = {"WWW-Authenticate": "Bearer"}
        return answer(API, Trouble(401, "Send your token as `Authorization: Bearer TOKEN`.", challenge))


def completed(send: Send, body: "Body", most: int) -> Send:
    """`send`, with the headers of every answer. One that comes before the body's end waits for up to `most` bytes of it:
    whoever still sends when a connection ends may never see the answer.
    """

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if not await body.skip(most):
                headers["Connection"] = "close"
        await send(message)

    return sent


class Body:
    """A request's body, until it is too large or takes too long. The exceptions are the app's own kind of answer."""

    def __init__(self, receive: Receive, limit: int, headers: Headers) -> None:
        self.source, self.limit, self.size = receive, limit, 0
        self.deadline = time.monotonic() + BODY_SECONDS
        self.announced = announced(headers)
        self.complete = self.announced == 0 and "transfer-encoding" not in headers

    async def receive(self) -> Message:
        # after the body comes the end of the connection, which may take as long as the answer
        try:
            async with asyncio.timeout(None if self.complete else self.deadline - time.monotonic()):
                message = await self.source()
        except TimeoutError:
            raise HTTPException(408, f"The body did not come within {BODY_SECONDS:g} s.") from None
        self.size += len(message.get("body", b""))
        self.complete = not message.get("more_body", False)
        if self.size > self.limit:
            raise HTTPException(413, too_large())
        return message

    async def skip(self, most: int) -> bool:
        """Whether the body has come to its end, if need be by reading on; one of more than `most` bytes has not."""
        with suppress(HTTPException):
            while not self.complete and self.announced <= most and self.size <= most:
                await self.receive()
        return self.complete and self.size <= self.limit


def announced(headers: Headers) -> int:
    """The body's length as its sender says it, 0 where it does not; too much where that is no number."""
    length = headers.get("content-length", "0")
    return int(length) if length.isdigit() else MAX_BODY + 1


def too_large() -> str:
    return f"The upload is larger than {MAX_BYTES >> 20} MB."
