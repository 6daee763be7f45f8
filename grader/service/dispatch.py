"""Hands out what waits to the engine, and stores what comes back. Nobody else does, so nothing is handed out twice."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from grader.engines.interface import Job, Submit
from grader.errors import GraderError, GraderFault, InfrastructureFault, StorageError
from grader.notebooks.read import read
from grader.records.grading import Grading
from grader.service import revisions
from grader.service.board import Board
from grader.service.contents import content
from grader.service.metrics import Metrics
from grader.service.owner import Superseded, claimed
from grader.service.self_test import SelfTests
from grader.service.store import Store
from grader.service.submissions import give_back, take
from grader.service.tables import SubmissionRow
from grader.settings import Settings

OpenEngine = Callable[[], AbstractContextManager[Submit]]
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 60.0
"""How long to leave a machine alone on which something failed: after a failed grading twice as long as the last time, until
one succeeds.
"""

LOOK_SECONDS = 10.0
"""After so long, look whether an assignment that is not graded was repaired."""

PASSING = (StorageError, OSError, OperationalError, InterfaceError, NoConnection)
"""What a store raises that can be written again later."""

log = logging.getLogger(__name__)


class Stopping(Exception):
    """The service is to end: gradings that run are handed back."""


@dataclass(frozen=True)
class End:
    """A grading that is over, until what came of it is stored."""

    identifier: str
    future: "Future[Grading]"
    started: float


class Dispatcher:
    """Up to `at_once` gradings run at a time. Started once, stopped once."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        board: Board,
        metrics: Metrics,
        open_engine: OpenEngine,
        at_once: int,
        self_tests: SelfTests | None = None,
    ) -> None:
        self.store, self.settings, self.board, self.metrics = store, settings, board, metrics
        self.open_engine, self.at_once, self.self_tests = open_engine, at_once, self_tests
        self.condition = threading.Condition()
        self.running: set[str] = set()
        self.ends: list[End] = []
        self.stopping, self.calls = False, 0
        self.troubled = False
        """Whether the machine failed since something was last handed out."""
        self.pause = PAUSE_SECONDS
        self.thread = threading.Thread(target=self.run, name="dispatcher")

    def start(self) -> None:
        """Queue again what ran when the service died, and begin."""
        self.store = claimed(self.store)
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

    def refusal(self, assignment: str) -> str:
        """Why nothing is graded of an assignment; empty where it is graded, or will be."""
        return self.self_tests.refusal(assignment) if self.self_tests else ""

    def run(self) -> None:
        try:
            with self.open_engine() as submit:
                while True:
                    try:
                        self.settle()
                        self.hand_out(submit)
                    except (Stopping, Superseded):
                        raise
                    except Exception:  # nothing may end the thread that everybody waits for, and nothing was handed out
                        log.exception("nothing could be handed out")
                        self.troubled = True
        except Superseded as error:
            log.critical("nothing is handed out any more: %s", error)
        except Stopping:
            # what is not stored now is queued again at the next start
            self.settle()
            log.info("the dispatcher has stopped")

    def hand_out(self, submit: Submit) -> None:
        """Hand out what waits, or wait until something happens. Raises Stopping at the end."""
        with self.condition:
            if self.troubled:
                # whatever is wrong with the machine would fail the whole queue in a moment
                self.troubled = False
                self.condition.wait_for(lambda: self.stopping, self.pause)
            if self.stopping:
                raise Stopping
            calls = self.calls
            # an end that cannot be stored waits for the same memory as all that would be handed out
            free = not self.ends and len(self.running) < self.at_once
        ready = self.self_tests.ready(submit, self.wake) if self.self_tests else None
        row = take(self.store, ready) if free else None
        if row is not None:
            self.running.add(row.id)
            self.grade(row, submit)
            return
        with self.condition:
            patience = LOOK_SECONDS if self.self_tests else None
            self.condition.wait_for(lambda: self.stopping or self.ends or self.calls != calls, patience)

    def grade(self, row: SubmissionRow, submit: Submit) -> None:
        self.board.clear(row.id)
        if not row.regrade and not row.failures:
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
        future.add_done_callback(lambda done: self.ended(End(row.id, done, started)))

    def ended(self, end: End) -> None:
        """In a thread of the engine's."""
        with self.condition:
            self.ends.append(end)
        self.wake()

    def settle(self) -> None:
        """Store the ends that have come. One that the store does not take now stays, and is tried again."""
        with self.condition:
            ends = list(self.ends)
        for end in ends:
            try:
                outcome = self.store_outcome(end)
            except Superseded:
                raise
            except PASSING as error:
                log.error("an end could not be stored", exc_info=error, extra={"submission": end.identifier})
                self.troubled = True
                continue
            seconds = time.monotonic() - end.started
            self.metrics.graded.labels(outcome).inc()
            self.metrics.took.observe(seconds)
            told = {"submission": end.identifier, "outcome": outcome, "seconds": round(seconds, 3)}
            log.info("a grading has ended", extra=told)
            with self.condition:
                self.ends.remove(end)
                self.running.discard(end.identifier)
            self.board.clear(end.identifier)

    def store_outcome(self, end: End) -> str:
        """Returns whose matter it was."""
        error = None if end.future.cancelled() else end.future.exception()
        if end.future.cancelled() or (self.stopping and error is not None):
            give_back(self.store, end.identifier)
            return "handed back"
        if error is None:
            try:
                revisions.graded(self.store, end.identifier, end.future.result(), time.time())
                self.pause = PAUSE_SECONDS
                return "graded"
            except PASSING:
                raise
            except Exception as unfit:  # what no try will store is the grader's failure, and of this grading alone
                log.exception("a report cannot be stored", extra={"submission": end.identifier})
                error = GraderFault(f"the report cannot be stored: {type(unfit).__name__}")
        infrastructure = isinstance(error, InfrastructureFault) or not isinstance(error, GraderError)
        if infrastructure and not self.troubled:
            self.troubled, self.pause = True, min(2 * self.pause, LONGEST_PAUSE_SECONDS)
        log.warning("a grading failed", exc_info=error, extra={"submission": end.identifier})
        revisions.failed(self.store, end.identifier, str(error), again=infrastructure)
        return "infrastructure" if infrastructure else "grader"
