from pathlib import Path

import pytest
import yaml

from grader.errors import AssignmentError
from grader.grading.job import Submit
from grader.grading.verify import declarations, verify
from grader.records.assignment import Assignment
from grader.settings import Settings

EXAMPLES = ("solution", "partial", "untouched", "crash", "endless-loop")


def test_every_example_and_every_item_is_declared(assignment: Assignment, settings: Settings) -> None:
    declared = declarations(settings.root / "submissions" / "deep-learning-1", assignment)
    assert set(declared) == set(EXAMPLES)


def test_a_forgotten_example_or_item_is_named(assignment: Assignment, tmp_path: Path) -> None:
    (tmp_path / "one.ipynb").touch()
    (tmp_path / "expected.yaml").write_text(yaml.safe_dump({"two": {}}), encoding="utf-8")
    with pytest.raises(AssignmentError, match="one, two"):
        declarations(tmp_path, assignment)
    (tmp_path / "expected.yaml").write_text(yaml.safe_dump({"one": {"q2.linear": 8}}), encoding="utf-8")
    with pytest.raises(AssignmentError, match=r"q2\.ffnet"):
        declarations(tmp_path, assignment)


@pytest.mark.slow
def test_the_reference_and_all_examples_get_what_they_declare(
    assignment: Assignment, settings: Settings, submit: Submit
) -> None:
    # the endless loop is only there to be stopped
    verdicts = list(verify(assignment, settings.model_copy(update={"cell_seconds": 120.0}), "full", submit))
    assert [verdict.name for verdict in verdicts] == ["reference", *EXAMPLES]
    assert {verdict.name: verdict.differences for verdict in verdicts if verdict.differences} == {}


def test_a_difference_is_noticed_and_explained(
    assignment: Assignment, settings: Settings, submit: Submit, tmp_path: Path
) -> None:
    folder = tmp_path / "submissions" / "deep-learning-1"
    folder.mkdir(parents=True)
    examples = settings.root / "submissions" / "deep-learning-1"
    for name in ("rubrics", "reference"):
        (tmp_path / name).symlink_to(settings.root / name)
    (folder / "untouched.ipynb").write_bytes((examples / "untouched.ipynb").read_bytes())
    declared = yaml.safe_load((examples / "expected.yaml").read_text(encoding="utf-8"))["untouched"] | {"q2.linear": 8}
    (folder / "expected.yaml").write_text(yaml.safe_dump({"untouched": declared}), encoding="utf-8")
    reference, untouched = verify(assignment, settings.model_copy(update={"root": tmp_path}), "quick", submit)
    assert reference.differences == ()
    (difference,) = untouched.differences
    assert "q2.linear: 8 was declared, 0.0 came out" in difference
    assert "`Linear` is not defined" in difference
