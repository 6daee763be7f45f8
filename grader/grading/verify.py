"""Does the reference get full marks, and does every example get the outcome that it declares?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from grader.errors import AssignmentError
from grader.grading.job import Job, Submit
from grader.notebooks.read import read
from grader.records.assignment import Assignment
from grader.records.execution import Profile
from grader.records.report import ItemReport, Report
from grader.rubrics import readable
from grader.settings import Settings

Outcome = float | str
"""Points, or the status of an item that has none."""


@dataclass(frozen=True)
class Verdict:
    """One graded notebook, and how its report differs from what was declared."""

    name: str
    report: Report
    differences: tuple[str, ...]


def verify(assignment: Assignment, settings: Settings, profile: Profile, submit: Submit) -> Iterator[Verdict]:
    """The reference first, then each example of `submissions/<id>/expected.yaml`, graded and compared."""
    rubric, solution = assignment.rubric, assignment.solution
    folder = settings.root / "submissions" / rubric.id
    declared = declarations(folder, assignment)
    notebooks = {name: read(readable(folder / f"{name}.ipynb")) for name in declared}
    # an example with the reference's bytes is the reference
    others = [name for name, notebook in notebooks.items() if notebook.sha256 != solution.sha256]
    reference = submit(Job(solution, "solution.ipynb", rubric.id, settings, profile))
    gradings = {name: submit(Job(notebooks[name], f"{name}.ipynb", rubric.id, settings, profile)) for name in others}
    full = {item.id: item.points for item in rubric.items if item.checks}
    yield verdict("reference", reference.result().report, full)
    for name, outcomes in declared.items():
        yield verdict(name, gradings.get(name, reference).result().report, outcomes)


def verdict(name: str, report: Report, declared: Mapping[str, Outcome]) -> Verdict:
    return Verdict(name, report, differences(report, declared))


def declarations(folder: Path, assignment: Assignment) -> dict[str, dict[str, Outcome]]:
    """The declared outcomes by example and item; every example and every item has to be there."""
    path = folder / "expected.yaml"
    declared: dict[str, dict[str, Outcome]] = yaml.safe_load(readable(path))
    examples = {notebook.stem for notebook in folder.glob("*.ipynb")}
    if examples != declared.keys():
        raise AssignmentError(
            f"{path} and the notebooks beside it differ: {', '.join(sorted(examples ^ declared.keys()))}."
        )
    items = {item.id for item in assignment.rubric.items}
    for name, outcomes in declared.items():
        if items != outcomes.keys():
            raise AssignmentError(
                f"{path}: {name} and the rubric differ: {', '.join(sorted(items ^ outcomes.keys()))}."
            )
    return declared


def outcome(item: ItemReport) -> Outcome:
    return item.status if item.points is None else item.points


def differences(report: Report, declared: Mapping[str, Outcome]) -> tuple[str, ...]:
    """What came out otherwise than declared, of the items that this profile judges."""
    found = {item.id: item for item in report.items}
    return tuple(
        f"{name}: {wanted} was declared, {outcome(found[name])} came out ({why(found[name])})"
        for name, wanted in declared.items()
        if outcome(found[name]) not in (wanted, "pending")
    )


def why(item: ItemReport) -> str:
    return "; ".join(f"{check.id}: {check.message}" for check in item.checks if check.status != "passed") or item.status
