"""When each item is probed: right after the region that defines its object, before names are bound anew."""

from collections.abc import Mapping, Sequence

from grader.notebooks.facts import bound_names
from grader.records.notebook import Notebook
from grader.records.rubric import Item, Rubric

Plan = Mapping[int, Sequence[Item]]
"""The items to probe after the cell with this index."""


def plan(notebook: Notebook, regions: Sequence[str], rubric: Rubric) -> Plan:
    """Every item that has checks, at the end of the region that defines its object."""
    code = [cell.index for cell in notebook.cells if cell.kind == "code"]
    bound = {index: bound_names(notebook.cells[index].source) for index in code}
    found: dict[int, list[Item]] = {}
    for item in rubric.items:
        if item.checks and item.object is not None:
            home = item.region or item.id
            after = region_end(definition(item.object, home, code, bound, regions), code, regions)
            found.setdefault(after, []).append(item)
    return found


def definition(
    name: str, home: str, code: Sequence[int], bound: Mapping[int, frozenset[str]], regions: Sequence[str]
) -> int:
    """The cell that defines `name`: the last one of its own region that does, else the last one anywhere.

    Where none visibly does, the last cell of the region, or of the notebook.
    """
    at_home = [index for index in code if regions[index] == home]
    for cells in (at_home, code):
        defining = [index for index in cells if name in bound[index]]
        if defining:
            return defining[-1]
    return (at_home or code)[-1]


def region_end(cell: int, code: Sequence[int], regions: Sequence[str]) -> int:
    """The last code cell of the unbroken stretch of `cell`'s region."""
    end = cell
    for index in code:
        if index > cell:
            if regions[index] != regions[cell]:
                break
            end = index
    return end
