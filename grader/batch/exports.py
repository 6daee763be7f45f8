"""What goes back to a learning platform: its own tables filled in, and a page for each student."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.batch.keep import FEEDBACK
from grader.batch.result import Result
from grader.records.report import Report
from grader.records.rubric import Rubric
from grader.reports.canvas import fill_gradebook
from grader.reports.gradebook import Entry, gradebook
from grader.reports.junit import junit_xml
from grader.reports.moodle import NAMES, SUBMITTED, feedback_zip, fill_worksheet
from grader.reports.result import Result as Points
from grader.reports.result import result_of
from grader.reports.table import read_table

GRADEBOOK, JUNIT = "gradebook.csv", "junit.xml"
MOODLE_FEEDBACK, MOODLE_WORKSHEET, CANVAS = "moodle-feedback.zip", "moodle-worksheet.csv", "canvas-gradebook.csv"


@dataclass(frozen=True)
class Platform:
    """What a learning platform gave to be filled in; "" for nothing."""

    moodle_worksheet: str = ""
    decimal: str = "."
    """What stands between the digits of the worksheet's numbers."""
    canvas_gradebook: str = ""
    canvas_assignment: str = ""
    """The assignment's title or number there."""


def look_at(platform: Platform, rubric: Rubric) -> None:
    """Raises BadGradebook where a table is not what it should be: before hours are spent on what goes into it."""
    if platform.moodle_worksheet:
        worksheet((), platform)
    if platform.canvas_gradebook:
        fill_gradebook(platform.canvas_gradebook, platform.canvas_assignment or rubric.title, ())


def exports(
    results: Sequence[Result], rubric: Rubric, output: Path, platform: Platform
) -> tuple[dict[str, bytes], list[str]]:
    """Files by their names, and sentences about those who are not in them. Pages are read from `output`.

    Raises BadGradebook where a table is not what it should be.
    """
    everybody = sorted(results, key=lambda result: result.handed.key)
    reports = {result.handed.key: result.report for result in everybody if result.report}
    entries = [entry_of(result) for result in everybody]
    files = {
        GRADEBOOK: gradebook(entries, [item.id for item in rubric.items]).encode(),
        JUNIT: junit_xml(reports).encode(),
    }
    remarks: list[str] = []
    if pages := moodle_pages(everybody, output):
        files[MOODLE_FEEDBACK] = feedback_zip(pages)
    if platform.moodle_worksheet:
        text, said = worksheet(everybody, platform)
        files[MOODLE_WORKSHEET], remarks = text.encode(), [*remarks, *said]
    if platform.canvas_gradebook:
        text, said = fill_gradebook(platform.canvas_gradebook, platform.canvas_assignment or rubric.title, entries)
        files[CANVAS], remarks = text.encode(), [*remarks, *said]
    if platform.moodle_worksheet or platform.canvas_gradebook:
        remarks = [*remarks, *open_points(reports.values())]
    return files, remarks


def open_points(reports: Iterable[Report]) -> Iterator[str]:
    """What a table for another system cannot say."""
    number = sum(any(item.points is None for item in report.items) for report in reports if report.status != "failed")
    if number:
        yield (
            f"{number} of them have points that nobody has given yet, because a check is broken or they are a person's to "
            f"give: in these tables they count as none."
        )


def entry_of(result: Result) -> Entry:
    handed, report = result.handed, result.report
    submission = report.submission.id if report else ""
    return Entry(handed.email, handed.name, handed.id, handed.team, submission, None, result.status, report)


def moodle_pages(results: Sequence[Result], output: Path) -> dict[str, str]:
    """By the names that Moodle's download gave, where it is one of Moodle's."""
    pages = {}
    for result in results:
        page = output / result.handed.key / FEEDBACK
        if result.status == "graded" and SUBMITTED.fullmatch(result.handed.place):
            pages[result.handed.place] = page.read_text(encoding="utf-8")
    return pages


def worksheet(results: Sequence[Result], platform: Platform) -> tuple[str, list[str]]:
    """Persons by their number, and teams by their name: a team's number may be some person's."""
    header = [title.strip() for title in read_table(platform.moodle_worksheet).header.cells]
    points = [(result.handed, found) for result in results if (found := points_of(result))]
    if set(header) & set(NAMES["Group"]):
        named = Counter(handed.name for handed, _ in points)
        teams = {handed.name: found for handed, found in points if named[handed.name] == 1}
        text, said = fill_worksheet(platform.moodle_worksheet, {}, teams, platform.decimal)
        alike = (
            f"{count} teams are called {name}: the worksheet does not tell them apart."
            for name, count in named.items()
            if count > 1
        )
        return text, [*said, *alike]
    persons = {handed.id: found for handed, found in points if handed.id}
    return fill_worksheet(platform.moodle_worksheet, persons, None, platform.decimal)


def points_of(result: Result) -> Points | None:
    return result_of(result.report) if result.report else None
