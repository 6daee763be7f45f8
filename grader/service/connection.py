"""HTTP connections that do not wait for ever: uvicorn has no deadline of its own for a request's first lines."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""After so long, and at the latest twice as long, a connection without a request under way is closed."""


class PunctualProtocol(H11Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(HEAD_SECONDS, self.look, None)

    def look(self, before: Any) -> None:
        """`before` is the request that the connection had ended with when it was last looked at."""
        if self.transport.is_closing():
            return
        ended = self.cycle is None or self.cycle.response_complete
        if ended and self.cycle is before:
            self.transport.close()
            return
        # a request that is under way will not be the last one seen
        self.loop.call_later(HEAD_SECONDS, self.look, self.cycle if ended else self)
