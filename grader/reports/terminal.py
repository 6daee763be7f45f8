"""The rubric as a table in the terminal."""

from collections.abc import Iterator

from rich.console import Group
from rich.table import Table
from rich.text import Text

from grader.records.report import ItemReport, Report
from grader.reports.html import points

COLOURS = {
    "passed": "green",
    "partial": "yellow",
    "failed": "red",
    "error": "magenta",
    "manual": "dim",
    "pending": "dim",
}


def table(report: Report) -> Group:
    """One row per item, with a line for each check that did not pass. Students' text is never read as markup."""
    rows = Table(title=Text(f"{report.assignment}: {report.submission.filename}"), title_justify="left")
    rows.add_column("item", no_wrap=True)
    rows.add_column("status")
    rows.add_column("points", justify="right", no_wrap=True)
    rows.add_column("what to look at", overflow="fold")
    for item in report.items:
        worth = f"{points(item.points)} / {item.max_points:g}"
        what = Text("\n".join(remarks(item)))
        rows.add_row(Text(item.id), Text(item.status, style=COLOURS[item.status]), worth, what)
    automatic = f"{points(report.auto_score)} of {points(report.auto_max)} automatic points"
    open_ = sum(item.max_points for item in report.items if item.status == "error")
    lines = [automatic, f"{points(report.pending_manual)} points are a person's to give"]
    lines += [f"{points(open_)} automatic points are open: their checks are missing or broke"] if open_ else []
    return Group(rows, Text("; ".join(lines) + "."))


def remarks(item: ItemReport) -> Iterator[str]:
    for check in item.checks:
        if check.status in ("failed", "error"):
            yield f"{check.id}: {check.message}"
