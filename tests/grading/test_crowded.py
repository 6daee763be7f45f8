"""A notebook that shared a GPU and found too little memory there is graded again with one to itself."""

from dataclasses import replace

import pytest

from grader.grading.crowded import crowded
from grader.grading.grade import grade
from grader.records.assignment import Assignment
from grader.records.execution import CellRun
from grader.records.grading import Grading
from grader.settings import Settings
from tests.grading.test_grade import notebook_of

SAID = "OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB."


@pytest.fixture(scope="module")
def graded(assignment: Assignment, settings: Settings) -> Grading:
    """What a GPU would have made of it is written in below: most machines have none."""
    notebook = notebook_of([f"class Linear:\n    def __init__(self, *sizes):\n        raise RuntimeError({SAID!r})"])
    return grade(notebook, "small.ipynb", assignment, settings, "quick")


def on(device: str, grading: Grading, cells: tuple[CellRun, ...] = ()) -> Grading:
    environment = replace(grading.execution.environment, device=device)
    return replace(grading, execution=replace(grading.execution, environment=environment, cells=cells))


def test_a_check_that_hears_so_tells(graded: Grading) -> None:
    assert crowded(on("cuda", graded))
    assert not crowded(on("cpu", graded))


def test_a_cell_that_ends_so_tells(graded: Grading) -> None:
    without = replace(on("cuda", graded), report=graded.report.model_copy(update={"items": []}))
    assert not crowded(without)
    assert crowded(on("cuda", without, (CellRun(0, "error", 0.1, SAID),)))
