"""A grading that is still to be done, and the words for having it done and for watching it."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from grader.records.execution import Profile
from grader.records.grading import Grading
from grader.records.notebook import Notebook
from grader.records.progress import Progress
from grader.settings import Settings


@dataclass(frozen=True)
class Job:
    notebook: Notebook
    filename: str
    assignment: str
    """The assignment's id."""
    settings: Settings
    profile: Profile


Watch = Callable[[Progress], None]
"""Is told how far a grading is, in a thread of the engine's; must not take long."""


def unwatched(_: Progress) -> None:
    """For a grading that nobody watches."""


class Submit(Protocol):
    """An engine: takes a job at once, and gives its grading or raises the GraderError that it ended with."""

    def __call__(self, job: Job, watch: Watch = unwatched) -> Future[Grading]: ...
