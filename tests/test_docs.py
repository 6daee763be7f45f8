"""What can be set, run or used in a rubric is documented."""

import re
from pathlib import Path

import pytest

from grader.checks.catalogue import CATALOGUE
from grader.settings import Settings

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    assert f"| `GRADER_{name.upper()}` |" in (DOCS / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_check_of_the_catalogue_is_documented(name: str) -> None:
    assert f"| `{name}` |" in (DOCS / "checks.md").read_text(encoding="utf-8")


ROWS = re.findall(r"^\| (T\d+) .*\|(.*)\|$", (DOCS / "threats.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_threat_is_answered_once() -> None:
    assert [threat for threat, _ in ROWS] == [f"T{number}" for number in range(1, 65)]


@pytest.mark.parametrize("threat", dict(ROWS))
def test_the_tests_that_answer_a_threat_exist(threat: str) -> None:
    for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", dict(ROWS)[threat]):
        assert f"\ndef {name}(" in (DOCS.parent / path).read_text(encoding="utf-8"), f"{path} has no {name}"
