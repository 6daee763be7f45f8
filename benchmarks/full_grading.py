"""Seconds that a full grading of the reference takes on the small data, and who needs them: run it on a quiet machine.

python benchmarks/full_grading.py [RUNS]
"""

import sys
import time
from statistics import median

from grader.datasets.prepare import find
from grader.grading.assignments import load
from grader.grading.grade import grade, session_for
from grader.settings import Settings


def main(runs: int = 3) -> None:
    settings = Settings(data="small")
    assignment = load(settings.root, "deep-learning-1")
    dataset = find(settings.datasets, "small")
    print("run  total  student's code  start-up  grader  points")
    totals = []
    for run in range(1, runs + 1):
        started = time.monotonic()
        with session_for(settings, dataset):
            start_up = time.monotonic() - started
        started = time.monotonic()
        grading = grade(assignment.solution, "solution.ipynb", assignment, settings, "full")
        total = time.monotonic() - started
        student = sum(cell.duration_s for cell in grading.execution.cells)
        totals.append(total)
        points = f"{grading.report.auto_score:g} of {grading.report.auto_max:g}"
        print(f"{run:3}  {total:5.1f}  {student:14.1f}  {start_up:8.1f}  {total - student - start_up:6.1f}  {points}")
    print(f"median of {runs}: {median(totals):.1f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
