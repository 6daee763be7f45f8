"""What another system gave comes back as it was."""

import pytest

from grader.errors import BadGradebook
from grader.reports.table import line_end, line_of, read_table


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_byte_of_a_table_is_in_its_rows(bom: str, separator: str, end: str) -> None:
    lines = ['a,b,"c"', '"1, ""one""","two\r\nlines",', "", 'ש,"",3']
    text = bom + end.join(line.replace(",", separator) for line in lines)

    table = read_table(text)

    assert table.bom + "".join(row.text for row in (table.header, *table.rows)) == text
    assert [len(row.cells) for row in table.rows] == [3, 0, 3]
    assert table.rows[0].cells[1] == "two\r\nlines"
    assert [line_end(row) for row in table.rows] == [end, end, ""]


@pytest.mark.parametrize("cells", [["a", "b, c"], ['"', "\n"], ["\r", "\r\n"], ["", ""], ["ש", ";"]])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_written_row_is_read_back(cells: list[str], end: str) -> None:
    header = line_of(["one", "two"])

    assert read_table(header + line_of(cells, end=end)).rows[0].cells == tuple(cells)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        ("\ufeff", "empty"),
        ('a,b\n"1,2\n', "no CSV"),
        ('a,b\n"1"1,2\n', "no CSV"),
        ("a,b\n1\n", "Row 2 of the table has 1 cells"),
        ("a,b\n1,2\n1,2,3\n", "Row 3 of the table has 3 cells"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadGradebook, match=sentence):
        read_table(text)
