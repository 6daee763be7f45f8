"""What a notebook says about itself and its cells has no say in how it is run (T11, T13)."""

import json

import pytest

from grader.grading.grade import grade
from grader.notebooks.read import read
from grader.records.assignment import Assignment
from grader.records.notebook import Notebook
from grader.records.report import Report
from grader.settings import Settings
from tests.grading.test_grade import solution

TAGS = ["skip-execution", "raises-exception", "otter_ignore", "remove-cell", "hide-input"]
EVIL = {
    "kernelspec": {"name": "../../evil", "display_name": "x", "language": "python"},
    "language_info": {"name": "python", "version": "2.7"},
    "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": 1}}},
    "grader": {"score": 100},
}


def notebook(sources: list[str], cell_metadata: object, metadata: object) -> Notebook:
    cells = [{"cell_type": "code", "source": s, "metadata": cell_metadata, "outputs": []} for s in sources]
    return read(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}).encode())


def graded(found: Notebook, assignment: Assignment, settings: Settings) -> Report:
    return grade(found, "tagged.ipynb", assignment, settings, "full").report


@pytest.mark.parametrize("fails", [False, True])
def test_what_metadata_say_changes_nothing(fails: bool, assignment: Assignment, settings: Settings) -> None:
    setup, linear = solution(assignment, "cell-03", "cell-31")
    sources = [setup, linear, "1 / 0" if fails else "pass"]
    tagged = notebook(sources, {"tags": TAGS, "nbgrader": {"grade": True, "points": 99}}, EVIL)
    plain, hostile = (graded(found, assignment, settings) for found in (notebook(sources, {}, {}), tagged))

    assert [(item.id, item.points) for item in hostile.items] == [(item.id, item.points) for item in plain.items]
    assert hostile.execution is not None
    assert [cell.status for cell in hostile.execution.cells] == ["ok", "ok", "error" if fails else "ok"]
