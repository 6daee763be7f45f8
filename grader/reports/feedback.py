"""The report in a few lines of plain text, for systems that show students nothing else."""

from collections.abc import Collection, Iterator

from grader.records.report import ItemReport, Report
from grader.records.rubric import Visibility
from grader.reports.view import student_view
from grader.reports.words import points, summary

UNDECIDED = {
    "manual": "A person grades this.",
    "pending": "This needs the whole notebook to run.",
    "error": "This was not judged, through no fault of yours: staff are told, and no points are lost.",
}


def feedback(report: Report, shown: Collection[Visibility]) -> str:
    """What the student may read of `report`, where they see the checks of the visibilities `shown`."""
    if report.status == "failed":
        return why_failed(report)
    seen = student_view(report, shown)
    lines = [summary(seen), *(flag.message for flag in seen.flags)]
    for item in seen.items:
        lines.append(f"{item.title}: {points(item.points)} of {item.max_points:g}")
        lines.extend(f"- {remark}" for remark in remarks(item))
    return "\n".join(lines)


def remarks(item: ItemReport) -> Iterator[str]:
    """Why `item`, with the checks that may be seen, has not all of its points; and what a person said of it."""
    failed = [check.message or check.id for check in item.checks if check.status in ("failed", "error")]
    yield from failed
    if item.points is None:
        yield UNDECIDED.get(item.status, UNDECIDED["error"])
    elif item.points < item.max_points and not failed and not item.comment:
        yield "Checks that are not shown failed."
    if item.comment:
        yield item.comment


def why_failed(report: Report) -> str:
    """Whose doing it is that there is no grade."""
    machine = any(item.blame == "infrastructure" for item in report.items)
    whose = "The machine that grades failed." if machine else "A part of the grader itself failed."
    return f"{whose} This is no fault of yours, and costs neither points nor an attempt; staff are told."
