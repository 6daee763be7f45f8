"""Seconds that a full grading of the reference takes on the small data, and who needs them."""

import time
from collections.abc import Iterator

from benchmarks.measure import Row
from grader.datasets.prepare import find
from grader.grading.assignments import load
from grader.grading.grade import grade, session_for
from grader.settings import Settings


def rows(rounds: int) -> Iterator[Row]:
    settings = Settings(data="small")
    assignment = load(settings.root, "deep-learning-1")
    dataset = find(settings.datasets, "small")
    start_ups, cells, totals = [], [], []
    for _ in range(rounds):
        started = time.monotonic()
        with session_for(settings, dataset):
            start_ups.append(time.monotonic() - started)
        started = time.monotonic()
        grading = grade(assignment.solution, "solution.ipynb", assignment, settings, "full")
        totals.append(time.monotonic() - started)
        assert grading.report.auto_score == grading.report.auto_max, grading.report
        cells.append(sum(cell.duration_s for cell in grading.execution.cells))
    rest = [total - student for total, student in zip(totals, cells, strict=True)]
    yield Row("a full grading of the reference, small data: clock", "s", totals)
    yield Row("of it the student's cells", "s", cells)
    yield Row("of it a cold kernel's start", "s", start_ups)
    yield Row("of it probing, comparing and reporting", "s", [a - b for a, b in zip(rest, start_ups, strict=True)])
    shares = [100 * other / total for other, total in zip(rest, totals, strict=True)]
    yield Row("of it all that is not the student's cells", "%", shares)
