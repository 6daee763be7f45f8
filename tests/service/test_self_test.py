"""An assignment is graded once its reference gets full points and a notebook without definitions none."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from grader.errors import AssignmentError, InfrastructureFault
from grader.grading.job import Submit
from grader.records.grading import Grading
from grader.records.report import ItemReport, ItemStatus
from grader.service import dispatch, self_test
from grader.service.board import Board
from grader.service.dispatch import Dispatcher
from grader.service.metrics import new_metrics
from grader.service.self_test import MEMORY, NOT_GRADED, SelfTests, digest
from grader.service.store import Store
from grader.service.users import User
from grader.settings import Settings
from tests.sandbox.wall import ROOT, wait_until
from tests.service.test_api import Client, notebook, serving
from tests.service.test_dispatch import Engine, handed_in, state
from tests.service.test_faults import served
from tests.service.test_submissions import grading

NAME = "deep-learning-1"
SELF_TEST, HANDED_IN = ["solution.ipynb", "empty.ipynb"], "w.ipynb"
FORWARD = "    return x @ self.weight.T + self.bias"
"""Of the reference's `Linear`."""


@pytest.fixture(params=["sqlite"])
def url() -> str:
    """`test_submissions` knows both databases."""
    return ""


@pytest.fixture
def course(tmp_path: Path) -> Settings:
    """A course whose files can be changed."""
    for part in ("rubrics", "reference"):
        shutil.copytree(ROOT / part, tmp_path / "course" / part, ignore=shutil.ignore_patterns("__pycache__"))
    return Settings(root=tmp_path / "course")


def change(course: Settings, wanted: str, by: str) -> None:
    path = course.root / "reference" / NAME / "solution.ipynb"
    text, quoted = path.read_text(encoding="utf-8"), json.dumps(wanted)[1:-1]
    assert text.count(quoted) == 1
    path.write_text(text.replace(quoted, json.dumps(by)[1:-1]), encoding="utf-8")


def judged(status: ItemStatus) -> Grading:
    """One item, which has an object, came out like that."""
    points = {"passed": 8.0, "partial": 4.0}.get(status, 0.0)
    item = ItemReport(id="q2.linear", title="", points=points, max_points=8, status=status, blame=None, checks=())
    whole = grading()
    return replace(whole, report=whole.report.model_copy(update={"items": (item,)}))


def finish(engine: Engine, reference: ItemStatus, empty: ItemStatus) -> None:
    """End the self-test that runs."""
    assert wait_until(lambda: [job.filename for job in engine.jobs][-2:] == SELF_TEST and len(engine.open) >= 2)
    for status in (reference, empty):
        engine.open.pop(0).set_result(judged(status))


@contextmanager
def dispatching(store: Store, engine: Engine, course: Settings) -> Iterator[Dispatcher]:
    self_tests = SelfTests(course, store.contents.parent)
    started = Dispatcher(store, course, Board(), new_metrics(), engine.opened, 2, self_tests)
    started.start()
    try:
        yield started
    finally:
        started.stop()


def names(engine: Engine) -> list[str]:
    return [job.filename for job in engine.jobs]


def test_what_waits_is_graded_when_the_self_test_has_passed(
    store: Store, people: dict[str, User], course: Settings
) -> None:
    handed_in(store, people["ada"], "a")
    engine = Engine()
    with dispatching(store, engine, course):
        finish(engine, "passed", "failed")
        assert wait_until(lambda: len(engine.jobs) == 3)
    assert names(engine) == [*SELF_TEST, HANDED_IN]
    assert {job.profile for job in engine.jobs[:2]} == {"quick"}


@pytest.mark.parametrize(("reference", "empty"), [("partial", "failed"), ("passed", "partial"), ("passed", "error")])
def test_an_assignment_that_fails_its_own_test_is_not_graded_and_nothing_of_it_is_lost(
    store: Store,
    people: dict[str, User],
    tokens: dict[str, str],
    course: Settings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    reference: ItemStatus,
    empty: ItemStatus,
) -> None:
    monkeypatch.setattr(dispatch, "LOOK_SECONDS", 0.1)
    (waiting,) = handed_in(store, people["ada"], "a")
    engine, self_tests = Engine(), SelfTests(course, store.contents.parent)
    with serving(store, engine.opened, course.root, self_tests) as http:
        ada = Client(http, tokens["ada"])
        assert ada.hand_in(notebook("b = 1")).status_code == 202
        finish(engine, reference, empty)
        assert wait_until(lambda: self_tests.refusal(NAME) != "")
        assert ada.hand_in(notebook("c = 1")).status_code == 202
        assert "grader_assignments_refused 1.0" in http.get("/metrics").text
        assert "points for q2.linear" in caplog.text
        assert state(store, waiting) == "queued"
        assert "q2.linear" in self_tests.refusal(NAME)
        assert NOT_GRADED in ada.get("/").text
        assert "q2.linear" not in ada.get("/").text
        assert "q2.linear" in Client(http, tokens["emmy"]).get("/").text
        assert names(engine) == SELF_TEST
        change(course, FORWARD, FORWARD + " * 1")
        finish(engine, "passed", "failed")
        assert wait_until(lambda: len(engine.jobs) == 6)
        assert NOT_GRADED not in ada.get("/").text
    assert sorted(names(engine)[4:]) == [HANDED_IN, "work.ipynb"]


def test_what_has_passed_is_remembered_until_something_changes(
    store: Store, people: dict[str, User], course: Settings
) -> None:
    engine = Engine()
    with dispatching(store, engine, course):
        finish(engine, "passed", "failed")
        assert wait_until((store.contents.parent / MEMORY).exists)
    handed_in(store, people["ada"], "a")
    unchanged = Engine(None)
    with dispatching(store, unchanged, course):
        assert wait_until(lambda: len(unchanged.jobs) == 1)
    assert names(unchanged) == [HANDED_IN]
    change(course, FORWARD, FORWARD + " * 1")
    changed = Engine()
    with dispatching(store, changed, course):
        assert wait_until(lambda: len(changed.jobs) == 2)
    assert names(changed) == SELF_TEST


@pytest.mark.parametrize("error", [AssignmentError("no checks"), InfrastructureFault("no kernel")])
def test_what_has_failed_is_tried_again_and_students_work_waits(
    store: Store, people: dict[str, User], course: Settings, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The machine may be to blame, or only have been busy."""
    monkeypatch.setattr(dispatch, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(self_test, "AGAIN_SECONDS", 0.3)
    handed_in(store, people["ada"], "a")
    engine = Engine(error, error)
    with dispatching(store, engine, course) as started:
        assert wait_until(lambda: started.refusal(NAME) == str(error))
        finish(engine, "passed", "failed")
        assert wait_until(lambda: names(engine)[4:] == [HANDED_IN])
        assert started.refusal(NAME) == ""


def test_files_that_cannot_be_read_are_in_no_other_assignments_way(
    store: Store, people: dict[str, User], course: Settings
) -> None:
    for part in ("rubrics", "reference"):
        shutil.copytree(course.root / part / NAME, course.root / part / "another")
    (course.root / "reference" / "another" / os.fsdecode(b"\xff.py")).touch()
    (course.root / "reference" / "another" / "solution.ipynb").write_text("{", encoding="utf-8")
    handed_in(store, people["ada"], "a")
    engine = Engine()
    with dispatching(store, engine, course) as started:
        finish(engine, "passed", "failed")
        assert wait_until(lambda: names(engine) == [*SELF_TEST, HANDED_IN])
        assert "JSON" in started.refusal("another")


def test_a_reference_that_raises_or_returns_no_numbers_is_refused_and_a_good_one_is_not(
    course: Settings, submit: Submit, tmp_path: Path
) -> None:
    ended = threading.Event()
    self_tests = SelfTests(course, tmp_path)

    def held() -> bool:
        """Once its self-test is over."""
        while not self_tests.ready(submit, ended.set) and self_tests.running:
            assert ended.wait(60)
            ended.clear()
        return not self_tests.ready(submit, ended.set)

    assert not held()
    change(course, FORWARD, FORWARD + " * float('nan')")
    assert held()
    assert "q2.linear (`Linear(5, 3)` does not compute" in self_tests.refusal(NAME)
    change(course, FORWARD + " * float('nan')", "    raise RuntimeError('broken')")
    assert held()
    assert "RuntimeError: broken" in self_tests.refusal(NAME)
    # what has passed before
    change(course, "    raise RuntimeError('broken')", FORWARD)
    assert not held()
    assert self_tests.refusal(NAME) == ""


def test_the_service_as_operators_start_it_refuses_checks_that_cannot_be_imported(
    course: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (course.root / "reference" / NAME / "checks.py").write_text("1 / 0", encoding="utf-8")
    (tmp_path / MEMORY).write_text("{}", encoding="utf-8")
    monkeypatch.setenv("GRADER_ROOT", str(course.root))
    with served(tmp_path) as (_, http):
        assert wait_until(lambda: "grader_assignments_refused 1.0" in http.get("/metrics").text, 60)


@pytest.mark.parametrize("changed", [{"sandbox": "none"}, {"engine": "podman"}, {"gpus": "all"}, {"item_seconds": 1.0}])
def test_a_pass_says_nothing_about_other_settings(course: Settings, changed: dict[str, object]) -> None:
    now = digest(course, "", NAME)
    assert digest(course.model_copy(update=changed), "", NAME) != now
    assert digest(course.model_copy(update={"database": SecretStr("elsewhere")}), "", NAME) == now
