"""What Moodle's importers make of our files: their rules are written here as small readers."""

import io
import re
import zipfile
from collections.abc import Iterator
from html import unescape

import pytest

from grader.errors import BadGradebook
from grader.records.report import Report
from grader.reports.gradebook import Entry
from grader.reports.moodle import feedback_zip, fill_worksheet, moodle_gradebook
from grader.reports.result import Result

ENGLISH = (
    "Identifier,Full name,Email address,Status,Group,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
)
HEBREW = (
    "מספר מזהה,שם מלא,כתובת דואר אלקטרוני,מצב,קבוצה,ציונים,ציון מירבי,הציון ניתן לשינוי,"
    "עדכון אחרון (הגשה),תאריך שינוי אחרון (ציון),הערות למשוב"
)
OLD_HEBREW = HEBREW.replace("מספר מזהה", "מזהה").replace("ציונים", "ציון")
LATE = "Sunday, 1 March 2026, 9:00 AM"
QUOTED = '"100,00"'

Imported = dict[str, tuple[str, str]]
"""Grade and feedback by number, where Moodle takes the grade."""


def php_rows(text: str, separator: str = ",") -> Iterator[list[str]]:
    """PHP's `fgetcsv`: within quotes a backslash keeps the next quote from ending the cell."""
    row, cell, quoted, position = list[str](), "", False, 0
    while position < len(text):
        here, position = text[position], position + 1
        if quoted and here == "\\":
            cell, position = cell + here + text[position : position + 1], position + 1
        elif quoted and here == '"' and text[position : position + 1] == '"':
            cell, position = cell + '"', position + 1
        elif here == '"' and (quoted or not cell):
            quoted = not quoted
        elif not quoted and here == separator:
            row, cell = [*row, cell], ""
        elif not quoted and here == "\n":
            yield [*row, cell]
            row, cell = [], ""
        else:
            cell += here
    if row or cell:
        yield [*row, cell]


def moodle_imports(text: str, words: str, prefix: str, decimal: str = ".", maximum: float = 100) -> Imported:
    """The import of the offline grading worksheet; `words` is the site's header, `prefix` its word for a participant."""
    identifier, *_ = localised = words.split(",")
    grade, feedback = localised[5], localised[-1]
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    header, *rows = [row for row in php_rows(lines) if row != [""]]
    assert {len(row) for row in rows} <= {len(header)}, "Moodle refuses the whole file"
    columns = {title: index for index, title in enumerate(header)}
    taken = Imported()
    for row in rows:
        number, points = row[columns[identifier]][len(prefix) :], row[columns[grade]].replace(decimal, ".")
        if points != "" and 0 <= float(points) <= maximum:
            taken[number] = points, row[columns[feedback]]
    return taken


def row(identifier: str, name: str = "Ada", maximum: str = "100.00", changeable: str = "Yes", group: str = "") -> str:
    return f'{identifier},{name},a@b.c,Submitted,{group},,{maximum},{changeable},"{LATE}",-,'


@pytest.mark.parametrize(
    ("words", "prefix"),
    [(ENGLISH, "Participant "), (HEBREW, "משתתף:"), (OLD_HEBREW, "משתתף:"), (ENGLISH, "Participant ٣")],
)
def test_moodle_reads_the_grades_and_comments_of_those_who_have_some(words: str, prefix: str) -> None:
    names = ["נועה כהן", '"Lovelace, Ada ""the first"""', '"two\nlines"', "=1+1"]
    sheet = "\n".join([words, *(row(f"{prefix}{101 + n}", name) for n, name in enumerate(names))]) + "\n"

    text, remarks = fill_worksheet(
        sheet, {"101": Result(71.5, 100, 'Half,\n"right"'), "102": Result(0, 100, "ריק"), "104": Result(100, 100)}
    )

    found = moodle_imports(text, words, prefix)
    assert {number: float(grade) for number, (grade, _) in found.items()} == {"101": 71.5, "102": 0, "104": 100}
    assert unescape(found["101"][1]) == '<p>Half,<br>"right"</p>'
    assert found["102"][1] == "<p>ריק</p>"
    assert remarks == [f"{prefix}103 has no result."]


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_whatever_is_not_filled_stays_as_it_was(bom: str, separator: str, end: str) -> None:
    lines = [
        ENGLISH,
        '"Participant 2","Z",a,b,c,3.00,100.00,"Yes",d,e,old',
        "",
        row("Participant 1", "A"),
        ",,,,,,,,,,",
    ]
    sheet = bom + end.join(line.replace(",", separator) for line in lines)

    text, _ = fill_worksheet(sheet, {"1": Result(50, 100)})

    assert text == sheet.replace(f"{separator * 2}100.00", f"{separator}50.00{separator}100.00")


@pytest.mark.parametrize(
    ("line", "results", "sentence"),
    [
        (row("Participant 1", changeable="No"), {"1": Result(1, 100)}, "Participant 1 is locked in Moodle."),
        (row("משתתף:1", changeable="לא"), {"1": Result(1, 100)}, "משתתף:1 is locked in Moodle."),
        (row("Participant 1"), {}, "Participant 1 has no result."),
        (row("Participant 11"), {"1": Result(1, 100)}, "The worksheet has no row for participant 1."),
        (row("Participant 1"), {"1": Result(101, 100)}, "Participant 1 has 101 of 100 points"),
        (
            row("Participant 1", maximum=QUOTED),
            {"1": Result(1, 100)},
            "no number where '.' is the decimal separator",
        ),
    ],
)
def test_who_is_not_filled_in_is_named_with_the_reason(line: str, results: dict[str, Result], sentence: str) -> None:
    sheet = f"{ENGLISH}\n{line}\n"

    text, remarks = fill_worksheet(sheet, results)

    assert text == sheet
    assert any(sentence in remark for remark in remarks)


def test_points_are_scaled_to_the_maximum_there_and_it_is_said_once() -> None:
    sheet = "\n".join([ENGLISH, *(row(f"Participant {n}", maximum="20.00") for n in (1, 2))])

    text, remarks = fill_worksheet(sheet, {"1": Result(71.5, 100), "2": Result(100, 100)})

    assert moodle_imports(text, ENGLISH, "Participant ", maximum=20) == {"1": ("14.30", ""), "2": ("20.00", "")}
    assert remarks == ["Points out of 100 are scaled to the maximum there, which is 20."]


def test_a_site_may_write_commas_in_numbers() -> None:
    sheet = f"{ENGLISH}\n{row('Participant 1', maximum=QUOTED)}\n"

    text, remarks = fill_worksheet(sheet, {"1": Result(71.5, 100)}, decimal=",")

    assert '"71,50"' in text
    assert moodle_imports(text, ENGLISH, "Participant ", decimal=",")["1"][0] == "71.50"
    assert remarks == []


def test_teams_are_found_by_what_a_download_keeps_of_their_names() -> None:
    people = [
        row(f"Participant {n}", group=group) for n, group in ((1, "Red: team_1"), (2, "Red: team_1"), (3, ""), (7, "3"))
    ]

    text, remarks = fill_worksheet(
        "\n".join([ENGLISH, *people]), {"3": Result(3, 100)}, {"Red team 1": Result(9, 100), "Blue": Result(1, 100)}
    )

    grades = {number: float(grade) for number, (grade, _) in moodle_imports(text, ENGLISH, "Participant ").items()}
    assert grades == {"1": 9, "2": 9, "3": 3}
    assert remarks == ["Participant 7 has no result.", "The worksheet has no row for team Blue."]


@pytest.mark.parametrize("names", [("A B", "A_B"), ("A:B", "AB"), (":",)])
def test_teams_that_cannot_be_told_apart_get_nothing(names: tuple[str, ...]) -> None:
    with pytest.raises(BadGradebook, match="cannot be told from others"):
        fill_worksheet(f"{ENGLISH}\n{row('Participant 1')}", {}, {name: Result(1, 2) for name in names})


@pytest.mark.parametrize("text", ["ends in \\", 'say \\"so\\"', "=1+1", "a\nb, c", "<script>x</script>", "\x00\ud800"])
def test_no_text_of_a_student_breaks_or_forges_a_comment(text: str) -> None:
    sheet = f"{ENGLISH}\n{row('Participant 1')}\n{row('Participant 2')}\n"

    filled, _ = fill_worksheet(sheet, {"1": Result(1, 100, text), "2": Result(2, 100, "second")})

    found = moodle_imports(filled, ENGLISH, "Participant ")
    assert found["2"] == ("2.00", "<p>second</p>")
    assert re.fullmatch(r"<p>([^<>\"\x00]|<br>)+</p>", found["1"][1])
    filled.encode()


def test_a_result_without_a_text_leaves_the_old_comment() -> None:
    text, _ = fill_worksheet(f"{ENGLISH}\n{row('Participant 1')}old", {"1": Result(1, 100)})

    assert moodle_imports(text, ENGLISH, "Participant ") == {"1": ("1.00", "old")}


def test_a_worksheet_without_comments_gets_grades() -> None:
    header = ENGLISH.removesuffix(",Feedback comments")

    text, remarks = fill_worksheet(f"{header}\n{row('Participant 1').removesuffix(',')}", {"1": Result(1, 100, "x")})

    assert ",1.00,100.00," in text
    assert "no column for feedback comments" in remarks[0]


def test_of_two_columns_of_one_name_moodles_own_is_filled() -> None:
    sheet = f"{ENGLISH.replace('Email address', 'Grade')}\n{row('Participant 1')}\n"

    text, _ = fill_worksheet(sheet, {"1": Result(1, 100)})

    assert moodle_imports(text, ENGLISH, "Participant ")["1"][0] == "1.00"
    assert ",a@b.c," in text


GERMAN = {
    "Identifier": "ID",
    "Grade": "Bewertung",
    "Maximum Grade": "Bestwertung",
    "Grade can be changed": "Bewertung kann geändert werden",
    "No": "Nein",
}


def test_other_languages_are_given_by_name() -> None:
    header = ENGLISH
    for name, word in GERMAN.items():
        header = re.sub(f"(^|,){name}(?=,)", rf"\1{word}", header)
    lines = [header, row("Teilnehmer/in1"), row("Teilnehmer/in2", changeable="Nein")]

    with pytest.raises(BadGradebook, match="Identifier, Grade, Maximum Grade, Grade can be changed"):
        fill_worksheet("\n".join(lines), {})
    text, remarks = fill_worksheet("\n".join(lines), {"1": Result(1, 100), "2": Result(2, 100)}, headers=GERMAN)

    assert moodle_imports(text, header, "Teilnehmer/in") == {"1": ("1.00", "")}
    assert remarks == ["Teilnehmer/in2 is locked in Moodle."]


# --- feedback files ---


def moodle_unzips(data: bytes, version: float) -> dict[int, tuple[str, str]]:
    """Whose each file of a feedback zip is, and what it will be called; before 4.1 five parts were needed."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            first, *rest = entry.filename.split("/")
            info = first.split("_", 4)
            if (
                len(info) < (4 if version >= 4.1 else 5)
                or not info[1].isdecimal()
                or info[2:4] != ["assignsubmission", "file"]
            ):
                continue
            path = "/".join([*info[4:], *rest])
            found[int(info[1])] = path.rpartition("/")[2], archive.read(entry).decode()
    return found


@pytest.mark.parametrize(
    ("key", "versions"),
    [
        ("נועה כהן_17_assignsubmission_file", [4.1]),
        ("Ada Lovelace_17_assignsubmission_file_", [3.9, 4.1]),
        ("Ada Lovelace_17_assignsubmission_file_/", [3.9, 4.1]),
        ("Ada Lovelace_17_assignsubmission_file_my_work.ipynb", [3.9, 4.1]),
        ("Participant_17_assignsubmission_file_", [3.9, 4.1]),
    ],
)
def test_moodle_knows_whose_page_it_is(key: str, versions: list[float]) -> None:
    data = feedback_zip({key: "<p>ש</p>"})

    assert [moodle_unzips(data, version) for version in versions] == [{17: ("feedback.html", "<p>ש</p>")}] * len(
        versions
    )


def test_a_folder_keeps_its_name() -> None:
    with zipfile.ZipFile(io.BytesIO(feedback_zip({"נועה_1_assignsubmission_file": "x"}))) as archive:
        assert archive.namelist() == ["נועה_1_assignsubmission_file/feedback.html"]
        assert archive.infolist()[0].flag_bits & 0x800, "a reader may not take the name for UTF-8"


def test_the_same_pages_are_the_same_bytes_at_any_time() -> None:
    pages = {f"Ada_{n}_assignsubmission_file_": "x" * n for n in range(3)}

    assert feedback_zip(pages) == feedback_zip(dict(reversed(pages.items())))
    with zipfile.ZipFile(io.BytesIO(feedback_zip(pages))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    "key",
    [
        "Ada",
        "Ada_x_assignsubmission_file",
        "Ada_1_assignsubmission_onlinetext",
        "../Ada_1_assignsubmission_file",
        "A_da_1_assignsubmission_file",
        "Ada_1_assignsubmission_file_/../../x",
        "Ada_1_assignsubmission_files",
    ],
)
def test_a_page_that_would_be_nobodys_is_refused(key: str) -> None:
    with pytest.raises(BadGradebook, match="Moodle cannot tell whose"):
        feedback_zip({key: ""})


@pytest.mark.parametrize(
    "other", ["Ada_1_assignsubmission_file_b.ipynb", "Ada_1_assignsubmission_file", "Bo_01_assignsubmission_file"]
)
def test_two_pages_for_one_are_refused(other: str) -> None:
    with pytest.raises(BadGradebook, match="two pages"):
        feedback_zip({"Ada_1_assignsubmission_file_a.ipynb": "", other: ""})


# --- the gradebook ---


def moodle_gradebook_imports(text: str, mapped_by: str, known: dict[str, int]) -> dict[int, tuple[float, str]]:
    """The gradebook's import of CSV: one unknown person ends it, and a blank identity is that of the row above."""
    header, *rows = php_rows(text)
    person, found = 0, {}
    for line in rows:
        cells = dict(zip(header, line, strict=True))
        if cells[mapped_by]:
            person = known[cells[mapped_by]]
        found[person] = float(cells["HW 1"]), cells["HW 1 (feedback)"]
    return found


def test_moodles_gradebook_reads_points_by_address_or_number(report: Report) -> None:
    people = [
        Entry("a@b.c", "כהן, נועה", "0012", "t", report=report),
        Entry("d+e@b.c", "=1+1", "+7", "t", report=report),
    ]

    text, remarks = moodle_gradebook([*people, Entry("f@b.c", "F", "3", "")], "HW 1")

    by_address = moodle_gradebook_imports(text, "Email address", {"a@b.c": 1, "d+e@b.c": 2})
    assert {person: grade for person, (grade, _) in by_address.items()} == {1: 2, 2: 2}
    assert moodle_gradebook_imports(text, "ID number", {"0012": 1, "+7": 2}) == by_address
    assert by_address[1][1].startswith("<p>2 of 9 automatic points")
    assert ",'=1+1," in text
    assert remarks == ["f@b.c has no result."]


@pytest.mark.parametrize("numbers", [("1", ""), ("1", "1"), ("1", "=1+1")])
def test_there_is_no_column_of_numbers_that_could_be_somebody_elses(report: Report, numbers: tuple[str, str]) -> None:
    people = [Entry(f"{n}@b.c", "A", number, "", report=report) for n, number in enumerate(numbers)]

    text, remarks = moodle_gradebook(people, "HW 1")

    assert "ID number" not in text
    assert len(moodle_gradebook_imports(text, "Email address", {"0@b.c": 1, "1@b.c": 2})) == 2
    assert "no column for ID numbers" in remarks[0]


@pytest.mark.parametrize("email", ["=cmd|' /c calc'!a@b.c", "@SUM(1)@b.c", ""])
def test_an_address_that_a_spreadsheet_could_run_is_left_out_and_named(report: Report, email: str) -> None:
    text, remarks = moodle_gradebook([Entry(email, "A", "1", "", report=report)], "HW 1")

    assert text.count("\n") == 1
    assert "no address that a table can hold" in remarks[0]


def test_a_failed_grading_is_no_grade(report: Report) -> None:
    broken = report.model_copy(update={"status": "failed", "score": 0})

    text, remarks = moodle_gradebook([Entry("a@b.c", "A", "1", "", report=broken)], "HW 1")

    assert text.count("\n") == 1
    assert "no fault of theirs" in remarks[0]
