"""Whose points changed, in which item, and what of that which reports record is behind it."""

import pytest

from grader.batch.diff import UNEXPLAINED, Change, changes, in_points
from grader.records.report import (
    CheckReport,
    EnvironmentReport,
    ExecutionReport,
    ItemReport,
    ItemStatus,
    Report,
    SubmissionReport,
)


def check(status: str, message: str = "") -> CheckReport:
    return CheckReport.model_validate(
        {"id": "values", "status": status, "weight": 1, "message": message, "visibility": "hidden"}
    )


def item(identifier: str, points: float | None, *checks: CheckReport) -> ItemReport:
    status: ItemStatus = "error" if points is None else "passed" if points else "failed"
    return ItemReport(
        id=identifier, title="T", points=points, max_points=5, status=status, blame=None, checks=tuple(checks)
    )


def report(*items: ItemReport, **environment: object) -> Report:
    recorded = EnvironmentReport(
        grader="1", rubric_sha256="r1", checks_sha256="c1", torch="2", python="3", data="digits",
        sandbox="bubblewrap", sandbox_lacks=(),
    )  # fmt: skip
    run = ExecutionReport(
        status="ok", profile="full", salvaged=False, device="cpu", kernel_start="warm", duration_s=1, cells=()
    )
    return Report(
        assignment="demo", status="graded", submission=SubmissionReport(id="n", sha256="n1", filename="", students=()),
        score=sum(each.points or 0 for each in items), max_score=10, auto_score=0, auto_max=10, pending_manual=0,
        items=items, flags=(), execution=run, executed_notebook=None,
        environment=recorded.model_copy(update=environment),
    )  # fmt: skip


PASSED, FAILED = item("a", 5, check("passed")), item("a", 0, check("failed", "Expected 1."))


def only(old: Report, new: Report) -> Change:
    (found,) = changes({"ada": old}, {"ada": new})
    return found


def test_the_same_results_are_no_change_however_they_came_about() -> None:
    slower = report(PASSED, data="MNIST").model_copy(update={"executed_notebook": "elsewhere"})
    assert changes({"ada": report(PASSED)}, {"ada": slower}) == []


def test_an_item_says_which_checks_came_out_otherwise() -> None:
    found = only(report(PASSED, item("b", 5)), report(FAILED, item("b", 5), rubric_sha256="r2"))
    (changed,) = found.items
    assert (found.what, found.old, found.new) == ("changed", 10, 5)
    assert (changed.id, changed.old, changed.new) == ("a", 5, 0)
    assert (changed.old_status, changed.new_status) == ("passed", "failed")
    assert changed.checks == ("values: passed -> failed: Expected 1.",)
    assert found.causes == ("rubric: r1 -> r2",)
    assert in_points(found)


@pytest.mark.parametrize(
    ("field", "cause"),
    [
        ("rubric_sha256", "rubric: r1 -> x"),
        ("checks_sha256", "checks: c1 -> x"),
        ("data", "data: digits -> x"),
        ("grader", "grader: 1 -> x"),
        ("torch", "torch: 2 -> x"),
        ("python", "python: 3 -> x"),
        ("sandbox", "sandbox: bubblewrap -> x"),
    ],
)
def test_each_thing_that_decides_points_is_a_cause_of_its_own(field: str, cause: str) -> None:
    assert only(report(PASSED), report(FAILED, **{field: "x"})).causes == (cause,)


@pytest.mark.parametrize(("field", "value"), [("device", "cuda"), ("profile", "quick")])
def test_so_is_how_it_was_run(field: str, value: str) -> None:
    old, new = report(PASSED), report(FAILED)
    assert new.execution is not None
    run = new.execution.model_copy(update={field: value})
    assert only(old, new.model_copy(update={"execution": run})).causes[0].startswith(f"{field}: ")


def test_another_notebook_is_the_cause() -> None:
    other = report(FAILED)
    other = other.model_copy(update={"submission": other.submission.model_copy(update={"sha256": "n2"})})
    assert only(report(PASSED), other).causes == ("notebook: n1 -> n2",)


def test_where_nothing_that_decides_points_differs_that_is_said() -> None:
    new = report(FAILED)
    assert new.execution is not None
    timeout = new.execution.model_copy(update={"status": "timeout", "kernel_start": "cold"})
    assert only(report(PASSED), new).causes == (UNEXPLAINED,)
    found = only(report(PASSED), new.model_copy(update={"execution": timeout})).causes
    assert found == (UNEXPLAINED, "run: ok -> timeout", "kernel: warm -> cold")


def test_who_is_new_or_gone_and_what_failed_have_no_points_on_that_side() -> None:
    failed = report(item("a", None)).model_copy(update={"status": "failed", "execution": None})
    old, new = {"ada": report(PASSED), "bob": report(PASSED)}, {"bob": failed, "eve": report(FAILED)}
    found = {change.key: (change.what, change.old, change.new) for change in changes(old, new)}
    assert found == {"ada": ("gone", 5, None), "bob": ("changed", 5, None), "eve": ("new", None, 0)}


def test_a_check_that_changes_without_points_is_told_but_no_change_of_points() -> None:
    found = only(report(item("a", 5, check("passed"))), report(item("a", 5, check("skipped"))))
    assert found.items[0].checks == ("values: passed -> skipped",)
    assert not in_points(found)


def test_items_and_checks_that_a_rubric_gained_or_lost_are_named() -> None:
    found = only(report(PASSED), report(item("a", 5), item("b", 3), rubric_sha256="r2"))
    assert [(each.id, each.old, each.new, each.checks) for each in found.items] == [
        ("a", 5, 5, ("values: passed -> not there",)),
        ("b", None, 3, ()),
    ]
