"""Teams that solved the assignment on their own, made of the code of the solutions and variants that lie in `tests`.

Every team has another choice of implementations, one for each part of the assignment. There are fewer of these than
teams: two teams have up to MOST_SHARED of twelve parts in common word for word, which is more than honest teams have.
"""

import json
import operator
import random
import re
from dataclasses import replace
from pathlib import Path

from grader.notebooks.align import align
from grader.notebooks.facts import bound_names
from grader.notebooks.read import read
from grader.records.notebook import Cell, Notebook
from grader.records.rubric import RegionStart
from tests.assemble import assemble

TESTS = Path(__file__).resolve().parent.parent
STARTER = TESTS.parent / "rubrics" / "deep-learning-1" / "starter.ipynb"
REFERENCE = TESTS.parent / "reference" / "deep-learning-1" / "solution.ipynb"
PARTS = {
    "data": ("cell-08", ""),
    "regression": ("cell-10", "logistic_regression"),
    "mistakes": ("cell-14", ""),
    "mlp": ("cell-16", "MLP"),
    "training": ("cell-18", ""),
    "initialization": ("cell-21", ""),
    "optimizers": ("cell-24", ""),
    "reflection": ("cell-26", ""),
    "linear": ("cell-30", "Linear"),
    "network": ("cell-32", "FFNet"),
    "xor": ("cell-34", ""),
    "gradients": ("cell-39", "calc_gradients"),
}
"""The parts of the assignment: with which of the starter's cells each begins, and what its variants define."""
STUB = re.compile(r"# (?:TODO: )?implement", re.IGNORECASE)
MOST_SHARED = 2
PLACES = {"given": ("cell-00", ""), **PARTS}
REGIONS = [RegionStart(id=part, starts=start) for part, (start, _) in PLACES.items()]


def known() -> list[Notebook]:
    """What everybody was given, and the solution that nobody was."""
    return [read(STARTER.read_bytes()), read(REFERENCE.read_bytes())]


def independent() -> list[Notebook]:
    """The code of the ten whole solutions, which have nothing of each other."""
    choices = material()
    return [filled({part: choices[part][i] for part in PARTS}) for i in range(10)]


def cohort(size: int) -> list[Notebook]:
    """`size` notebooks, the same in every run."""
    chance, choices, found = random.Random(1), material(), list[list[int]]()
    while len(found) < size:
        pick = [chance.randrange(len(choices[part])) for part in PARTS]
        if all(sum(map(operator.eq, pick, other)) <= MOST_SHARED for other in found):
            found.append(pick)
    return [filled({part: choices[part][i] for part, i in zip(PARTS, pick, strict=True)}) for pick in found]


def filled(parts: dict[str, tuple[Cell, ...]]) -> Notebook:
    """The starter with a team's own cells in the place of each part's stub, or at its end where it has none."""
    starter, waiting, cells = known()[0], dict(parts), list[Cell]()
    homes = align(starter, starter, REGIONS)
    for cell, home, after in zip(starter.cells, homes, (*homes[1:], ""), strict=True):
        is_stub = cell.kind == "code" and STUB.search(cell.source) is not None
        cells += [] if is_stub else [cell]
        cells += waiting.pop(home, ()) if is_stub or home != after else ()
    return Notebook("", tuple(replace(cell, index=index) for index, cell in enumerate(cells)))


def material() -> dict[str, list[tuple[Cell, ...]]]:
    """The implementations of each part: those of the whole solutions, and the variants."""
    found = {part: list[tuple[Cell, ...]]() for part in PARTS}
    starter = known()[0]
    given = {cell.source for cell in starter.cells}
    for style in sorted((TESTS / "solutions").glob("*.py")):
        solution = read(json.dumps(assemble(style, json.loads(STARTER.read_bytes()))).encode())
        homes = align(solution, starter, REGIONS)
        for part, implementations in found.items():
            own = (cell for cell, home in zip(solution.cells, homes, strict=True) if home == part)
            code = (cell for cell in own if cell.kind == "code" and cell.source not in given)
            implementations.append(tuple(replace(cell, outputs=()) for cell in code))
    for variant in sorted((TESTS / "variants" / "correct").glob("*.py")):
        source = variant.read_text(encoding="utf-8")
        binds = bound_names(source)
        part = next(part for part, (_, name) in PARTS.items() if name in binds)
        found[part].append((Cell(0, "code", source),))
    return found
