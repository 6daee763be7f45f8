"""Seconds that a full grading of the reference takes on the small data, and who needs them.

It is graded as in a batch, by an engine whose kernels are warm.
"""

import time
from collections.abc import Iterator

from benchmarks.measure import Row
from grader.datasets.prepare import find
from grader.engines.forks import CHANCES, Forks
from grader.engines.local import open_local
from grader.grading.assignments import load
from grader.grading.grade import session_for
from grader.grading.job import Job
from grader.settings import Settings


def rows(rounds: int) -> Iterator[Row]:
    settings = Settings(data="small")
    solution = load(settings.root, "deep-learning-1").solution
    start_ups, cells, totals = kernel_starts(settings, rounds), [], []
    with open_local(1) as submit:
        submit(Job(solution, "solution.ipynb", "deep-learning-1", settings, "quick")).result()
        for _ in range(rounds):
            started = time.monotonic()
            grading = submit(Job(solution, "solution.ipynb", "deep-learning-1", settings, "full")).result()
            totals.append(time.monotonic() - started)
            assert grading.report.auto_score == grading.report.auto_max, grading.report
            cells.append(sum(cell.duration_s for cell in grading.execution.cells))
    rest = [total - student for total, student in zip(totals, cells, strict=True)]
    yield Row("a full grading of the reference, small data: clock", "s", totals)
    yield Row("of it the student's cells", "s", cells)
    yield Row("of it the kernel's start", "s", start_ups)
    yield Row("of it probing, comparing and reporting", "s", [a - b for a, b in zip(rest, start_ups, strict=True)])
    shares = [100 * other / total for other, total in zip(rest, totals, strict=True)]
    yield Row("of it all that is not the student's cells", "%", shares)


def kernel_starts(settings: Settings, rounds: int) -> list[float]:
    """Seconds until a warm kernel is there."""
    forks, taken = Forks(CHANCES), []
    try:
        for _ in range(rounds + 1):
            started = time.monotonic()
            with session_for(settings, find(settings.datasets, "small"), forks.address(settings)):
                taken.append(time.monotonic() - started)
    finally:
        forks.close()
    return taken[1:]
