"""When each item is probed: right after the region that defines its object, before names are bound anew."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from grader.notebooks.facts import bound_names
from grader.records.rubric import Item
from grader.records.submission import Submission

Plan = Mapping[int, Sequence[Item]]
"""The items to probe after the cell with this index."""

Stretch = Sequence[int]
"""Code cells of one region, in a row."""


def plan(submission: Submission, items: Iterable[Item]) -> Plan:
    """Every item that has an object, at the end of the stretch of cells that defines it."""
    stubs = {cell.source.strip() for cell in submission.starter.cells}
    code = [cell for cell in submission.notebook.cells if cell.kind == "code"]
    bound = {cell.index: frozenset() if cell.source.strip() in stubs else bound_names(cell.source) for cell in code}
    rows = list(stretches([cell.index for cell in code], submission.regions))
    found: dict[int, list[Item]] = {}
    for item in items:
        if item.object is not None:
            after = place(item.object, item.region or item.id, rows, submission.regions, bound)
            found.setdefault(after, []).append(item)
    return found


def stretches(code: Sequence[int], regions: Sequence[str]) -> Iterator[Stretch]:
    """The code cells in rows of the same region."""
    row: list[int] = []
    for index in code:
        if row and regions[row[-1]] != regions[index]:
            yield row
            row = []
        row.append(index)
    if row:
        yield row


def place(
    name: str, home: str, rows: Sequence[Stretch], regions: Sequence[str], bound: Mapping[int, frozenset[str]]
) -> int:
    """The last cell of the stretch that defines `name`: the first such one of its own region, else the last anywhere.

    Who defines an object again for a later question has still answered the first one. Where nothing visibly defines it,
    the region's last cell, or the notebook's.
    """
    defining = [row for row in rows if any(name in bound[index] for index in row)]
    own = [row for row in rows if regions[row[0]] == home]
    defining_own = [row for row in defining if row in own]
    row = (defining_own[:1] or defining[-1:] or own[-1:] or rows[-1:])[0]
    return row[-1]
