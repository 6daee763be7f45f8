"""Grades back to Canvas: one column of the gradebook, from its own export or from a roster."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.errors import BadGradebook
from grader.records.report import Report
from grader.reports.gradebook import Entry, graded, is_verbatim, label, safe
from grader.reports.result import scaled, scaling
from grader.reports.table import Row, line_end, line_of, read_table

PERSON = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POINTS = "Points Possible"
TITLE_AND_ID = re.compile(r"(.*)\s\(([0-9]+)\)", re.DOTALL)
HANDS_OFF = {"EX": "is excused in Canvas.", "N/A": "is not assigned this in Canvas."}

Key = tuple[str, str]
Places = Mapping[Key, set[int]]
"""The rows that say of themselves what a key says."""


@dataclass(frozen=True)
class Column:
    """The assignment's place in an export, and the points to be had there, where there are any."""

    index: int
    maximum: float | None


def fill_gradebook(exported: str, assignment: str, entries: Iterable[Entry]) -> tuple[str, list[str]]:
    """The gradebook that Canvas exported, cut down to one assignment and those who have points; and what to know of it.

    `assignment` is its title or number. Canvas keeps what an import does not mention and sets what it does, so that a
    whole export would take back all that was graded there in the meantime. Raises BadGradebook where the column is
    missing, cannot be told from another or cannot be written: from a column that Canvas does not know it would make a
    new assignment.
    """
    table = read_table(exported)
    header = table.header.cells
    if "Section" not in header or not ("Student" in header[0] or header[:2] == ("LastName", "FirstName")):
        raise BadGradebook("The table is no gradebook of Canvas: its first columns do not say who the students are.")
    points = [row for row in table.rows if row.cells and POINTS in row.cells[0]]
    students = [row for row in table.rows if any(row.cells) and row not in points]
    column = column_of(header, points, assignment)
    kept = [*range(header.index("Section") + 1), column.index]
    found, remarks = graded(entries)
    places = places_of(header, students)
    matches = [(entry, report, match(entry, places)) for entry, report in found]
    times, grades, scales = Counter(place for *_, place in matches), dict[int, float](), list[str]()
    for entry, report, place in matches:
        if isinstance(place, str) or times[place] > 1:
            remarks.append(f"{label(entry)} {place if isinstance(place, str) else 'shares a row with somebody.'}")
            continue
        grade = grade_for(students[place], report, column)
        if isinstance(grade, str):
            remarks.append(f"{label(entry)} {grade}")
            continue
        grades[place] = grade
        if column.maximum is not None and column.maximum != report.max_score:
            scales.append(scaling(report.max_score, column.maximum))
    texts = [cut(row, kept, table.separator) for row in (table.header, *points)]
    texts += [cut(students[place], kept, table.separator, grade) for place, grade in sorted(grades.items())]
    return table.bom + "".join(texts), [*dict.fromkeys(scales), *remarks]


def column_of(header: Sequence[str], points: Sequence[Row], assignment: str) -> Column:
    wanted = assignment.strip()
    titles = {index: header[index].strip() for index in range(header.index("Section") + 1, len(header))}
    found = [index for index, title in titles.items() if wanted in ways_to_say(title)]
    if len(found) != 1:
        there = ", ".join(title for title in titles.values() if TITLE_AND_ID.fullmatch(title))
        says = "has several columns" if found else "has no column"
        raise BadGradebook(
            f"The gradebook {says} for the assignment {wanted!r}; its assignments are {there or 'none'}."
        )
    stated = points[0].cells[found[0]] if points else ""
    if "read only" in stated:
        raise BadGradebook(f"Canvas does not let anybody write into the column {header[found[0]]!r}.")
    return Column(found[0], number(stated))


def ways_to_say(title: str) -> set[str]:
    found = TITLE_AND_ID.fullmatch(title)
    return {title, found[1], found[2]} if found else {title}


def number(text: str) -> float | None:
    """As Canvas reads it: the last comma or point is the decimal separator. An assignment for no points has none."""
    *whole, last = re.split("[,.]", text.strip())
    plain = "".join(whole) + "." + last if whole else last
    return float(plain) or None if re.fullmatch(r"[0-9]*\.?[0-9]+", plain) else None


def places_of(header: Sequence[str], students: Sequence[Row]) -> Places:
    places = defaultdict[Key, set[int]](set)
    for place, row in enumerate(students):
        said = dict(zip(header, row.cells, strict=True))
        name = said.get("Student") or f"{said.get('FirstName', '')} {said.get('LastName', '')}"
        for kind in PERSON[1:-1]:
            places[kind, said.get(kind, "").strip().casefold()].add(place)
        places["name", full_name(name)].add(place)
    return places


def keys(entry: Entry) -> Iterator[Key]:
    yield "ID", entry.id.casefold()
    yield "SIS User ID", entry.id.casefold()
    yield "SIS Login ID", entry.email.casefold()
    yield "SIS Login ID", entry.id.casefold()
    yield "name", full_name(entry.name)


def full_name(name: str) -> str:
    """The same for `Lovelace, Ada` and `Ada Lovelace`."""
    last, _, first = name.partition(",")
    return " ".join(f"{first} {last}".split()).casefold()


def match(entry: Entry, places: Places) -> int | str:
    """The one row that is this person's, or why there is none, as the rest of a sentence."""
    hits = [places[key] for key in keys(entry) if key[1] and key in places]
    certain = {place for hit in hits if len(hit) == 1 for place in hit}
    if len(certain) == 1:
        return certain.pop()
    return "could be several people of the gradebook." if hits else "is not in the gradebook."


def grade_for(student: Row, report: Report, column: Column) -> float | str:
    """The points for this row, or why it gets none, as the rest of a sentence."""
    if reason := HANDS_OFF.get(student.cells[column.index].strip().upper()):
        return reason
    maximum = report.max_score if column.maximum is None else column.maximum
    points = scaled(report.score, report.max_score, maximum)
    return (
        f"has {report.score:g} of {report.max_score:g} points, which cannot be entered." if points is None else points
    )


def cut(row: Row, kept: Sequence[int], separator: str, grade: float | None = None) -> str:
    *person, last = (row.cells[index] for index in kept)
    return line_of([*person, last if grade is None else f"{grade:.2f}"], separator, line_end(row) or "\n")


def canvas_gradebook(entries: Iterable[Entry], title: str) -> tuple[str, list[str]]:
    """A gradebook for Canvas without an export of its own, by SIS numbers and logins; and who is not in it.

    `title` has to be the assignment's in Canvas, at best with its number in parentheses: Canvas makes a new assignment
    of any other.
    """
    found, remarks = graded(entries)
    rows, maximum = list[list[str]](), max((report.max_score for _, report in found), default=None)
    for entry, report in found:
        numbers = [value if is_verbatim(value) else "" for value in (entry.id, entry.email)]
        if any(numbers):
            rows.append([safe(entry.name), "", *numbers, "", f"{report.score:.2f}"])
        else:
            remarks.append(f"{label(entry)} has neither a number nor an address that a table can hold.")
    points = [f"    {POINTS}", "", "", "", "", "" if maximum is None else f"{maximum:.2f}"]
    return "".join(line_of(row) for row in ([*PERSON, title], points, *rows)), remarks
