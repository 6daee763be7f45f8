"""Whether a notebook found too little memory on a GPU that it shared: the machine's doing, not its own."""

import re

from grader.records.grading import Grading

SAID = re.compile(r"CUDA out of memory|CUDA error: out of memory|CU(BLAS|DNN)_STATUS_ALLOC_FAILED")
"""The words of torch's own allocator, and those of CUDA and its libraries."""


def crowded(grading: Grading) -> bool:
    """Whether torch said so, to a cell or to a check."""
    ran = (run.error or "" for run in grading.execution.cells)
    checked = (check.message for item in grading.report.items for check in item.checks)
    return grading.execution.environment.device == "cuda" and any(SAID.search(said) for said in (*ran, *checked))
