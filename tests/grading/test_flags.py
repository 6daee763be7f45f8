"""Flags point a person to what may be wrong, and to nothing in an honest notebook."""

import pytest

from grader.grading.flags import flags
from grader.grading.misled import explained
from grader.records.assignment import Assignment
from grader.records.execution import CellRun, CellStatus, Environment, Execution
from grader.records.findings import Finding
from grader.records.notebook import Cell, Notebook, Output
from grader.records.submission import Submission

WRONG = Finding("q2.calc_gradients", "hidden_layer", "failed", "Wrong gradients in the hidden layer.", "student")


def execution(printed: str, status: CellStatus = "ok", error: str | None = None) -> Execution:
    run = CellRun(0, status, 1.0, error, (Output("stream", text=printed),))
    return Execution("ok", "full", False, Environment("", "", "cpu"), 1.0, (run,))


def flagged(
    assignment: Assignment,
    stored: str = "",
    printed: str = "",
    finding: Finding | None = None,
    source: str = "x = 1",
    status: CellStatus = "ok",
    error: str | None = None,
    why_full: str | None = None,
) -> list[str]:
    outputs = (Output("stream", text=stored),) if stored else ()
    notebook = Notebook("0", (Cell(0, "code", source, outputs=outputs),))
    submission = Submission(notebook, ("setup",), assignment.starter, ())
    findings = {finding.item: (finding,)} if finding else {}
    made = flags(submission, execution(printed, status, error), findings, assignment.rubric, why_full)
    return [flag.id for flag in made]


@pytest.mark.parametrize(
    ("stored", "printed"),
    [
        ("", "Epoch 1 | acc 0.5"),
        ("Epoch 1 | loss 1.53 | val. acc. 0.79", "Epoch 1 | loss 0.98 | val. acc. 0.91"),
        ("Train set: 60000 samples", "Train set: 6000 samples"),
        ("Epoch:0, Loss:0.0", "Epoch:0, Loss:3.1e-05"),
        ("test acc 97.5%", "test acc 94.0%"),
        ("Device: cuda", "Device: cpu"),
        ("Best init: Kaiming", "Best init: Xavier"),
        ("val acc   9.50%", "val acc 100.00%"),
        ("mean -0.01", "mean 0.01"),
        ("Epoch 1\nEpoch 2\nEpoch 3", "Epoch 1\nEpoch 2"),
        ("Downloading...\n100%\nExtracting\nDevice: cpu", "Device: cpu"),
    ],
)
def test_other_data_and_luck_are_no_contradiction(assignment: Assignment, stored: str, printed: str) -> None:
    assert flagged(assignment, stored, printed) == []


@pytest.mark.parametrize(
    ("stored", "printed"),
    [
        ("Correct gradients computation!", "Wrong gradients computation!"),
        ("test acc 0.97", "test acc 0.11"),
        ("\n".join(f"Epoch {n}" for n in range(20)), "Epoch 1\nEpoch 2"),
    ],
)
def test_a_stored_output_that_the_run_contradicts(assignment: Assignment, stored: str, printed: str) -> None:
    assert flagged(assignment, stored, printed) == ["stored_output_differs"]


def test_outputs_of_a_cell_that_fails(assignment: Assignment) -> None:
    found = flagged(assignment, "all well", "", status="error", error="NameError: name 'x' is not defined")
    assert found == ["stored_output_differs"]


def test_a_library_that_the_sandbox_lacks(assignment: Assignment) -> None:
    assert flagged(assignment, status="error", error="ModuleNotFoundError: No module named 'x'") == ["missing_library"]


def test_unusual_code_and_forbidden_means(assignment: Assignment) -> None:
    by_autograd = Finding("q2.calc_gradients", "by_hand", "failed", "It uses autograd.", "student")
    assert flagged(assignment, source="eval('1')", finding=by_autograd) == ["unusual_code", "forbidden_means"]
    assert flagged(assignment, finding=WRONG) == []


def test_full_data_and_broken_checks(assignment: Assignment) -> None:
    broken = Finding("q2.linear", "computes", "error", "This check broke.", "grader", "Traceback")
    assert flagged(assignment, finding=broken, why_full="cell 9 names 48000") == ["full_data", "needs_staff"]


def test_who_relied_on_the_notebooks_own_test_is_told_why_it_misleads(assignment: Assignment) -> None:
    said = "Correct gradients computation!"
    assert flagged(assignment, printed=said, finding=WRONG) == ["misled"]

    found = explained(execution(said), {WRONG.item: (WRONG,)}, assignment.rubric.misleading)
    assert found[WRONG.item][0].message.startswith("Wrong gradients in the hidden layer. The notebook's own test")
    assert explained(execution("Wrong"), {WRONG.item: (WRONG,)}, assignment.rubric.misleading) == {WRONG.item: (WRONG,)}
