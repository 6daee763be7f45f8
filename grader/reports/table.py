"""A table from another system, read so that whatever is not filled in can go back as it came."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.errors import BadGradebook

BOM = "\ufeff"
SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True)
class Row:
    cells: tuple[str, ...]
    text: str
    """As it stands in the file, with its line end."""


@dataclass(frozen=True)
class Table:
    header: Row
    rows: tuple[Row, ...]
    separator: str
    bom: str


def read_table(text: str) -> Table:
    """The CSV in `text`, which may begin with a byte order mark; blank lines are rows without cells.

    Raises BadGradebook where that is no table.
    """
    bom = BOM if text.startswith(BOM) else ""
    plain = text.removeprefix(BOM)
    try:
        separator = max(SEPARATORS, key=lambda one: len(next(rows_of(plain, one), Row((), "")).cells))
        found = list(rows_of(plain, separator))
    except csv.Error as error:
        raise BadGradebook(f"The table is no CSV: {error}.") from error
    if not found:
        raise BadGradebook("The table is empty.")
    header, *rows = found
    for number, row in enumerate(rows, start=2):
        if row.cells and len(row.cells) != len(header.cells):
            raise BadGradebook(
                f"Row {number} of the table has {len(row.cells)} cells, and its header has {len(header.cells)}."
            )
    return Table(header, tuple(rows), separator, bom)


def rows_of(text: str, separator: str) -> Iterator[Row]:
    lines = list[str]()

    def noted() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            lines.append(line)
            yield line

    for cells in csv.reader(noted(), delimiter=separator, strict=True):
        yield Row(tuple(cells), "".join(lines))
        lines.clear()


def line_of(cells: Sequence[str], separator: str = ",", end: str = "\n") -> str:
    """One row of CSV, with quotes only where they are needed."""
    text = io.StringIO(newline="")
    # which line ends within a cell are quoted depends on the writer's own
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n") + end


def line_end(row: Row) -> str:
    return row.text[len(row.text.rstrip("\r\n")) :]
