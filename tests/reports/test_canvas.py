"""What Canvas' importer makes of our files: its rules are written here as a small reader."""

import csv
import io
import re
from dataclasses import dataclass

import pytest

from grader.errors import BadGradebook
from grader.records.report import Report
from grader.reports.canvas import canvas_gradebook, fill_gradebook
from grader.reports.gradebook import Entry

EXPORT = """Student,ID,SIS User ID,SIS Login ID,Section,Notes,HW 1 (17),HW 1 (18),"Final, ""big"" (19)",Current Score
,,,,,,,Manual Posting,,
    Points Possible,,,,,,14.00,100.00,0.00,(read only)
"Lovelace, Ada",1,0012,ada@b.c,One,a note,3.00,1.00,,50.00
"כהן, נועה",2,0013,noa@b.c,"One, and Two",,,2.00,,
"Smith, Al",3,,al,One,,EX,3.00,,
"Smith, Al",4,,AL2,One,,N/A,4.00,,
"""


@dataclass(frozen=True)
class Course:
    assignments: dict[str, str]
    """Titles by number."""
    students: dict[str, tuple[str, str, str]]
    """SIS number, login and sortable name, by number."""


COURSE = Course(
    {"17": "HW 1", "18": "HW 1", "19": 'Final, "big"'},
    {
        "1": ("0012", "ada@b.c", "Lovelace, Ada"),
        "2": ("0013", "noa@b.c", "כהן, נועה"),
        "3": ("", "al", "Smith, Al"),
        "4": ("", "AL2", "Smith, Al"),
    },
)


def separator_of(text: str) -> str:
    """The one that gives the first lines the same number of cells, and more of them."""
    lines = text.splitlines()[:3]
    widths = {one: {len(next(csv.reader([line], delimiter=one))) for line in lines} for one in ",;"}
    comma, semicolon = (max(widths[one]) if len(widths[one]) == 1 else 0 for one in ",;")
    return ";" if semicolon > comma else ","


def student_of(cells: dict[str, str], course: Course) -> str:
    name = cells.get("Student") or f"{cells['FirstName']} {cells['LastName']}"
    sis, login = cells.get("SIS User ID"), cells.get("SIS Login ID")
    people = course.students.items()
    found = [number for number in course.students if number == cells["ID"]]
    found += [number for number, person in people if person[0] != "" and person[0] == sis]
    found += [number for number, person in people if person[1] == login]
    found += [number for number, person in people if name in (person[2], " ".join(reversed(person[2].split(", "))))]
    return found[0]


def assignment_of(header: str, course: Course) -> str:
    number = re.fullmatch(r"(.*)\s\((\d+)\)", header)
    if number and number[2] in course.assignments:
        return number[2]
    return next(number for number, title in course.assignments.items() if title == header)


def canvas_imports(text: str, course: Course) -> dict[tuple[str, str], str]:
    """Points by assignment and student; an assignment or a student that Canvas would have to make is an error here."""
    plain = text.removeprefix("\ufeff")
    header, *rows = csv.reader(io.StringIO(plain, newline=""), delimiter=separator_of(plain))
    split = header[:2] == ["LastName", "FirstName"]
    assert split or ("Student" in header[0] and "ID" in header[1])
    first = (4 if split else 3) + len({"SIS User ID", "SIS Login ID"} & set(header))
    assert header[first - 1] == "Section", "Canvas refuses the whole file"
    found = {}
    for row in rows:
        if "Points Possible" in row[0] or all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell) for cell in row):
            continue
        student = student_of(dict(zip(header, row, strict=True)), course)
        for title, cell in list(zip(header, row, strict=True))[first:]:
            *whole, last = re.split("[,.]", cell)
            found[assignment_of(title, course), student] = "".join(whole) + "." + last if whole else last
    return found


def people(report: Report) -> list[Entry]:
    return [
        Entry("ada@b.c", "Ada L.", "0012", "", report=report),
        Entry("NOA@b.c", "נועה כהן", "", "", report=report.model_copy(update={"score": 14})),
    ]


@pytest.mark.parametrize("assignment", ["17", "HW 1 (17)", " 17 "])
def test_canvas_reads_the_points_of_those_who_have_some_into_the_one_assignment(
    report: Report, assignment: str
) -> None:
    text, remarks = fill_gradebook(EXPORT, assignment, people(report))

    assert canvas_imports(text, COURSE) == {("17", "1"): "2.00", ("17", "2"): "14.00"}
    assert remarks == []


def test_nothing_else_of_the_export_goes_back(report: Report) -> None:
    text, _ = fill_gradebook(EXPORT, "17", people(report))

    assert text == (
        "Student,ID,SIS User ID,SIS Login ID,Section,HW 1 (17)\n"
        "    Points Possible,,,,,14.00\n"
        '"Lovelace, Ada",1,0012,ada@b.c,One,2.00\n'
        '"כהן, נועה",2,0013,noa@b.c,"One, and Two",14.00\n'
    )


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_export_may_have_the_look_of_any_country(report: Report, bom: str, separator: str, end: str) -> None:
    table = io.StringIO(newline="")
    decimal = "," if separator == ";" else "."
    rows = [[re.sub(r"(?<=\d)\.(?=\d)", decimal, cell) for cell in row] for row in csv.reader(io.StringIO(EXPORT))]
    csv.writer(table, delimiter=separator, lineterminator=end).writerows(rows)

    text, remarks = fill_gradebook(bom + table.getvalue(), "18", people(report))

    assert canvas_imports(text, COURSE) == {("18", "1"): "14.29", ("18", "2"): "100.00"}
    assert remarks == ["Points out of 14 are scaled to the maximum there, which is 100."]
    assert text.startswith(f"{bom}Student{separator}ID{separator}")
    assert text.count(end) == text.count("\n")


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("HW 1", "several columns for the assignment 'HW 1'; its assignments are HW 1 \\(17\\)"),
        ("HW 2", "no column for the assignment 'HW 2'"),
        ("7", "no column"),
        ("", "no column for the assignment ''"),
        ("Section", "no column"),
        ("Current Score", "does not let anybody write"),
    ],
)
def test_no_assignment_is_made_up(report: Report, assignment: str, sentence: str) -> None:
    with pytest.raises(BadGradebook, match=sentence):
        fill_gradebook(EXPORT, assignment, people(report))


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "Identifier,Full name,Section\n1,2,3\n", "Student,ID\n1,2\n"])
def test_another_table_is_refused(report: Report, text: str) -> None:
    with pytest.raises(BadGradebook, match="no gradebook of Canvas"):
        fill_gradebook(text, "17", people(report))


@pytest.mark.parametrize(
    ("entry", "student"),
    [
        (Entry("", "", "2", ""), "2"),
        (Entry("", "", "0012", ""), "1"),
        (Entry("ada@b.c", "", "", ""), "1"),
        (Entry("other@b.c", "", "al2", ""), "4"),
        (Entry("ADA@B.C", "", "", ""), "1"),
        (Entry("", "Lovelace, Ada", "", ""), "1"),
        (Entry("", " ada  lovelace", "", ""), "1"),
        (Entry("al2", "Al Smith", "", ""), "4"),
    ],
)
def test_a_person_is_known_by_any_of_what_canvas_has(report: Report, entry: Entry, student: str) -> None:
    with_report = Entry(entry.email, entry.name, entry.id, "", report=report)

    text, remarks = fill_gradebook(EXPORT, "18", [with_report])

    assert canvas_imports(text, COURSE) == {("18", student): "14.29"}
    assert remarks == ["Points out of 14 are scaled to the maximum there, which is 100."]


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (Entry("x@b.c", "X", "9", ""), "x@b.c is not in the gradebook."),
        (Entry("", "Al Smith", "", ""), "Al Smith could be several people"),
        (Entry("ada@b.c", "", "2", ""), "ada@b.c could be several people"),
        (Entry("al", "", "", ""), "al is excused in Canvas."),
        (Entry("al2", "", "", ""), "al2 is not assigned this in Canvas."),
    ],
)
def test_who_is_not_certain_or_not_to_be_graded_is_named(report: Report, entry: Entry, sentence: str) -> None:
    with_report = Entry(entry.email, entry.name, entry.id, "", report=report)

    text, remarks = fill_gradebook(EXPORT, "17", [with_report])

    assert canvas_imports(text, COURSE) == {}
    assert len(remarks) == 1
    assert sentence in remarks[0]


def test_two_people_do_not_share_a_row(report: Report) -> None:
    text, remarks = fill_gradebook(EXPORT, "17", [*people(report), Entry("ada@b.c", "", "", "", report=report)])

    assert set(canvas_imports(text, COURSE)) == {("17", "2")}
    assert remarks == ["ada@b.c shares a row with somebody."] * 2


def test_who_has_no_points_is_named(report: Report) -> None:
    failed = report.model_copy(update={"status": "failed"})

    text, remarks = fill_gradebook(
        EXPORT, "17", [Entry("ada@b.c", "", "", ""), Entry("noa@b.c", "", "", "", report=failed)]
    )

    assert canvas_imports(text, COURSE) == {}
    assert remarks[0] == "ada@b.c has no result."
    assert "noa@b.c has no points" in remarks[1]


def test_an_assignment_for_no_points_takes_points_as_they_are(report: Report) -> None:
    text, remarks = fill_gradebook(EXPORT, 'Final, "big"', people(report))

    assert canvas_imports(text, COURSE) == {("19", "1"): "2.00", ("19", "2"): "14.00"}
    assert remarks == []


def test_an_export_may_have_two_columns_for_names(report: Report) -> None:
    export = "LastName,FirstName,ID,SIS Login ID,Section,HW 1 (17)\nLovelace,Ada,1,x,One,\n"

    text, _ = fill_gradebook(export, "17", [Entry("", "Ada Lovelace", "", "", report=report)])

    assert canvas_imports(text, COURSE) == {("17", "1"): "2.00"}


@pytest.mark.parametrize("title", ["HW 1 (17)", 'Final, "big"'])
def test_without_an_export_people_are_known_by_number_and_login(report: Report, title: str) -> None:
    entries = [*people(report), Entry("al", "=1+1", "", "", report=report), Entry("x@b.c", "X", "", "")]

    text, remarks = canvas_gradebook(entries, title)

    number = "17" if "17" in title else "19"
    assert canvas_imports(text, COURSE) == {(number, "1"): "2.00", (number, "2"): "14.00", (number, "3"): "2.00"}
    assert text.splitlines()[1] == "    Points Possible,,,,,14.00"
    assert "'=1+1,,,al,," in text
    assert remarks == ["x@b.c has no result."]


def test_an_identity_that_a_spreadsheet_could_run_is_not_written(report: Report) -> None:
    entries = [Entry("=HYPERLINK(1)@b", "A", "0012", "", report=report), Entry("@SUM(1)", "B", "=1", "", report=report)]

    text, remarks = canvas_gradebook(entries, "HW 1 (17)")

    assert canvas_imports(text, COURSE) == {("17", "1"): "2.00"}
    assert "=" not in text
    assert len(remarks) == 1
    assert "neither a number nor an address" in remarks[0]
