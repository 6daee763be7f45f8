"""What can be set, run or used in a rubric is documented."""

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
