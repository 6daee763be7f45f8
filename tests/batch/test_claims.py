"""Names that look as if an LMS had made them."""

from pathlib import Path

import pytest

from grader.batch.claims import is_canvas
from grader.batch.intake import intake
from tests.batch.sources import ADA, DANA, laid


def test_numbers_in_names_do_not_make_two_students_one(tmp_path: Path) -> None:
    found = intake(laid(tmp_path, {"hw_1_2_ada.ipynb": ADA, "hw_1_2_dana.ipynb": DANA}))
    assert [one.name for one in found] == ["hw_1_2_ada", "hw_1_2_dana"]


@pytest.mark.parametrize(
    ("files", "canvas"),
    [
        (["adal_1_2_a.ipynb", "danac_3_4_a.ipynb", "notes.txt"], True),
        (["adal_1_2_a.ipynb", "adal_1_3_b.ipynb", "danac_3_text.html", "danac_3_link.html"], True),
        (["Adal_1_2_a.ipynb"], False),
        (["adal_1_2_a.ipynb", "alan.ipynb", "dana.ipynb"], False),
        (["hw_1_2_a.ipynb", "lab_1_3_a.ipynb"], False),
        (["hw_1_2_a.ipynb", "lab_2_2_a.ipynb"], False),
        ([], False),
    ],
)
def test_canvas_is_known_by_its_numbers(files: list[str], canvas: bool) -> None:
    assert is_canvas(files) == canvas
