"""The full data are used only where a notebook depends on them."""

import pytest

from grader.datasets.prepare import find
from grader.grading.size import why_full, why_full_after
from grader.records.assignment import Assignment
from grader.records.execution import CellRun, Environment, Execution
from grader.records.notebook import Cell, Notebook
from grader.settings import Settings


def notebook(source: str) -> Notebook:
    return Notebook("0", (Cell(0, "markdown", "MNIST has 60000 images"), Cell(1, "code", source)))


@pytest.mark.parametrize(
    "source",
    [
        "random_split(train_full, [48000, 12000])",
        "train_size = 48_000",
        "indices = torch.randperm(60000)[:48000]",
        "assert len(train_full) == 60_000",
    ],
)
def test_a_notebook_that_names_the_true_sizes_needs_them(source: str, assignment: Assignment) -> None:
    assert "cell 1 names the true size" in (why_full(notebook(source), assignment.rubric) or "")


@pytest.mark.parametrize(
    "source",
    [
        "random_split(train_full, [0.8, 0.2])",
        "print('60000 images, split 48000/12000')",
        "# 48000\nint(0.8 * len(train_full))",
        "epochs = 300",
        "this does not parse: 48000",
    ],
)
def test_a_notebook_that_does_not_runs_with_the_small_set(source: str, assignment: Assignment) -> None:
    assert why_full(notebook(source), assignment.rubric) is None


@pytest.mark.parametrize(
    ("source", "status", "needed"),
    [
        ("random_split(train_full, [50000, 10000])", "error", True),
        ("random_split(train_full, [50000, 10000])", "ok", False),
        ("random_split(train_full, [480, 120])", "error", False),
        ("undefined", "error", False),
    ],
)
def test_a_cell_that_fails_and_names_a_large_number_needs_them(
    source: str, status: str, needed: bool, settings: Settings
) -> None:
    run = CellRun(1, status, error="ValueError: no")  # type: ignore[arg-type]
    execution = Execution("ok", "full", False, Environment("", "", "cpu"), 1.0, (run,))
    reason = why_full_after(notebook(source), execution, find(settings.datasets, "small"))
    assert (reason is not None) == needed
