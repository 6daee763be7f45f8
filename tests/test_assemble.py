"""Each style of a correct solution is a notebook that the grader reads, and answers every question where it was asked."""

import ast
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from grader.notebooks.align import align
from grader.notebooks.read import read
from grader.records.assignment import Assignment
from grader.records.notebook import Notebook
from tests.assemble import assemble

ROOT = Path(__file__).resolve().parent.parent
STYLES = sorted((ROOT / "tests" / "solutions").glob("*.py"))
ANSWERS = (
    "q1.logistic_regression.questions",
    "q1.mlp.questions",
    "q1.initialization.question",
    "q2.xor.questions",
)
each_style = pytest.mark.parametrize("style", STYLES, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def starter() -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads((ROOT / "rubrics/deep-learning-1/starter.ipynb").read_text(encoding="utf-8"))
    return notebook


def notebook_of(style: Path, starter: dict[str, Any]) -> Notebook:
    return read(json.dumps(assemble(style, starter)).encode())


def test_there_are_ten_styles() -> None:
    assert len(STYLES) == 10


@each_style
def test_all_code_is_python(style: Path, starter: dict[str, Any]) -> None:
    for cell in notebook_of(style, starter).cells:
        if cell.kind == "code":
            ast.parse(cell.source)


@each_style
def test_every_region_is_there_and_in_order(style: Path, starter: dict[str, Any], assignment: Assignment) -> None:
    regions = align(notebook_of(style, starter), assignment.starter, assignment.rubric.regions)
    assert list(dict.fromkeys(regions)) == [region.id for region in assignment.rubric.regions]
    assert len([a for a, b in pairwise(regions) if a != b]) == len(set(regions)) - 1


@each_style
def test_every_question_is_answered(style: Path, starter: dict[str, Any], assignment: Assignment) -> None:
    notebook = notebook_of(style, starter)
    asked = {cell.source for cell in assignment.starter.cells}
    regions = align(notebook, assignment.starter, assignment.rubric.regions)
    answered = {
        region
        for cell, region in zip(notebook.cells, regions, strict=True)
        if cell.kind == "markdown" and cell.source not in asked
    }
    assert answered >= {"header", *ANSWERS}


@each_style
def test_all_cells_look_executed(style: Path, starter: dict[str, Any]) -> None:
    code = [cell for cell in notebook_of(style, starter).cells if cell.kind == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(cell.outputs for cell in code)


def test_the_starter_stays_as_it_is(starter: dict[str, Any]) -> None:
    before = json.dumps(starter)
    assemble(STYLES[0], starter)
    assert json.dumps(starter) == before


def test_an_editor_without_ids(starter: dict[str, Any]) -> None:
    notebook = assemble(ROOT / "tests" / "solutions" / "no_ids.py", starter)
    assert notebook["nbformat_minor"] == 4
    assert not any("id" in cell for cell in notebook["cells"])
    assert all(isinstance(cell["source"], str) for cell in notebook["cells"])


def test_cells_are_replaced_changed_and_added(tmp_path: Path, starter: dict[str, Any]) -> None:
    style = tmp_path / "style.py"
    style.write_text(
        "# %% markdown cell-02 lines 10-11\n# - Alex Example\n#\n# - Robin Sample\n# %% code cell-09\nx = 1\n\n\n# %% code\ny = 2\n"
    )
    cells = assemble(style, starter)["cells"]
    lines = "".join(cells[2]["source"]).splitlines()
    before = "".join(starter["cells"][2]["source"]).splitlines()
    assert lines == [*before[:9], "- Alex Example", "", "- Robin Sample", *before[11:]]
    assert [cell["source"] for cell in cells[9:11]] == [["x = 1"], ["y = 2"]]
    assert [cell["id"] for cell in cells[9:12]] == ["cell-09", "own-02", "cell-10"]


def test_a_heading_with_a_mistake_is_told(tmp_path: Path, starter: dict[str, Any]) -> None:
    style = tmp_path / "style.py"
    style.write_text("# %% kode cell-09\nx = 1\n")
    with pytest.raises(ValueError, match="kode"):
        assemble(style, starter)
