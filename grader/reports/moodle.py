"""Grades and feedback back to Moodle: the worksheet and the zip of an assignment, and a table for the gradebook."""

import io
import re
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from grader.errors import BadGradebook
from grader.records.rubric import Visibility
from grader.reports.feedback import feedback
from grader.reports.gradebook import Entry, graded, is_verbatim, label, safe
from grader.reports.result import Result, scaled, scaling
from grader.reports.table import Row, line_end, line_of, read_table
from grader.reports.view import ALWAYS
from grader.text import one_line, printable, storable

NAMES = {
    "Identifier": ("Identifier", "מזהה", "מספר מזהה"),
    "Grade": ("Grade", "ציון", "ציונים"),
    "Maximum Grade": ("Maximum Grade", "Maximum grade", "ציון מירבי"),
    "Grade can be changed": ("Grade can be changed", "הציון ניתן לשינוי"),
    "Feedback comments": ("Feedback comments", "הערות למשוב"),
    "Group": ("Group", "קבוצה"),
    "No": ("No", "לא"),
}
"""What worksheets say, by what they say in English; language packs have changed their minds over time."""
NEEDED = ("Identifier", "Grade", "Maximum Grade", "Grade can be changed")

PARTICIPANT = re.compile(r"([0-9]+)\s*$")
NOT_IN_FILE_NAMES = re.compile(r"[\x00-\x1f\x7f&<>\"`|':\\/]")
SUBMITTED = re.compile(r"(?P<folder>[^_/\\]*_(?P<number>[0-9]+)_assignsubmission_file)(?P<rest>_[^/\\]*)?/?")
PAGE = "feedback.html"
LONG_AGO, UNIX = (1980, 1, 1, 0, 0, 0), 3


@dataclass(frozen=True)
class Sheet:
    """How one worksheet is to be read."""

    columns: Mapping[str, int]
    """By their English names."""
    no: Collection[str]
    decimal: str


def fill_worksheet(
    worksheet: str,
    results: Mapping[str, Result],
    teams: Mapping[str, Result] | None = None,
    decimal: str = ".",
    headers: Mapping[str, str] | None = None,
) -> tuple[str, list[str]]:
    """The worksheet that was downloaded from an assignment, with grades and feedback; and what to know of it.

    `results` are by the number at the end of `Identifier`, `teams` by the name in `Group`. `decimal` is the separator of
    the site. `headers` gives the site's words for those of `NAMES`, where it speaks neither English nor Hebrew. Rows
    that are not filled are returned as they came. Raises BadGradebook where a needed column cannot be found.
    """
    table = read_table(worksheet)
    sheet = sheet_of(table.header, headers or {}, decimal)
    of_teams = {file_name(name): result for name, result in (teams or {}).items()}
    if len(of_teams) < len(teams or {}) or "" in of_teams:
        raise BadGradebook("A team cannot be told from others by what a download keeps of its name.")
    texts, remarks, scales = [table.bom, table.header.text], list[str](), list[str]()
    met = set[tuple[str, str]]()
    for row in table.rows:
        if not any(row.cells):
            texts.append(row.text)
            continue
        who = one_line(cell(row, sheet, "Identifier"))
        person, team = participant(who), file_name(cell(row, sheet, "Group"))
        met |= {("participant", person), ("team", team)}
        result = results.get(person) or of_teams.get(team)
        grade = grade_for(row, result, sheet)
        if result is None or isinstance(grade, str):
            remarks.append(f"{who} {grade}")
            texts.append(row.text)
            continue
        maximum = number(cell(row, sheet, "Maximum Grade"), decimal)
        if maximum is not None and maximum != result.max_score:
            scales.append(scaling(result.max_score, maximum))
        texts.append(line_of(filled(row, result, grade, sheet), table.separator, line_end(row)))
    wanted = [*(("participant", key) for key in results), *(("team", key) for key in of_teams)]
    remarks += [
        f"The worksheet has no row for {kind} {one_line(key)}." for kind, key in wanted if (kind, key) not in met
    ]
    if "Feedback comments" not in sheet.columns:
        remarks.append("The worksheet has no column for feedback comments, so only grades are filled in.")
    return "".join(texts), [*dict.fromkeys(scales), *remarks]


def sheet_of(header: Row, headers: Mapping[str, str], decimal: str) -> Sheet:
    names = NAMES | {name: (word,) for name, word in headers.items()}
    # the last of two columns of one name is the one that Moodle reads
    columns = {
        name: index
        for index, title in enumerate(header.cells)
        for name, words in names.items()
        if title.strip() in words
    }
    if missing := [name for name in NEEDED if name not in columns]:
        raise BadGradebook(
            f"The worksheet has no column for {', '.join(missing)}: it is no grading worksheet of an assignment with "
            f"points, or its language is neither English nor Hebrew and its words have to be given."
        )
    return Sheet(columns, names["No"], decimal)


def grade_for(row: Row, result: Result | None, sheet: Sheet) -> float | str:
    """The grade for this row, or why it gets none, as the rest of a sentence."""
    if result is None:
        return "has no result."
    if cell(row, sheet, "Grade can be changed").strip() in sheet.no:
        return "is locked in Moodle."
    stated = cell(row, sheet, "Maximum Grade")
    maximum = number(stated, sheet.decimal)
    if maximum is None:
        return f"has the maximum grade {stated!r}, which is no number where {sheet.decimal!r} is the decimal separator."
    points = scaled(result.score, result.max_score, maximum)
    if points is None:
        return f"has {result.score:g} of {result.max_score:g} points, which are no grade from 0 to {maximum:g}."
    return points


def filled(row: Row, result: Result, grade: float, sheet: Sheet) -> Sequence[str]:
    cells = list(row.cells)
    cells[sheet.columns["Grade"]] = decimals(grade, sheet.decimal)
    if result.feedback and "Feedback comments" in sheet.columns:
        cells[sheet.columns["Feedback comments"]] = as_html(result.feedback)
    return cells


def cell(row: Row, sheet: Sheet, name: str) -> str:
    return row.cells[sheet.columns[name]] if name in sheet.columns else ""


def participant(identifier: str) -> str:
    """The number after a word of any language."""
    found = PARTICIPANT.search(identifier)
    return found[1] if found else ""


def file_name(group: str) -> str:
    """A group's name, as far as it survives in the names of a download."""
    return " ".join(NOT_IN_FILE_NAMES.sub("", group.replace("_", " ")).split())


def number(text: str, decimal: str) -> float | None:
    plain = "".join(text.split()).replace(decimal, ".")
    return float(plain) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", plain) else None


def decimals(value: float, decimal: str) -> str:
    return f"{value:.2f}".replace(".", decimal)


def as_html(text: str) -> str:
    """Moodle takes comments for HTML. What quotation marks and backslashes do to its reader of CSV cannot happen here."""
    return f"<p>{'<br>'.join(escape(line) for line in printable(text).splitlines())}</p>"


def feedback_zip(pages: Mapping[str, str]) -> bytes:
    """A zip for "Upload multiple feedback files in a zip", with a page for each submission.

    The keys are names of folders or files as in the zip of all submissions. The same pages give the same bytes. Raises
    BadGradebook where Moodle would not know whose page it is.
    """
    files, numbers = dict[str, str](), set[int]()
    for key, page in pages.items():
        found = SUBMITTED.fullmatch(storable(key))
        if found is None:
            raise BadGradebook(
                f"Moodle cannot tell whose {one_line(key)} is: it is not like `<name>_<number>_assignsubmission_file`."
            )
        if int(found["number"]) in numbers:
            raise BadGradebook(f"There are two pages of feedback for number {found['number']}.")
        numbers.add(int(found["number"]))
        # a file that stood beside the others gets a folder in the spelling that every version of Moodle reads
        files[f"{found['folder']}{'_' if found['rest'] else ''}/{PAGE}"] = storable(page)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, page in sorted(files.items()):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.create_system, entry.external_attr = UNIX, 0o644 << 16
            archive.writestr(entry, page.encode(), zipfile.ZIP_DEFLATED)
    return data.getvalue()


def moodle_gradebook(
    entries: Iterable[Entry], title: str, shown: Collection[Visibility] = ALWAYS, decimal: str = "."
) -> tuple[str, list[str]]:
    """A table for the gradebook's import of CSV, mapped by email address or ID number; and who is not in it.

    Moodle clears the grade of a row without one, and gives up at a person it does not know: only those with points and a
    sound address are in it. The item there has to have the report's `max_score` as its maximum.
    """
    found, remarks = graded(entries)
    known = [(entry, report) for entry, report in found if is_verbatim(entry.email)]
    remarks += [
        f"{label(entry)} has no address that a table can hold." for entry, _ in found if not is_verbatim(entry.email)
    ]
    # a blank ID number would be read as that of the row above
    ids = {entry.id for entry, _ in known if is_verbatim(entry.id)}
    numbered = len(ids) == len(known)
    if not numbered:
        remarks.append(
            "There is no column for ID numbers, because not everybody has one of their own that it can hold."
        )
    header = ["Email address", "ID number", "Full name", title, f"{title} (feedback)"]
    rows = [
        [entry.email, entry.id, safe(entry.name), decimals(report.score, decimal), as_html(feedback(report, shown))]
        for entry, report in known
    ]
    table = [header, *rows] if numbered else [[row[0], *row[2:]] for row in (header, *rows)]
    return "".join(line_of(row) for row in table), remarks
