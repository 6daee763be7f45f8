"""What was handed in, and what the grader's own run of it did: the two things that checks of a notebook look at."""

from collections.abc import Mapping
from dataclasses import dataclass

from grader.records.execution import CellRun
from grader.records.notebook import Cell, Notebook


@dataclass(frozen=True)
class Submission:
    """A notebook as it was handed in, beside the starter that it was made from, each cell with its region."""

    notebook: Notebook
    regions: tuple[str, ...]
    starter: Notebook
    starter_regions: tuple[str, ...]


@dataclass(frozen=True)
class Work:
    """What the grader's run did in the code cells of one region; a cell that the run did not reach has no run."""

    region: str
    cells: tuple[Cell, ...]
    runs: tuple[CellRun, ...]


@dataclass(frozen=True)
class Band:
    """How a figure of merit comes out where the reference is trained with different seeds."""

    mean: float
    spread: float
    """Standard deviation."""


Bands = Mapping[str, Band]
"""By metric, for the data that this run used."""
