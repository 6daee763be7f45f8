import shutil
from pathlib import Path

import pytest

from grader.errors import AssignmentError
from grader.grading.assignments import load, reference_namespace
from grader.records.assignment import Assignment
from grader.rubrics import identifiers, sha256_of

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for part in ("rubrics", "reference"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_every_assignment_of_the_project_loads() -> None:
    assert identifiers(ROOT) == ["deep-learning-1"]
    assert {path.name for path in (ROOT / "reference").iterdir()} == set(identifiers(ROOT))
    for identifier in identifiers(ROOT):
        load(ROOT, identifier)


def test_checks_have_a_digest_that_changes_with_any_file_of_theirs(copy: Path) -> None:
    before, secret = load(copy, "deep-learning-1").checks_sha256, copy / "reference" / "deep-learning-1"
    assert before == load(copy, "deep-learning-1").checks_sha256 == load(ROOT, "deep-learning-1").checks_sha256
    (secret / "xor.py").write_text((secret / "xor.py").read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    changed = load(copy, "deep-learning-1").checks_sha256
    (secret / "xor.py").rename(secret / "another.py")
    assert len({before, changed, sha256_of(secret)}) == 3


def test_deep_learning_1_has_the_points_of_its_contract(assignment: Assignment) -> None:
    points = {item.id: item.points for item in assignment.rubric.items}
    assert points == {
        "format.identity": 2,
        "format.executed": 2,
        "format.paths": 1,
        "format.answers_in_red": 2,
        "format.code_quality": 3,
        "q1.data": 5,
        "q1.logistic_regression": 12,
        "q1.logistic_regression.questions": 5,
        "q1.mlp": 8,
        "q1.mlp.training": 6,
        "q1.mlp.questions": 5,
        "q1.initialization": 6,
        "q1.initialization.question": 3,
        "q1.optimizers": 5,
        "q1.reflection": 3,
        "q2.linear": 8,
        "q2.ffnet": 5,
        "q2.xor": 5,
        "q2.xor.questions": 4,
        "q2.calc_gradients": 10,
    }
    assert sum(item.points for item in assignment.rubric.items if item.manual) == 20


def test_the_reference_is_loaded_without_its_training_and_its_data(assignment: Assignment) -> None:
    namespace = reference_namespace(assignment)
    assert {"MLP", "Linear", "FFNet", "calc_gradients", "logistic_regression"} <= namespace.keys()
    assert "train_full" not in namespace
    assert "history" not in namespace


@pytest.mark.parametrize("identifier", ["nowhere", "../reference/deep-learning-1", "Deep-Learning-1", ""])
def test_an_unknown_assignment_is_named(identifier: str) -> None:
    with pytest.raises(AssignmentError, match="There is no assignment"):
        load(ROOT, identifier)


def test_what_is_wrong_with_a_rubric_is_said(copy: Path) -> None:
    path = copy / "rubrics" / "deep-learning-1" / "rubric.yaml"
    good = path.read_text(encoding="utf-8")
    for old, new, words in (
        ("points: 12", "points: twelve", "points"),
        ("run: local/mlp_computes", "run: local/nothing", "local/nothing"),
        ("starts: cell-16", "starts: cell-99", "cell-99"),
        ("requires: [takes_images]", "requires: [nothing]", "nothing"),
        ("id: q2.ffnet", "id: q2.linear", "same id"),
        ("object: MLP", "objekt: MLP", "objekt"),
        ("regions:", "regions: [", "rubric.yaml"),
    ):
        assert old in good
        path.write_text(good.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(AssignmentError, match=words):
            load(copy, "deep-learning-1")


@pytest.mark.parametrize(
    "missing",
    [
        "rubrics/deep-learning-1/starter.ipynb",
        "reference/deep-learning-1/solution.ipynb",
        "reference/deep-learning-1/checks.py",
    ],
)
def test_a_missing_file_is_named(copy: Path, missing: str) -> None:
    (copy / missing).unlink()
    with pytest.raises(AssignmentError, match=Path(missing).name):
        load(copy, "deep-learning-1")


def test_checks_that_cannot_be_imported_are_named(copy: Path) -> None:
    (copy / "reference" / "deep-learning-1" / "checks.py").write_text("import nowhere_at_all\n", encoding="utf-8")
    with pytest.raises(AssignmentError, match="nowhere_at_all"):
        load(copy, "deep-learning-1")
