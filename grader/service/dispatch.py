"""Hands out what waits to the engine, and stores what comes back. Nobody else does, so nothing is handed out twice."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager

from grader.engines.interface import Job, Submit
from grader.errors import GraderError, InfrastructureFault
from grader.notebooks.read import read
from grader.records.grading import Grading
from grader.service import revisions
from grader.service.board import Board
from grader.service.contents import content
from grader.service.metrics import Metrics
from grader.service.store import Store
from grader.service.submissions import give_back, take
from grader.service.tables import SubmissionRow
from grader.settings import Settings

OpenEngine = Callable[[], AbstractContextManager[Submit]]
PAUSE_SECONDS = 1.0
"""How long to leave a machine alone on which something failed."""

log = logging.getLogger(__name__)


class Stopping(Exception):
    """The service is to end: gradings that run are handed back."""


class Dispatcher:
    """Up to `at_once` gradings run at a time. Started once, stopped once."""

    def __init__(
        self, store: Store, settings: Settings, board: Board, metrics: Metrics, open_engine: OpenEngine, at_once: int
    ) -> None:
        self.store, self.settings, self.board, self.metrics = store, settings, board, metrics
        self.open_engine, self.at_once = open_engine, at_once
        self.condition = threading.Condition()
        self.running: set[str] = set()
        self.unwritten: set[str] = set()
        """Those whose end could not be stored: they are queued again as soon as the store can be written."""
        self.stopping, self.calls = False, 0
        self.troubled = False
        """Whether the machine failed since something was last handed out."""
        self.thread = threading.Thread(target=self.run, name="dispatcher")

    def start(self) -> None:
        """Queue again what ran when the service died, and begin."""
        give_back(self.store)
        self.thread.start()

    def stop(self) -> None:
        """End all gradings and hand them back; returns when that is done."""
        with self.condition:
            self.stopping = True
            self.condition.notify_all()
        if self.thread.is_alive():
            self.thread.join()

    def wake(self) -> None:
        """Something waits."""
        with self.condition:
            self.calls += 1
            self.condition.notify_all()

    def run(self) -> None:
        try:
            with self.open_engine() as submit:
                while True:
                    try:
                        self.hand_out(submit)
                    except Stopping:
                        raise
                    except Exception:  # nothing may end the thread that everybody waits for, and nothing was handed out
                        log.exception("nothing could be handed out")
                        self.troubled = True
        except Stopping:
            log.info("the dispatcher has stopped")

    def hand_out(self, submit: Submit) -> None:
        """Wait until there is something to do, and do it. Raises Stopping at the end."""
        with self.condition:
            self.condition.wait_for(lambda: self.stopping or len(self.running) < self.at_once)
            if self.stopping:
                raise Stopping
            if self.troubled:
                # whatever is wrong with the machine would fail the whole queue in a moment
                self.troubled = False
                self.condition.wait_for(lambda: self.stopping, PAUSE_SECONDS)
            calls = self.calls
        for identifier in sorted(self.unwritten):
            give_back(self.store, identifier)
            self.unwritten.discard(identifier)
        row = take(self.store)
        with self.condition:
            if row is None:
                self.condition.wait_for(lambda: self.stopping or self.calls != calls)
                return
            self.running.add(row.id)
        self.grade(row, submit)

    def grade(self, row: SubmissionRow, submit: Submit) -> None:
        self.board.clear(row.id)
        self.metrics.waited.observe(max(0.0, time.time() - row.received_at))
        started = time.monotonic()
        try:
            job = Job(
                read(content(self.store.contents, row.sha256)), row.filename, row.assignment, self.settings, "full"
            )
            future = submit(job, lambda progress: self.board.tell(row.id, progress))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the end of this grading and of no other
            future = Future()
            future.set_exception(error)
        future.add_done_callback(lambda done: self.ended(row.id, done, started))

    def ended(self, identifier: str, future: "Future[Grading]", started: float) -> None:
        """In a thread of the engine's: store what came of it."""
        try:
            outcome = self.store_outcome(identifier, future)
            self.metrics.graded.labels(outcome).inc()
            self.metrics.took.observe(time.monotonic() - started)
        except Exception:  # whoever is to blame: it is graded again, and its place is free for others
            log.exception("the end of grading %s could not be stored", identifier)
            self.unwritten.add(identifier)
            self.troubled = True
        finally:
            self.board.clear(identifier)
            with self.condition:
                self.running.discard(identifier)
            self.wake()

    def store_outcome(self, identifier: str, future: "Future[Grading]") -> str:
        """Returns whose matter it was."""
        error = None if future.cancelled() else future.exception()
        if future.cancelled() or (self.stopping and error is not None):
            give_back(self.store, identifier)
            return "handed back"
        if error is None:
            revisions.graded(self.store, identifier, future.result(), time.time())
            return "graded"
        infrastructure = isinstance(error, InfrastructureFault) or not isinstance(error, GraderError)
        self.troubled = self.troubled or infrastructure
        log.warning("grading %s failed: %s", identifier, error)
        revisions.failed(self.store, identifier, str(error), again=infrastructure)
        return "infrastructure" if infrastructure else "grader"
