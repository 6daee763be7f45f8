"""Who has what is said by a table, which may be damaged or incomplete."""

from pathlib import Path

import pytest

from grader.batch.intake import intake
from tests.batch.sources import ADA, YML, laid, only


@pytest.mark.parametrize("yml", [b"{", b"- a", b"a: *b", b"\xff\xfe\xff", b"[" * 5_000, b"[" * 900 + b"]" * 900])
def test_without_gradescopes_table_the_folders_are_the_names(tmp_path: Path, yml: bytes) -> None:
    found = only(intake(laid(tmp_path, {"submission_metadata.yml": yml, "submission_1/hw.ipynb": ADA})))
    assert found.name == "submission_1"
    assert "names are unknown" in found.remark


def test_who_is_in_gradescopes_table_alone_is_not_lost(tmp_path: Path) -> None:
    found = intake(laid(tmp_path, {"submission_metadata.yml": YML, "submission_2/hw.ipynb": ADA}))
    assert {one.name: one.problem for one in found} == {
        "Alan": "",
        "Ada Lovelace, דנה כהן": "Nothing was handed in.",
    }


def test_a_submission_may_be_a_file_and_an_id_may_be_missing(tmp_path: Path) -> None:
    yml = b"1.ipynb:\n  :submitters:\n  - :name: Ada\n    :sid: null\n    :email: ~\n"
    one = only(intake(laid(tmp_path, {"submission_metadata.yml": yml, "1.ipynb": ADA})))
    assert (one.name, one.id, one.email, one.filename) == ("Ada", "", "", "1.ipynb")
