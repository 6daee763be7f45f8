"""What the authors of a submission wrote into a region: its lines without those that the starter came with."""

from dataclasses import dataclass

from grader.records.notebook import Cell
from grader.records.submission import Submission


@dataclass(frozen=True)
class Written:
    """A cell in which something was written, and the lines of it that are not the starter's."""

    cell: Cell
    lines: tuple[str, ...]


def written(submission: Submission, region: str) -> tuple[Written, ...]:
    """The cells of `region`, in order, in which there are lines that the starter does not have there.

    White space counts for nothing: a starter's line that was indented anew is still the starter's.
    """
    given = {packed(line) for cell in given_cells(submission, region) for line in cell.source.splitlines()}
    found = []
    for cell in submitted_cells(submission, region):
        lines = tuple(line for line in cell.source.splitlines() if packed(line) and packed(line) not in given)
        if lines:
            found.append(Written(cell, lines))
    return tuple(found)


def submitted_cells(submission: Submission, region: str) -> tuple[Cell, ...]:
    pairs = zip(submission.notebook.cells, submission.regions, strict=True)
    return tuple(cell for cell, home in pairs if home == region)


def given_cells(submission: Submission, region: str) -> tuple[Cell, ...]:
    """The starter's cells of `region`."""
    pairs = zip(submission.starter.cells, submission.starter_regions, strict=True)
    return tuple(cell for cell, home in pairs if home == region)


def packed(line: str) -> str:
    return "".join(line.split())
