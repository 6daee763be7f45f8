"""Bands come from runs of the reference with other seeds, and those of other data sets stay."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from grader.datasets.prepare import find
from grader.errors import AssignmentError
from grader.grading.assignments import load_bands
from grader.grading.calibrate import bands_of, store, with_seed
from grader.records.assignment import Assignment
from grader.records.notebook import Cell, Notebook
from grader.records.submission import Band
from grader.settings import Settings


def test_a_band_is_mean_and_standard_deviation() -> None:
    assert bands_of([{"a": 0.8, "b": 1.0}, {"a": 0.9, "b": 1.0}]) == {"a": Band(0.85, 0.07071), "b": Band(1.0, 0.0)}


def test_the_solution_runs_with_another_seed_and_nothing_else_changes(assignment: Assignment) -> None:
    changed = with_seed(assignment.solution, 7)
    pairs = zip(assignment.solution.cells, changed.cells, strict=True)
    ((old, new),) = [pair for pair in pairs if pair[0] != pair[1]]
    assert new.source == old.source.replace("SEED = 42", "SEED = 7")


def test_a_solution_without_a_seed_cannot_be_calibrated() -> None:
    with pytest.raises(AssignmentError, match="SEED"):
        with_seed(Notebook("0", (Cell(0, "code", "x = 1"),)), 7)


def test_bands_are_stored_by_data_set(assignment: Assignment, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "reference" / "deep-learning-1").mkdir(parents=True)
    before = replace(assignment, bands={"other": {"a": Band(1.0, 0.5)}})
    path = store(tmp_path, before, find(settings.datasets, "small"), {"a": Band(0.9, 0.01)})
    assert load_bands(path) == {"other": {"a": Band(1.0, 0.5)}, "digits-small": {"a": Band(0.9, 0.01)}}


@pytest.mark.parametrize("text", ["digits: 7", "digits: {a: {mean: x, spread: 1}}", "{", "digits: {a: {mean: 1}}"])
def test_a_file_that_holds_no_bands_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "bands.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(AssignmentError, match="holds no bands"):
        load_bands(tmp_path / "bands.yaml")


def test_the_small_data_are_calibrated(assignment: Assignment) -> None:
    bands = assignment.bands["digits-small"]
    assert bands["mlp.val_acc"].mean > bands["logistic_regression.val_acc"].mean
    assert yaml.safe_dump(sorted(bands)).count("initialization.") == 5
