"""What authors added to a region is told from what the starter came with."""

import pytest

from grader.checks.cells import called, has_code, listed, quoted_or_remarked
from grader.checks.written import written
from grader.records.notebook import Cell, Notebook
from grader.records.submission import Submission


def notebook(*sources: str) -> Notebook:
    return Notebook("", tuple(Cell(index, "code", source) for index, source in enumerate(sources)))


def test_only_lines_that_the_starter_lacks_in_this_region_count() -> None:
    starter = notebook("a = 1\n# Implement here", "b = 2")
    submitted = notebook("a = 1\n# Implement here\nc = 3", "c = 4\n\nb = 2", "a  =  1", "a = 1\nb = 2")
    submission = Submission(submitted, ("q", "other", "q", "q"), starter, ("q", "other"))

    assert [(part.cell.index, part.lines) for part in written(submission, "q")] == [(0, ("c = 3",)), (3, ("b = 2",))]


def test_white_space_counts_for_nothing() -> None:
    submission = Submission(notebook("  a=1  \n\n\t", " # x  y"), ("q", "q"), notebook("a = 1\n#x y"), ("q",))

    assert written(submission, "q") == ()


def test_a_region_without_cells_has_nothing_written() -> None:
    assert written(Submission(notebook("a"), ("q",), notebook("b"), ("q",)), "gone") == ()


def test_code_cells_are_called_by_their_number_and_start() -> None:
    cells = (
        Cell(0, "code", "x"),
        Cell(1, "markdown", "y"),
        Cell(2, "code", "\n# why\nfor i in range(10): " + "x" * 99),
    )

    name = called(Notebook("", cells), cells[2])

    assert name.startswith("code cell 2 (starting `for i in range(10): xxx")
    assert len(name) < 70


@pytest.mark.parametrize(
    ("source", "expected"),
    [("", False), ("  \n", False), ("# a\n  # b", False), ("# a\nx", True), ("%matplotlib", True)],
)
def test_comments_are_no_code(source: str, expected: bool) -> None:
    assert has_code(Cell(0, "code", source)) == expected


def test_few_are_named_and_the_rest_is_counted() -> None:
    assert [listed(list("abcde")[:count]) for count in range(1, 6)] == [
        "a",
        "a and b",
        "a, b and c",
        "a, b, c and 1 more",
        "a, b, c and 2 more",
    ]


def test_strings_and_comments_are_found_in_code_that_does_not_parse() -> None:
    source = "def (: 'a # \\' b' # it's\n\"\"\"long\n'x'\"\"\" \"open\n'next'"

    assert list(quoted_or_remarked(source)) == [
        ("short", "a # \\' b"),
        ("remark", " it's"),
        ("long", "long\n'x'"),
        ("short", "open"),
        ("short", "next"),
    ]
