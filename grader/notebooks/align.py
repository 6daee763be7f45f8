"""Which question each cell of a submission belongs to, found by comparing it with the starter.

Students add, split, move and duplicate cells, editors drop ids: text decides, ids only help where text says nothing
and where they agree with the text everywhere else.
"""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from grader.records.notebook import Cell, Notebook
from grader.records.rubric import RegionStart

SIMILAR, COPY, TRUSTED, ENOUGH = 0.75, 0.9, 0.8, 3
SHORTEST_TEXT = 12
DEFINITION = re.compile(r"^(?:async def|def|class)\s+(\w+)", re.MULTILINE)


def align(notebook: Notebook, starter: Notebook, regions: Sequence[RegionStart]) -> tuple[str, ...]:
    """The region's id of each cell of `notebook`, in order.

    A cell that resembles none of the starter's belongs where the cell before it belongs.
    """
    homes = starter_regions(starter, regions)
    matches = [best_match(cell, starter) for cell in notebook.cells]
    leave_one_match(notebook, matches)
    by_id = {cell.id: cell for cell in starter.cells if cell.id is not None}
    if ids_are_trustworthy(notebook, matches, by_id):
        for index, cell in enumerate(notebook.cells):
            twin = by_id.get(cell.id) if cell.id is not None else None
            if matches[index] is None and twin is not None and twin.kind == cell.kind:
                matches[index] = twin
    found, current = [], regions[0].id
    for match in matches:
        current = current if match is None else homes[match.index]
        found.append(current)
    return tuple(found)


def leave_one_match(notebook: Notebook, matches: list[Cell | None]) -> None:
    """Of several code cells that look like one of the starter's, the most similar one is meant; others stand where they stand."""
    best: dict[int, tuple[float, int]] = {}
    for index, match in enumerate(matches):
        if match is not None and match.kind == "code":
            key = (-text_similarity(notebook.cells[index], match), index)
            best[match.index] = min(best.get(match.index, key), key)
    for index, match in enumerate(matches):
        if match is None or match.kind != "code" or best[match.index][1] == index:
            continue
        if text_similarity(notebook.cells[index], match) < COPY:
            matches[index] = None


def starter_regions(starter: Notebook, regions: Sequence[RegionStart]) -> list[str]:
    """The region of each of the starter's cells: a region goes on until the next one starts."""
    starts = {region.starts: region.id for region in regions}
    homes, current = [], regions[0].id
    for cell in starter.cells:
        current = starts.get(cell.id or "", current)
        homes.append(current)
    return homes


def ids_are_trustworthy(notebook: Notebook, matches: Sequence[Cell | None], by_id: dict[str, Cell]) -> bool:
    """Whether the starter's ids still mean the starter's cells, judged by the cells that text has matched."""
    agreed = [
        by_id[cell.id] == match
        for cell, match in zip(notebook.cells, matches, strict=True)
        if match is not None and cell.id in by_id
    ]
    return len(agreed) >= ENOUGH and sum(agreed) >= TRUSTED * len(agreed)


def best_match(cell: Cell, starter: Notebook) -> Cell | None:
    """The starter's cell that `cell` was made from, judged by text alone; None where nothing is similar enough."""
    scored = [(similarity(cell, other), -other.index, other) for other in starter.cells if other.kind == cell.kind]
    score, _, match = max(scored, key=lambda entry: entry[:2], default=(0.0, 0, None))
    return match if score >= SIMILAR else None


def similarity(cell: Cell, other: Cell) -> float:
    """0 to 1: how much of the starter's cell `other` is in `cell`, which may have been filled in or added to."""
    if cell.kind == "code":
        shared = set(DEFINITION.findall(cell.source)) & set(DEFINITION.findall(other.source))
        if shared:
            return 1.0
    return text_similarity(cell, other)


def text_similarity(cell: Cell, other: Cell) -> float:
    text, template = " ".join(cell.source.split()), " ".join(other.source.split())
    if len(code_text(other)) < SHORTEST_TEXT:
        return 0.0
    lines = {stripped for line in other.source.splitlines() if (stripped := line.strip())}
    kept = lines & {line.strip() for line in cell.source.splitlines()}
    weight = sum(map(len, lines))
    overlap = sum(map(len, kept)) / weight if weight else 0.0
    return max(overlap, fuzz.ratio(text, template, score_cutoff=100 * SIMILAR) / 100)


def code_text(cell: Cell) -> str:
    """What is distinctive in a starter's cell: a stub that is only a comment could be any of its kind."""
    if cell.kind != "code":
        return cell.source.strip()
    return "".join(line for line in cell.source.splitlines() if not line.lstrip().startswith("#"))
