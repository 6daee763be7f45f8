"""What a grading says of itself while it runs. The report has the last word."""

from dataclasses import dataclass

from grader.records.report import ItemReport


@dataclass(frozen=True)
class Begun:
    """The notebook is about to run: the first time, or once more, and then nothing said before counts."""

    begun: bool = True


@dataclass(frozen=True)
class CellStarted:
    """The code cell `index` runs now, the `position`-th of `cells`, counted from 1."""

    index: int
    position: int
    cells: int


@dataclass(frozen=True)
class ItemJudged:
    item: ItemReport


Progress = Begun | CellStarted | ItemJudged
