"""An assignment, loaded: its rubric, the starter, and the reference that never leaves the grader."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from grader.records.notebook import Notebook
from grader.records.rubric import Rubric
from grader.records.submission import Bands, Work

Check = Callable[..., None]
"""Passes by returning, fails by raising `CheckFailed`; takes by name what it wants of `grading.probe` offers."""

Metrics = Callable[[Mapping[str, Work]], Mapping[str, float]]
"""Reads the figures of merit from a run of the reference, given the work of each region."""


@dataclass(frozen=True)
class Assignment:
    rubric: Rubric
    rubric_sha256: str
    checks_sha256: str
    """Of all files that are never published."""
    starter: Notebook
    solution: Notebook
    checks: Mapping[str, Check]
    """By the name in the rubric: `local/<function>` or `<family>/<function>`."""
    metrics: Metrics
    bands: Mapping[str, Bands]
    """By the name of the data set."""
