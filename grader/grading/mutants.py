"""Is every check worth something? Small wrong changes of the reference cost points in their own item, and only there."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from grader.errors import AssignmentError
from grader.grading.assignments import in_profile
from grader.grading.grade import submission_of
from grader.grading.job import Job, Submit
from grader.notebooks.facts import parse
from grader.records.assignment import Assignment
from grader.records.execution import Profile
from grader.records.mutant import Mutant
from grader.records.notebook import Cell, Notebook, Output
from grader.records.report import Report
from grader.rubrics import readable
from grader.settings import Settings

MUTANTS = TypeAdapter(tuple[Mutant, ...])


@dataclass(frozen=True)
class Trial:
    """What became of one mutant: which checks of its item noticed it, and what is wrong with that."""

    mutant: Mutant
    noticed: tuple[str, ...]
    complaints: tuple[str, ...]


def load_mutants(root: Path, assignment: Assignment) -> tuple[Mutant, ...]:
    """The mutants of `reference/<id>/mutants.yaml`."""
    path = root / "reference" / assignment.rubric.id / "mutants.yaml"
    try:
        return MUTANTS.validate_python(yaml.safe_load(readable(path)))
    except (yaml.YAMLError, ValidationError) as error:
        raise AssignmentError(f"{path} holds no mutants: {error}") from error


def trials(
    assignment: Assignment, mutants: Sequence[Mutant], settings: Settings, profile: Profile, submit: Submit
) -> Iterator[Trial]:
    """One trial after the other; in the quick profile, those that only a whole run shows are left out."""
    quick = made(assignment, "quick")
    chosen: list[tuple[Mutant, Profile]] = []
    for mutant in mutants:
        if set(mutant.noticed_by) <= quick[mutant.item]:
            chosen.append((mutant, "quick"))
        elif profile == "full":
            chosen.append((mutant, "full"))
    identifier = assignment.rubric.id
    gradings = [
        submit(Job(mutate(assignment, mutant), mutant.name, identifier, settings, shown)) for mutant, shown in chosen
    ]
    for (mutant, _), grading in zip(chosen, gradings, strict=True):
        yield judged(mutant, grading.result().report)


def made(assignment: Assignment, profile: Profile) -> dict[str, set[str]]:
    """The checks of each item that a profile makes."""
    items = (in_profile(item, assignment.checks, profile) for item in assignment.rubric.items)
    return {item.id: {check.id for check in item.checks} for item in items}


def judged(mutant: Mutant, report: Report) -> Trial:
    items = {item.id: item for item in report.items}
    noticed = tuple(check.id for check in items[mutant.item].checks if check.status == "failed")
    complaints = [f"{check} does not notice it" for check in mutant.noticed_by if check not in noticed]
    losing = [item.id for item in report.items if item.status in ("partial", "failed", "error")]
    innocent = set(losing) - {mutant.item, *mutant.spreads_to}
    complaints += [f"{item} loses points as well" for item in losing if item in innocent]
    return Trial(mutant, noticed, tuple(complaints))


def idle_checks(assignment: Assignment, tried: Sequence[Trial], profile: Profile) -> list[str]:
    """Checks that noticed no mutant at all, of the items that this profile judges."""
    busy = {(trial.mutant.item, check) for trial in tried for check in trial.noticed}
    return [
        f"{item}/{check}"
        for item, checks in made(assignment, profile).items()
        for check in sorted(checks)
        if (item, check) not in busy
    ]


def mutate(assignment: Assignment, mutant: Mutant) -> Notebook:
    """The solution with the change in it; raises AssignmentError where there is nothing to change."""
    solution = assignment.solution
    regions = submission_of(solution, assignment).regions
    home = mutant.region or mutant.item
    if mutant.stored is not None:
        cells = stored(solution.cells, mutant.stored)
    else:
        cells = tuple(
            changed(cell, mutant) if region == home else cell
            for cell, region in zip(solution.cells, regions, strict=True)
        )
    if cells == solution.cells:
        raise AssignmentError(f"the mutant {mutant.name} changes nothing in {home}")
    return Notebook(f"{solution.sha256}-{mutant.name}", cells)


def changed(cell: Cell, mutant: Mutant) -> Cell:
    wanted = mutant.replace or ""
    if mutant.text:
        return replace(cell, source=cell.source.replace(wanted, mutant.by))
    tree = parse(cell.source) if cell.kind == "code" else None
    if tree is None:
        return cell
    before = ast.unparse(tree)
    tree = ast.parse(before)
    Swap(wanted, mutant.by).generic_visit(tree)
    after = ast.unparse(ast.fix_missing_locations(tree))
    return cell if after == before else replace(cell, source=after)


def is_expression(source: str) -> bool:
    try:
        ast.parse(source, mode="eval")
    except SyntaxError:
        return False
    return True


class Swap(ast.NodeTransformer):
    """Puts one piece of syntax in the place of another, wherever that stands."""

    def __init__(self, wanted: str, by: str):
        self.wanted = ast.unparse(ast.parse(wanted, mode="eval" if is_expression(wanted) else "exec"))
        self.by = by

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt]:
        if isinstance(node, ast.expr) and ast.unparse(node) == self.wanted:
            return ast.parse(self.by, mode="eval").body
        if isinstance(node, ast.stmt) and ast.unparse(node) == self.wanted:
            return ast.parse(self.by).body or [ast.Pass()]
        visited: ast.AST = self.generic_visit(node)
        return visited


def stored(cells: Sequence[Cell], how: str) -> tuple[Cell, ...]:
    """The cells as somebody stored them who cleared the outputs, ran them out of order, or ran into an error."""
    code = [cell for cell in cells if cell.kind == "code"]
    first, last = code[0], code[-1]
    failure = Output("error", text="NameError: name 'x' is not defined")
    changes = {
        "cleared": {cell.index: replace(cell, outputs=()) for cell in code},
        "unordered": {last.index: replace(last, execution_count=first.execution_count)},
        "failed": {last.index: replace(last, outputs=(failure,))},
    }[how]
    return tuple(changes.get(cell.index, cell) for cell in cells)
