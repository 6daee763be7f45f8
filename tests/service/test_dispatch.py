"""Gradings survive: the machine's failures, the service's end, a store that cannot be written."""

import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.engines.interface import Job, Submit, Watch
from grader.engines.local import open_local
from grader.errors import GraderFault, InfrastructureFault
from grader.records.grading import Grading
from grader.records.rubric import Policy
from grader.service import revisions
from grader.service.board import Board
from grader.service.contents import path_of
from grader.service.dispatch import PAUSE_SECONDS, Dispatcher, OpenEngine
from grader.service.metrics import new_metrics
from grader.service.store import Store
from grader.service.submissions import Upload, accept, find
from grader.service.users import User
from grader.settings import Settings
from tests.sandbox.wall import wait_until
from tests.service.test_api import notebook
from tests.service.test_submissions import grading


class Engine:
    """An engine whose gradings end as a test says: what a dispatcher makes of an end is what is tested here."""

    def __init__(self, *ends: Exception | None) -> None:
        self.ends = list(ends)
        self.jobs: list[Job] = []
        self.open: list[Future[Grading]] = []

    @contextmanager
    def opened(self) -> Iterator[Submit]:
        def submit(job: Job, watch: Watch = lambda _: None) -> Future[Grading]:
            self.jobs.append(job)
            future: Future[Grading] = Future()
            if not self.ends:
                self.open.append(future)
            elif (end := self.ends.pop(0)) is None:
                future.set_result(grading())
            else:
                future.set_exception(end)
            return future

        try:
            yield submit
        except BaseException:
            for future in self.open:
                future.set_exception(InfrastructureFault("the grading was told to end"))
            raise


def dispatcher(store: Store, engine: OpenEngine, at_once: int = 2) -> Dispatcher:
    return Dispatcher(store, Settings(), Board(), new_metrics(), engine, at_once)


def handed_in(store: Store, user: User, *names: str) -> list[str]:
    uploads = [Upload("deep-learning-1", user.team, "w.ipynb", notebook(f"{name} = 1"), 1.0) for name in names]
    return [accept(store, upload, user, Policy())[0].id for upload in uploads]


def state(store: Store, identifier: str) -> str:
    row = find(store, identifier)
    assert row is not None
    return row.state


@contextmanager
def dispatching(store: Store, engine: OpenEngine, at_once: int = 2) -> Iterator[Dispatcher]:
    started = dispatcher(store, engine, at_once)
    started.start()
    try:
        yield started
    finally:
        started.stop()


def test_what_waits_at_the_start_is_graded(store: Store, people: dict[str, User]) -> None:
    ids = handed_in(store, people["ada"], "a", "b", "c")
    with dispatching(store, Engine(None, None, None).opened):
        assert wait_until(lambda: {state(store, one) for one in ids} == {"graded"})
    assert all(revisions.current(store, one) for one in ids)


def test_what_comes_later_is_graded_too(store: Store, people: dict[str, User]) -> None:
    with dispatching(store, Engine(None).opened) as started:
        (later,) = handed_in(store, people["ada"], "a")
        started.wake()
        assert wait_until(lambda: state(store, later) == "graded")


def test_the_machines_failure_is_tried_again(store: Store, people: dict[str, User]) -> None:
    (one,) = handed_in(store, people["ada"], "a")
    engine = Engine(InfrastructureFault("no kernel"), InfrastructureFault("no kernel"), None)
    with dispatching(store, engine.opened):
        assert wait_until(lambda: state(store, one) == "graded")
    assert len(engine.jobs) == 3


def test_three_failures_of_the_machine_wait_for_a_person(store: Store, people: dict[str, User]) -> None:
    (one,) = handed_in(store, people["ada"], "a")
    engine = Engine(*[InfrastructureFault("no kernel")] * 9)
    with dispatching(store, engine.opened):
        assert wait_until(lambda: state(store, one) == "failed")
    assert len(engine.jobs) == 3
    row = find(store, one)
    assert row is not None
    assert row.reason == "no kernel"


def test_the_graders_failure_is_not_tried_again(store: Store, people: dict[str, User]) -> None:
    (one,) = handed_in(store, people["ada"], "a")
    engine = Engine(*[GraderFault("a broken check")] * 9)
    with dispatching(store, engine.opened):
        assert wait_until(lambda: state(store, one) == "failed")
    assert len(engine.jobs) == 1


def test_what_runs_when_the_service_ends_is_handed_back_and_costs_nothing(
    store: Store, people: dict[str, User]
) -> None:
    ids = handed_in(store, people["ada"], "a", "b", "c")
    engine = Engine()
    with dispatching(store, engine.opened):
        assert wait_until(lambda: len(engine.jobs) == 2)
    assert {state(store, one) for one in ids} == {"queued"}
    assert [row.failures for one in ids if (row := find(store, one))] == [0, 0, 0]


def test_no_more_run_at_once_than_are_to(store: Store, people: dict[str, User]) -> None:
    handed_in(store, people["ada"], "a", "b", "c")
    engine = Engine()
    with dispatching(store, engine.opened, 1) as started:
        assert wait_until(lambda: len(engine.jobs) == 1)
        started.wake()
        engine.open.pop().set_result(grading())
        assert wait_until(lambda: len(engine.jobs) == 2)
        assert len(engine.open) == 1


def test_a_damaged_upload_waits_for_a_person_and_others_go_on(store: Store, people: dict[str, User]) -> None:
    broken, whole = handed_in(store, people["ada"], "a", "b")
    row = find(store, broken)
    assert row is not None
    path_of(store.contents, row.sha256).write_bytes(b"{}")
    with dispatching(store, Engine(None).opened):
        assert wait_until(lambda: state(store, whole) == "graded" and state(store, broken) == "failed")
    row = find(store, broken)
    assert row is not None
    assert "damaged" in row.reason


def test_an_upload_that_cannot_be_read_is_in_nobodys_way(store: Store, people: dict[str, User]) -> None:
    broken, whole = handed_in(store, people["ada"], "a", "b")
    row = find(store, broken)
    assert row is not None
    place = path_of(store.contents, row.sha256)
    place.unlink()
    place.mkdir()
    with dispatching(store, Engine(None).opened, 1):
        assert wait_until(lambda: state(store, whole) == "graded" and state(store, broken) == "failed")


def test_whatever_an_engine_does_the_others_are_graded(store: Store, people: dict[str, User]) -> None:
    unlucky, other = handed_in(store, people["ada"], "a", "b")
    engine = Engine(*[RuntimeError("can't start new thread")] * 3, None)
    with dispatching(store, engine.opened, 1):
        assert wait_until(lambda: state(store, unlucky) == "failed" and state(store, other) == "graded", 30)


def test_an_end_that_makes_no_sense_is_the_graders_failure(store: Store, people: dict[str, User]) -> None:
    (one,) = handed_in(store, people["ada"], "a")
    engine = Engine()
    with dispatching(store, engine.opened, 1):
        assert wait_until(lambda: len(engine.open) == 1)
        engine.open.pop().set_result(None)  # type: ignore[arg-type]
        assert wait_until(lambda: state(store, one) == "failed")
    assert len(engine.jobs) == 1


def test_an_end_that_cannot_be_stored_is_stored_when_it_can(
    store: Store, people: dict[str, User], caplog: pytest.LogCaptureFixture
) -> None:
    one, other = handed_in(store, people["ada"], "a", "b")
    engine = Engine()
    with dispatching(store, engine.opened, 1):
        assert wait_until(lambda: len(engine.open) == 1)
        store.contents.rename(store.contents.with_name("away"))
        store.contents.write_bytes(b"no folder")
        engine.open.pop().set_result(grading())
        assert wait_until(lambda: "could not be stored" in caplog.text)
        assert len(engine.jobs) == 1
        store.contents.unlink()
        store.contents.with_name("away").rename(store.contents)
        assert wait_until(lambda: state(store, one) == "graded")
        assert wait_until(lambda: state(store, other) == "running")
    assert len(engine.jobs) == 2
    assert len(revisions.revisions(store, one)) == 1


def test_of_two_services_the_later_one_hands_out_and_the_other_stops(
    store: Store, people: dict[str, User], caplog: pytest.LogCaptureFixture
) -> None:
    (one,) = handed_in(store, people["ada"], "a")
    earlier, later = Engine(), Engine(None, None)
    with dispatching(store, earlier.opened) as first:
        assert wait_until(lambda: len(earlier.open) == 1)
        with dispatching(store, later.opened):
            assert wait_until(lambda: state(store, one) == "graded")
            earlier.open.pop().set_result(grading())
            assert wait_until(lambda: not first.thread.is_alive())
            (other,) = handed_in(store, people["grace"], "b")
            first.wake()
    assert "another `grader serve`" in caplog.text
    assert len(revisions.revisions(store, one)) == 1
    assert state(store, other) == "queued"
    assert len(earlier.jobs) == 1


def test_a_clock_that_is_set_changes_nothing(
    store: Store, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = handed_in(store, people["ada"], "a", "b", "c", "d")
    now, jumps = time.time, itertools.cycle([0.0, 3600.0, -3600.0, 86400.0])
    monkeypatch.setattr(time, "time", lambda: now() + next(jumps))
    engine = Engine(None, InfrastructureFault("no kernel"), None, None, None)
    with dispatching(store, engine.opened):
        assert wait_until(lambda: {state(store, one) for one in ids} == {"graded"})
    assert [len(revisions.revisions(store, one)) for one in ids] == [1] * 4
    assert len(engine.jobs) == 5


def test_a_real_engine_grades_and_is_told_to_end(
    store: Store, people: dict[str, User], marker: str, tmp_path: Path
) -> None:
    (one,) = handed_in(store, people["ada"], "a")
    upload = Upload("deep-learning-1", "t1", "w.ipynb", notebook(f"import time\ntime.sleep(1000)\n# {marker}"), 1.0)
    endless = accept(store, upload, people["ada"], Policy())[0].id
    running = threading.Event()
    board = Board()
    tell = board.tell

    def told(identifier: str, progress: object) -> None:
        tell(identifier, progress)  # type: ignore[arg-type]
        if identifier == endless:
            running.set()

    board.tell = told  # type: ignore[method-assign]
    real = Dispatcher(store, Settings(), board, new_metrics(), lambda: open_local(2), 2)
    real.start()
    try:
        assert running.wait(60)
        assert wait_until(lambda: state(store, one) == "graded", 60)
    finally:
        real.stop()
    assert state(store, endless) == "queued"


@pytest.fixture(params=["sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    """What a dispatcher does is not the database's doing; `test_submissions` knows both."""
    return ""


def test_a_machine_that_fails_again_and_again_is_left_alone_for_longer(store: Store, people: dict[str, User]) -> None:
    (one,) = handed_in(store, people["ada"], "a")
    engine = Engine(*[InfrastructureFault("no kernel")] * 3, None)
    with dispatching(store, engine.opened) as started:
        assert wait_until(lambda: state(store, one) == "failed")
        assert started.pause == PAUSE_SECONDS * 2**3
        assert revisions.retry(store, "another") == 0
        assert revisions.retry(store) == 1
        started.wake()
        assert wait_until(lambda: state(store, one) == "graded")
        assert started.pause == PAUSE_SECONDS
