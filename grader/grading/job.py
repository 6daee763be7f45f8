"""A grading that is still to be done, and the word for having it done."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from grader.records.execution import Profile
from grader.records.grading import Grading
from grader.records.notebook import Notebook
from grader.settings import Settings


@dataclass(frozen=True)
class Job:
    notebook: Notebook
    filename: str
    assignment: str
    """The assignment's id."""
    settings: Settings
    profile: Profile


Submit = Callable[[Job], Future[Grading]]
"""An engine: takes a job at once, and gives its grading or raises the GraderError that it ended with."""
