"""Whether a notebook found too little memory on a GPU that it shared: the machine's doing, not its own."""

from grader.records.grading import Grading

SAID = "CUDA out of memory"
"""torch's words, in each version of its OutOfMemoryError."""


def crowded(grading: Grading) -> bool:
    """Whether torch said so, to a cell or to a check."""
    ran = (run.error or "" for run in grading.execution.cells)
    checked = (check.message for item in grading.report.items for check in item.checks)
    return grading.execution.environment.device == "cuda" and any(SAID in said for said in (*ran, *checked))
