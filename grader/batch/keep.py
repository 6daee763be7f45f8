"""The folder of one submission in the output: what is kept of a grading, and whether it still holds."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from grader import __version__
from grader.records.execution import Profile
from grader.records.grading import Grading
from grader.records.report import Report
from grader.reports.files import write_whole
from grader.reports.html import html
from grader.reports.notebook import executed_notebook
from grader.reports.view import ALWAYS, student_view

REPORT, PAGE, FEEDBACK, EXECUTED = "report.json", "report.html", "feedback.html", "executed.ipynb"
"""The page is for staff, and the feedback what students see of it."""


@dataclass(frozen=True)
class Version:
    """What a report has to be of, to hold without another grading."""

    assignment: str
    rubric_sha256: str
    checks_sha256: str
    profile: Profile


def keep(folder: Path, grading: Grading, filename: str) -> Report:
    """Write all of it, the report last: where it is, the rest is."""
    submission = grading.report.submission.model_copy(update={"filename": filename})
    report = grading.report.model_copy(update={"submission": submission, "executed_notebook": EXECUTED})
    write_whole(folder / EXECUTED, executed_notebook(grading.notebook, grading.execution))
    for name, view in ((PAGE, report), (FEEDBACK, student_view(report, ALWAYS))):
        write_whole(folder / name, html(view, grading.notebook, grading.execution))
    keep_report(folder, report)
    return report


def forget(folder: Path) -> None:
    """What an earlier run has kept of somebody whose work cannot be graded any more is no result of theirs."""
    for name in (REPORT, PAGE, FEEDBACK, EXECUTED):
        (folder / name).unlink(missing_ok=True)


def keep_report(folder: Path, report: Report) -> None:
    write_whole(folder / REPORT, report.model_dump_json(indent=2) + "\n")


def kept(folder: Path, sha256: str, version: Version) -> Report | None:
    """The report that an earlier run has kept of the same notebook, if it would come out the same and nothing is missing."""
    if not all((folder / name).is_file() for name in (PAGE, FEEDBACK, EXECUTED)):
        return None
    try:
        report = Report.model_validate_json((folder / REPORT).read_bytes())
    except (OSError, ValidationError):
        return None
    profile = report.execution.profile if report.execution else None
    made = report.environment
    found = Version(report.assignment, made.rubric_sha256, made.checks_sha256, profile or version.profile)
    whole = report.status == "graded" and made.grader == __version__
    return report if whole and found == version and report.submission.sha256 == sha256 else None
