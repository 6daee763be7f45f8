"""How well the reference does with one data set, and how much of that is luck: bands instead of magic thresholds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean, stdev

import yaml

from grader.datasets.prepare import Size
from grader.datasets.store import Dataset
from grader.errors import AssignmentError
from grader.grading.assignments import BANDS
from grader.grading.grade import submission_of
from grader.grading.job import Job, Submit
from grader.grading.probe import work
from grader.records.assignment import Assignment
from grader.records.grading import Grading
from grader.records.notebook import Notebook
from grader.records.submission import Band
from grader.settings import Settings

SEED = re.compile(r"^SEED = \d+$", re.MULTILINE)


def measure(
    assignment: Assignment, settings: Settings, size: Size, seeds: Sequence[int], submit: Submit
) -> Iterator[dict[str, float]]:
    """The reference's figures of merit with each seed, every run with one thread."""
    alone = settings.model_copy(update={"threads": 1, "data": size})
    notebooks = [with_seed(assignment.solution, seed) for seed in seeds]
    gradings = [
        submit(Job(one, f"seed-{seed}.ipynb", assignment.rubric.id, alone, "full"))
        for seed, one in zip(seeds, notebooks, strict=True)
    ]
    for seed, grading in zip(seeds, gradings, strict=True):
        yield figures_of_merit(assignment, grading.result(), seed)


def figures_of_merit(assignment: Assignment, grading: Grading, seed: int) -> dict[str, float]:
    runs = grading.execution.cells
    if failed := [run for run in runs if run.status != "ok"]:
        raise AssignmentError(f"cell {failed[0].index} of the solution fails with seed {seed}: {failed[0].error}")
    submission = submission_of(grading.notebook, assignment)
    works = {region.id: work(submission, runs, region.id) for region in assignment.rubric.regions}
    return dict(assignment.metrics(works))


def with_seed(solution: Notebook, seed: int) -> Notebook:
    """The solution with another value in its line `SEED = ...`."""
    cells = tuple(replace(cell, source=SEED.sub(f"SEED = {seed}", cell.source)) for cell in solution.cells)
    if cells == solution.cells:
        raise AssignmentError("the solution has no line `SEED = <number>` to calibrate with")
    return Notebook(f"{solution.sha256}-{seed}", cells)


def bands_of(measured: Sequence[Mapping[str, float]]) -> dict[str, Band]:
    """Mean and standard deviation of each metric over at least two runs."""
    return {
        name: Band(round(mean(values), 5), round(stdev(values), 5))
        for name in measured[0]
        if len(values := [run[name] for run in measured if name in run]) > 1
    }


def store(root: Path, assignment: Assignment, dataset: Dataset, bands: Mapping[str, Band]) -> Path:
    """Write the bands of one data set beside the reference; those of others stay."""
    path = root / "reference" / assignment.rubric.id / BANDS
    by_dataset = {**assignment.bands, dataset.name: bands}
    plain = {name: {metric: asdict(band) for metric, band in of.items()} for name, of in by_dataset.items()}
    text = yaml.safe_dump(plain, sort_keys=False)
    path.write_text(f"# Made by `grader calibrate`: the reference's figures of merit over several seeds.\n{text}")
    return path
