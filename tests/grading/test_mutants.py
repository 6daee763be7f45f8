"""A mutant is the reference with one small change, and one that changes nothing is an error."""

from collections import Counter

import pytest

from grader.errors import AssignmentError
from grader.grading.job import Submit
from grader.grading.mutants import idle_checks, load_mutants, mutate, trials
from grader.records.assignment import Assignment
from grader.records.mutant import Mutant
from grader.records.notebook import Notebook
from grader.settings import Settings


def mutant(**changes: object) -> Mutant:
    return Mutant.model_validate({"name": "m", "item": "q1.mlp", "noticed_by": ["computes"]} | changes)


def differing(assignment: Assignment, changed: Notebook) -> list[str]:
    pairs = zip(assignment.solution.cells, changed.cells, strict=True)
    return [new.source for old, new in pairs if old != new]


def test_syntax_is_replaced_in_its_own_region_only(assignment: Assignment) -> None:
    (source,) = differing(assignment, mutate(assignment, mutant(replace="nn.ReLU( )", by="nn.Sigmoid()")))
    assert "nn.Sigmoid()" in source
    assert "nn.ReLU()" not in source


def test_a_statement_can_be_removed(assignment: Assignment) -> None:
    change = mutant(item="q1.mlp.training", replace="optimizer.zero_grad()")
    (source,) = differing(assignment, mutate(assignment, change))
    assert "zero_grad" not in source


def test_prose_is_replaced_as_characters(assignment: Assignment) -> None:
    change = mutant(region="q1.initialization.question", replace="color:red", by="color:blue", text=True)
    assert all("color:red" not in source for source in differing(assignment, mutate(assignment, change)))


@pytest.mark.parametrize("how", ["cleared", "unordered", "failed"])
def test_what_is_stored_can_be_spoiled(assignment: Assignment, how: str) -> None:
    assert mutate(assignment, mutant(stored=how)).cells != assignment.solution.cells


def test_each_mutant_is_a_submission_of_its_own(assignment: Assignment) -> None:
    assert mutate(assignment, mutant(replace="400", by="300")).sha256 != assignment.solution.sha256


def test_a_change_that_changes_nothing_is_an_error(assignment: Assignment) -> None:
    with pytest.raises(AssignmentError, match=r"changes nothing in q1\.mlp"):
        mutate(assignment, mutant(replace="nn.GELU()", by="nn.ReLU()"))


def test_a_mutant_says_what_it_changes() -> None:
    with pytest.raises(ValueError, match="needs either"):
        mutant()


def test_there_are_enough_mutants(assignment: Assignment, settings: Settings) -> None:
    mutants = load_mutants(settings.root, assignment)
    per_item = Counter(mutant.item for mutant in mutants)
    assert len(mutants) >= 40
    assert all(per_item[item.id] >= 2 for item in assignment.rubric.items if not item.manual)
    assert all(mutate(assignment, mutant).cells for mutant in mutants)


def test_the_table_in_the_docs_is_what_the_mutants_declare(assignment: Assignment, settings: Settings) -> None:
    noticed: dict[str, list[str]] = {
        f"{item.id}/{check.id}": [] for item in assignment.rubric.items for check in item.checks
    }
    for mutant in load_mutants(settings.root, assignment):
        for check in mutant.noticed_by:
            noticed[f"{mutant.item}/{check}"].append(mutant.name)
    table = [f"| `{check}` | {'; '.join(names)} |" for check, names in noticed.items()]
    written = (settings.root / "docs" / "mutants.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in written if line.startswith("| `")] == table


@pytest.mark.slow
def test_every_check_of_the_quick_profile_notices_its_mutants(
    assignment: Assignment, settings: Settings, submit: Submit
) -> None:
    tried = list(trials(assignment, load_mutants(settings.root, assignment), settings, "quick", submit))
    assert {trial.mutant.name: trial.complaints for trial in tried if trial.complaints} == {}
    assert idle_checks(assignment, tried, "quick") == []
