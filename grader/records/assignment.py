"""An assignment, loaded: its rubric, the starter, and the reference that never leaves the grader."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from grader.records.notebook import Notebook
from grader.records.rubric import Rubric

Check = Callable[..., None]
"""Passes by returning, fails by raising `CheckFailed`; takes by name what it wants of `grading.probe` offers."""


@dataclass(frozen=True)
class Assignment:
    rubric: Rubric
    rubric_sha256: str
    starter: Notebook
    solution: Notebook
    checks: Mapping[str, Check]
    """By the name in the rubric: `local/<function>` or `<family>/<function>`."""
