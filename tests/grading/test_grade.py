"""Whole gradings of small notebooks: definitions and tiny data, each with its own kernel."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from grader.errors import SandboxError
from grader.grading.grade import grade
from grader.grading.probe import generator, inputs_key
from grader.notebooks.read import read
from grader.records.assignment import Assignment
from grader.records.execution import Profile
from grader.records.notebook import Notebook
from grader.records.report import ItemReport, Report
from grader.settings import Settings

OBJECTS = {
    "q1.logistic_regression": 12.0,
    "q1.mlp": 8.0,
    "q2.linear": 8.0,
    "q2.ffnet": 5.0,
    "q2.calc_gradients": 10.0,
}
SETUP, LOGISTIC, MLP = "cell-03", "cell-11", "cell-17"
QUESTION_2 = ("cell-29", "cell-31", "cell-33", "cell-40")


def notebook_of(sources: Sequence[str]) -> Notebook:
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in sources]
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    return read(json.dumps(document).encode())


def solution(assignment: Assignment, *ids: str) -> list[str]:
    by_id = {cell.id: cell.source for cell in assignment.solution.cells}
    return [by_id[cell_id] for cell_id in ids]


def report_of(sources: Sequence[str], assignment: Assignment, settings: Settings, profile: Profile = "full") -> Report:
    return grade(notebook_of(sources), "small.ipynb", assignment, settings, profile).report


def points(report: Report) -> Mapping[str, float | None]:
    return {item.id: item.points for item in report.items if item.id in OBJECTS}


def item(report: Report, name: str) -> ItemReport:
    return next(found for found in report.items if found.id == name)


def test_objects_are_judged_where_they_are_defined(assignment: Assignment, settings: Settings) -> None:
    """Names that are bound anew in a later question change nothing for what came before."""
    by_id = {cell.id: cell.source for cell in assignment.starter.cells}
    heading = {"cell_type": "markdown", "source": by_id["cell-39"], "metadata": {}}
    sources = solution(assignment, SETUP, "cell-05", LOGISTIC, MLP, *QUESTION_2[:3])
    later = [
        "MLP = FFNet_before = None",
        "def logistic_regression(train_loader, val_loader, epochs, lr, tol):\n    raise RuntimeError",
        *solution(assignment, "cell-40"),
    ]
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in (*sources, *later)]
    cells.insert(len(sources), heading)
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    report = grade(read(json.dumps(document).encode()), "small.ipynb", assignment, settings, "full").report
    assert points(report) == OBJECTS
    # there is no path in it, and nothing else
    assert report.auto_score == sum(OBJECTS.values()) + 1
    assert report.execution is not None
    assert report.execution.status == "ok"
    assert not report.execution.salvaged


def test_a_broken_cell_costs_only_what_depends_on_it(assignment: Assignment, settings: Settings) -> None:
    setup, helpers, logistic, mlp = solution(assignment, SETUP, "cell-05", LOGISTIC, MLP)
    sources = [
        f"{setup}\n{helpers}",
        "1 / 0",
        logistic,
        mlp,
        *solution(assignment, *QUESTION_2[:3]),
        "def calc_gradients(net:\n",
    ]
    report = report_of(sources, assignment, settings)
    assert points(report) == OBJECTS | {"q2.calc_gradients": 0}
    assert report.execution is not None
    assert [cell.status for cell in report.execution.cells] == ["ok", "error", "ok", "ok", "ok", "ok", "ok", "error"]
    missing = item(report, "q2.calc_gradients")
    assert [check.status for check in missing.checks] == ["failed", "skipped", "skipped", "skipped"]
    assert "`calc_gradients` is not defined" in missing.checks[0].message


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("import os\nos._exit(0)", "kernel_died"),
        ("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass", "timeout"),
    ],
    ids=["crash", "loop that cannot be interrupted"],
)
def test_a_dead_kernel_loses_no_later_object(
    ending: str, status: str, assignment: Assignment, settings: Settings
) -> None:
    sources = [*solution(assignment, SETUP, "cell-05", LOGISTIC, MLP), ending, *solution(assignment, *QUESTION_2)]
    report = report_of(sources, assignment, settings.model_copy(update={"cell_seconds": 30.0}))
    assert points(report) == OBJECTS
    assert report.execution is not None
    assert report.execution.status == status
    assert report.execution.salvaged
    assert [cell.status for cell in report.execution.cells][-4:] == ["skipped"] * 4


def test_an_endless_loop_is_interrupted_and_the_rest_goes_on(assignment: Assignment, settings: Settings) -> None:
    sources = [
        *solution(assignment, SETUP, *QUESTION_2[:2]),
        "while True:\n    pass",
        *solution(assignment, *QUESTION_2[2:]),
    ]
    report = report_of(sources, assignment, settings.model_copy(update={"cell_seconds": 20.0}))
    assert {name: points(report)[name] for name in ("q2.linear", "q2.ffnet", "q2.calc_gradients")} == {
        "q2.linear": 8,
        "q2.ffnet": 5,
        "q2.calc_gradients": 10,
    }
    assert report.execution is not None
    assert [cell.status for cell in report.execution.cells] == ["ok", "ok", "ok", "timeout", "ok", "ok"]
    assert not report.execution.salvaged


def test_the_quick_profile_judges_objects_without_running_anything(assignment: Assignment, settings: Settings) -> None:
    sources = [
        *solution(assignment, SETUP, "cell-05", LOGISTIC, MLP),
        "raise SystemExit",
        "while True:\n    pass",
        *solution(assignment, *QUESTION_2),
    ]
    report = report_of(sources, assignment, settings, "quick")
    assert points(report) == OBJECTS
    assert report.execution is not None
    assert report.execution.profile == "quick"


def test_a_check_that_breaks_costs_no_points(assignment: Assignment, settings: Settings) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    checks = {**assignment.checks, "local/linear_computes": broken}
    sources = solution(assignment, SETUP, *QUESTION_2)
    report = report_of(sources, replace(assignment, checks=checks), settings, "quick")
    linear = item(report, "q2.linear")
    assert (linear.status, linear.blame, linear.points) == ("error", "grader", None)
    assert points(report)["q2.ffnet"] == 5
    flag = next(flag for flag in report.flags if flag.id == "needs_staff")
    assert "q2.linear/computes" in flag.message
    assert "ZeroDivisionError" in flag.evidence


def test_the_quick_profile_leaves_open_what_needs_a_run(assignment: Assignment, settings: Settings) -> None:
    report = grade(assignment.solution, "solution.ipynb", assignment, settings, "quick").report
    pending = {found.id for found in report.items if found.status == "pending"}
    assert pending == {"q1.mlp.training", "q1.initialization", "q1.optimizers", "q1.reflection", "q2.xor"}
    assert all(item(report, name).points is None for name in pending)
    assert report.auto_score == 80 - sum(item(report, name).max_points for name in pending)
    assert [student.id for student in report.submission.students] == ["000000001", "000000002"]
    answer = item(report, "q1.initialization.question").answer
    assert answer is not None
    assert "symmetry" in answer.text
    assert "Why does zero initialization cause" not in answer.text


def test_figures_of_a_manual_item_are_in_the_report(assignment: Assignment, settings: Settings) -> None:
    heading = next(cell.source for cell in assignment.starter.cells if cell.id == "cell-14")
    cells = [
        {"cell_type": "code", "source": solution(assignment, SETUP)[0], "metadata": {}, "outputs": []},
        {"cell_type": "markdown", "source": heading, "metadata": {}},
        {"cell_type": "code", "source": "plt.plot([1, 2]); plt.show()", "metadata": {}, "outputs": []},
        {"cell_type": "markdown", "source": "<b onclick=x>Because</b>", "metadata": {}},
    ]
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    report = grade(read(json.dumps(document).encode()), "small.ipynb", assignment, settings, "full").report
    answer = item(report, "q1.logistic_regression.questions").answer
    assert answer is not None
    assert answer.text == "<b onclick=x>Because</b>"
    assert len(answer.figures) == 1


def test_an_unknown_sandbox_is_the_machines_fault(assignment: Assignment, settings: Settings) -> None:
    with pytest.raises(SandboxError):
        report_of(["x = 1"], assignment, settings.model_copy(update={"sandbox": "cardboard"}))


def test_hidden_inputs_depend_on_secret_submission_and_check() -> None:
    def first(secret: str, sha256: str, check: str) -> int:
        return int(generator(inputs_key(secret, sha256), "item", check).integers(1 << 60))

    assert first("s", "a", "c") == first("s", "a", "c")
    assert len({first("s", "a", "c"), first("t", "a", "c"), first("s", "b", "c"), first("s", "a", "d")}) == 4


def test_what_kills_each_kernel_costs_only_its_own_points(assignment: Assignment, settings: Settings) -> None:
    """A definition that ends the process, twice, and an object that does so when it is called."""
    setup, linear, ffnet, gradients = solution(assignment, SETUP, *QUESTION_2[1:])
    deadly = "import os\nclass {}:\n    os._exit(0)"
    calls = "import os\nclass MLP(nn.Module):\n    def forward(self, x):\n        os._exit(0)"
    sources = [setup, deadly.format("Early"), calls, linear, deadly.format("Late"), ffnet, gradients]
    report = report_of(sources, assignment, settings)
    assert points(report) == OBJECTS | {"q1.logistic_regression": 0, "q1.mlp": 0}
    assert report.execution is not None
    assert report.execution.salvaged


def test_a_definition_that_kills_its_kernel_loses_with_a_sentence(assignment: Assignment, settings: Settings) -> None:
    setup = solution(assignment, SETUP)[0]
    report = report_of([setup, "import os\nclass Linear:\n    os._exit(0)"], assignment, settings)
    linear = item(report, "q2.linear")
    assert (linear.points, linear.status, linear.blame) == (0, "failed", "student")
    assert "does the cell that defines it end without an error?" in linear.checks[0].message


def test_when_the_time_is_up_the_rest_is_judged_from_definitions(assignment: Assignment, settings: Settings) -> None:
    setup, *question_2 = solution(assignment, SETUP, *QUESTION_2)
    sources = [setup, *question_2[:2], "import time\ntime.sleep(600)", "print('never')", *question_2[2:]]
    report = report_of(sources, assignment, settings.model_copy(update={"total_seconds": 25.0}))
    assert {name: points(report)[name] for name in ("q2.linear", "q2.ffnet", "q2.calc_gradients")} == {
        "q2.linear": 8,
        "q2.ffnet": 5,
        "q2.calc_gradients": 10,
    }
    assert report.execution is not None
    assert [cell.status for cell in report.execution.cells] == ["ok", "ok", "ok", "timeout", *["skipped"] * 3]
    assert report.execution.salvaged
