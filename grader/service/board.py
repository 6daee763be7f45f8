"""What gradings say of themselves while they run, for those who wait for it. Nothing here has to survive."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from grader.records.progress import Begun, CellStarted, Progress
from grader.records.report import ItemReport


@dataclass(frozen=True)
class Standing:
    """How far a submission's grading is."""

    cell: CellStarted | None = None
    items: tuple[ItemReport, ...] = ()


class Board:
    """Engines write from their threads, requests wait in the event loop."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.standings: dict[str, Standing] = {}
        self.waiting: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}

    def tell(self, identifier: str, progress: Progress) -> None:
        with self.lock:
            before = self.standings.get(identifier, Standing())
            if isinstance(progress, Begun):
                self.standings[identifier] = Standing()
            elif isinstance(progress, CellStarted):
                self.standings[identifier] = Standing(progress, before.items)
            else:
                self.standings[identifier] = Standing(before.cell, (*before.items, progress.item))
        self.changed(identifier)

    def clear(self, identifier: str) -> None:
        """The grading has ended, or starts again."""
        with self.lock:
            self.standings.pop(identifier, None)
        self.changed(identifier)

    def changed(self, identifier: str) -> None:
        with self.lock:
            for loop, event in self.waiting.get(identifier, ()):
                loop.call_soon_threadsafe(event.set)

    def standing(self, identifier: str) -> Standing:
        with self.lock:
            return self.standings.get(identifier, Standing())

    @contextmanager
    def watching(self, identifier: str) -> Iterator[asyncio.Event]:
        """An event that is set at each change of the submission; whoever waits for it clears it first."""
        event = asyncio.Event()
        entry = (asyncio.get_running_loop(), event)
        with self.lock:
            self.waiting.setdefault(identifier, set()).add(entry)
        try:
            yield event
        finally:
            with self.lock:
                self.waiting[identifier].discard(entry)
                if not self.waiting[identifier]:
                    del self.waiting[identifier]


async def waited(event: asyncio.Event, seconds: float) -> None:
    """Return at the event, or when so many seconds have passed."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
