"""Everybody is accounted for once, whatever becomes of their neighbours' gradings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from grader.batch.handed import HandedIn
from grader.batch.keep import EXECUTED, FEEDBACK, PAGE, REPORT, Version, kept
from grader.batch.result import Result
from grader.batch.run import CHANCES, Task, run
from grader.errors import BadNotebook, GraderFault, InfrastructureFault
from grader.records.progress import Progress
from grader.records.report import Report
from grader.rubrics import load_rubric
from grader.settings import Settings
from tests.service.test_api import notebook
from tests.service.test_dispatch import Engine

HERE = Settings()
RUBRIC, SHA256 = load_rubric(HERE.root, "deep-learning-1")
TASK = Task(RUBRIC, Version("deep-learning-1", SHA256, "", "full"), HERE, 2)


def handed(key: str, content: str | None = None) -> HandedIn:
    data = notebook(content or f"{key} = 1")
    return HandedIn(key, key, "", "", key, False, f"{key}.ipynb", content or key, lambda: data)


def results(engine: Engine, everybody: Sequence[HandedIn], output: Path) -> dict[str, Result]:
    with engine.opened() as submit:
        found = list(run(everybody, TASK, submit, output, False, unheard))
    assert len({result.handed.key for result in found}) == len(found)
    return {result.handed.key: result for result in found}


def unheard(_: str, __: Progress) -> None:
    """Nobody watches."""


def stored(output: Path, key: str) -> Report:
    return Report.model_validate_json((output / key / "report.json").read_bytes())


def test_everybody_has_a_report_of_their_own(tmp_path: Path) -> None:
    found = results(Engine(None, None, None), [handed("a"), handed("b"), handed("c")], tmp_path)
    assert {key: result.status for key, result in found.items()} == dict.fromkeys("abc", "graded")
    assert [stored(tmp_path, key).submission.filename for key in "abc"] == ["a.ipynb", "b.ipynb", "c.ipynb"]
    written = {"executed.ipynb", "feedback.html", "report.html", "report.json"}
    assert {path.name for path in (tmp_path / "a").iterdir()} == written


def test_the_same_notebook_is_graded_once_for_all_who_handed_it_in(tmp_path: Path) -> None:
    engine = Engine(None, None)
    found = results(engine, [handed("a", "x = 1"), handed("b"), handed("c", "x = 1")], tmp_path)
    assert len(engine.jobs) == 2
    assert {result.status for result in found.values()} == {"graded"}
    assert stored(tmp_path, "c").submission.filename == "c.ipynb"


def test_what_cannot_be_graded_is_said_and_in_nobodys_way(tmp_path: Path) -> None:
    def changed() -> bytes:
        raise BadNotebook("It has changed.")

    everybody = [
        HandedIn("none", "none", "", "", "none", False, problem="Nothing was handed in."),
        HandedIn("broken", "broken", "", "", "broken", False, "broken.ipynb", "1", lambda: b"{"),
        HandedIn("changed", "changed", "", "", "changed", False, "changed.ipynb", "2", changed),
        handed("whole"),
    ]
    found = results(Engine(None), everybody, tmp_path)
    assert found["none"].problem == "Nothing was handed in."
    assert "JSON" in found["broken"].problem
    assert found["changed"].problem == "It has changed."
    assert [found[key].report for key in ("none", "broken", "changed")] == [None] * 3
    assert found["whole"].status == "graded"


def test_what_an_earlier_run_kept_of_what_cannot_be_graded_any_more_is_gone(tmp_path: Path) -> None:
    results(Engine(None), [handed("a")], tmp_path)
    changed = replace(handed("a"), read=None, problem="It is broken.")
    results(Engine(None), [changed], tmp_path)
    assert list((tmp_path / "a").iterdir()) == []


@pytest.mark.parametrize("lost", [PAGE, FEEDBACK, EXECUTED])
def test_a_result_of_which_something_is_lost_is_made_again(tmp_path: Path, lost: str) -> None:
    results(Engine(None), [handed("a")], tmp_path)
    report = Report.model_validate_json((tmp_path / "a" / REPORT).read_bytes())
    made = report.environment
    version = Version(report.assignment, made.rubric_sha256, made.checks_sha256, "full")
    assert kept(tmp_path / "a", report.submission.sha256, version) == report
    (tmp_path / "a" / lost).unlink()
    assert kept(tmp_path / "a", report.submission.sha256, version) is None


def test_the_machines_failures_are_tried_again_and_end_as_nobodys_fault(tmp_path: Path) -> None:
    lucky = Engine(InfrastructureFault("no kernel"), InfrastructureFault("no kernel"), None)
    assert results(lucky, [handed("a")], tmp_path)["a"].status == "graded"
    unlucky = Engine(*[InfrastructureFault("no kernel")] * 9)
    result = results(unlucky, [handed("a")], tmp_path)["a"]
    assert (result.status, result.problem, len(unlucky.jobs)) == ("failed", "no kernel", CHANCES)
    report = stored(tmp_path, "a")
    assert {item.blame for item in report.items if item.status == "error"} == {"infrastructure"}


@pytest.mark.parametrize("error", [GraderFault("a broken check"), RuntimeError("can't start new thread")])
def test_a_broken_check_is_not_tried_again_and_stops_nobody(tmp_path: Path, error: Exception) -> None:
    engine = Engine(error, None)
    found = results(engine, [handed("a"), handed("b")], tmp_path)
    assert {key: result.status for key, result in found.items()} == {"a": "failed", "b": "graded"}
    assert len(engine.jobs) == 2


def test_no_more_notebooks_are_read_than_are_about_to_be_graded(tmp_path: Path) -> None:
    read = 0

    def counted(key: str) -> HandedIn:
        def data() -> bytes:
            nonlocal read
            read += 1
            return notebook(f"{key} = 1")

        return HandedIn(key, key, "", "", key, False, f"{key}.ipynb", key, data)

    def first(engine: Engine) -> Iterator[Result]:
        with engine.opened() as submit:
            yield from run([counted(f"k{n}") for n in range(50)], TASK, submit, tmp_path, False, unheard)

    next(iter(first(Engine(*[None] * 50))))
    assert read <= TASK.at_once + 2
