"""A table that a spreadsheet reads back as it was, and takes nothing of for a formula."""

import csv
import io

import pytest

from grader.reports.gradebook import Entry, gradebook, is_verbatim, safe


def test_everybody_has_a_line_also_without_a_submission() -> None:
    text = gradebook(
        [Entry("a@b", 'Ada "A", née\nB', "0012", "t1"), Entry("c@d", "ש", "2", "t2", "id", 3, "failed")], ["q1"]
    )
    head, first, second = csv.reader(io.StringIO(text))
    assert dict(zip(head, first, strict=True))["name"] == 'Ada "A", née B'
    assert dict(zip(head, first, strict=True))["id"] == "0012"
    assert (second[1], second[5], second[-1]) == ("ש", "3", "")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe(text).startswith("'")


@pytest.mark.parametrize(("value", "cell"), [(None, ""), (-1.5, "-1.5"), (3, "3"), ("a=b", "a=b")])
def test_other_cells_are_what_they_are(value: str | float | None, cell: str) -> None:
    assert safe(value) == cell


@pytest.mark.parametrize(
    ("identity", "verbatim"),
    [
        ("0012", True),
        ("ada+x@b.c", True),
        ("+972501234567", True),
        ("@ada", True),
        ("12-345/6", True),
        ("", False),
        ("=1+1", False),
        ("@SUM(1)", False),
        ("-1+cmd|' /C calc'!A0", False),
        ("a\x1bb", False),
    ],
)
def test_an_identity_is_written_as_it_is_unless_a_spreadsheet_could_run_it(identity: str, verbatim: bool) -> None:
    assert is_verbatim(identity) == verbatim
