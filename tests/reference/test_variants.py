"""Correct-but-different solutions get every point; wrong ones lose points in exactly the item that is wrong.

A variant replaces some of the reference's definitions; its file says which item must notice.
"""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from grader.datasets.prepare import find
from grader.execution.session import Session
from grader.execution.student import Student
from grader.grading.assignments import in_profile, objects
from grader.grading.grade import submission_of
from grader.grading.probe import Bench, inputs_key, probe
from grader.grading.score import score_item
from grader.notebooks.facts import bound_names, closure, definitions, names_of, parse
from grader.records.assignment import Assignment
from grader.records.notebook import Cell, Notebook
from grader.records.report import ItemReport
from grader.settings import Settings

VARIANTS = Path(__file__).resolve().parent.parent / "variants"
CORRECT = sorted((VARIANTS / "correct").glob("*.py"))
WRONG = sorted((VARIANTS / "wrong").glob("*.py"))


@pytest.fixture
def bench(assignment: Assignment, session: Session, reference: Student, settings: Settings) -> Bench:
    """The reference in place of a student's notebook; a variant goes beside it."""
    dataset = find(settings.datasets, "small")
    submission = submission_of(assignment.solution, assignment)
    return Bench(Student(session.ask), reference, submission, (), assignment.checks, assignment.bands, dataset, b"")


def judge(variant: Path, assignment: Assignment, session: Session, bench: Bench) -> dict[str, ItemReport]:
    """The reports for the reference's definitions with `variant` in their place, of all items that it touches."""
    code = [cell.source for cell in assignment.solution.cells if cell.kind == "code"]
    own = variant.read_text(encoding="utf-8")
    sources = [*definitions(code, objects(assignment.rubric.items)), own]
    for index, source in enumerate(sources):
        run = session.run_cell(index, source, 30)
        assert run.status == "ok", run.error
    cells = tuple(Cell(index, "code", source) for index, source in enumerate(sources))
    submission = replace(bench.submission, notebook=Notebook("", cells), regions=("",) * len(cells))
    bench = replace(bench, submission=submission, key=inputs_key("test", variant.name))
    items = [
        in_profile(item, assignment.checks, "quick")
        for item in assignment.rubric.items
        if item.object and touches(own, sources, item.object)
    ]
    return {item.id: score_item(item, probe(item, bench)) for item in items}


def touches(variant: str, sources: list[str], name: str) -> bool:
    """Whether anything that `name` is made of is the variant's: all else is the reference's, judged in a test of its own."""
    trees = [tree for source in sources if (tree := parse(source))]
    replaced = bound_names(variant)
    return any(set(names_of(statement)) & replaced for statement in closure(trees, [name]))


def complaints(reports: dict[str, ItemReport]) -> str:
    return "\n".join(
        f"{report.id}/{check.id} {check.status}: {check.message}"
        for report in reports.values()
        for check in report.checks
        if check.status != "passed"
    )


def test_enough_variants() -> None:
    assert len(CORRECT) >= 12
    assert len(WRONG) >= 25


@pytest.mark.parametrize("variant", CORRECT, ids=lambda path: path.stem)
def test_correct_variant_gets_every_point(
    variant: Path, assignment: Assignment, session: Session, bench: Bench
) -> None:
    reports = judge(variant, assignment, session, bench)
    assert reports
    assert all(report.status == "passed" for report in reports.values()), complaints(reports)


@pytest.mark.parametrize("variant", WRONG, ids=lambda path: path.stem)
def test_wrong_variant_loses_points_in_its_item_only(
    variant: Path, assignment: Assignment, session: Session, bench: Bench
) -> None:
    reports = judge(variant, assignment, session, bench)
    declared = re.search(r"^# item: (\S+)$", variant.read_text(encoding="utf-8"), re.MULTILINE)
    assert declared, "a wrong variant says which item it gets wrong"
    failed = [check for report in reports.values() for check in report.checks if check.status == "failed"]
    assert all(len(check.message) > 40 and check.message[-1] in ".?)" for check in failed), complaints(reports)
    losing = {report.id for report in reports.values() if report.status in ("partial", "failed")}
    assert losing == {declared[1]}, complaints(reports)
    assert not [report for report in reports.values() if report.status == "error"], complaints(reports)


@pytest.mark.parametrize("variant", CORRECT + WRONG, ids=lambda path: path.stem)
def test_variant_says_what_it_does(variant: Path) -> None:
    assert ast.get_docstring(ast.parse(variant.read_text(encoding="utf-8")))
