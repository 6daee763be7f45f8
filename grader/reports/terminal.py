"""The rubric in the terminal: a table, and below it a sentence for each check that did not pass."""

from collections.abc import Iterator

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.records.report import ItemReport, Report
from grader.reports.words import points, summary
from grader.text import one_line

COLOURS = {
    "passed": "green",
    "partial": "yellow",
    "failed": "red",
    "error": "magenta",
    "manual": "dim",
    "pending": "dim",
}


def table(report: Report) -> Group:
    """For a console of any width. Students' text is never read as markup, nor as more than its own line."""
    # wrapped, a file's name could pass for rows
    title = Text(one_line(f"{report.assignment}: {report.submission.filename}"), no_wrap=True, overflow="ellipsis")
    rows = Table(title=title, title_justify="left")
    rows.add_column("item", overflow="fold")
    rows.add_column("status", no_wrap=True)
    rows.add_column("points", justify="right", no_wrap=True)
    for item in report.items:
        worth = f"{points(item.points)} / {item.max_points:g}"
        rows.add_row(Text(item.id), Text(item.status, style=COLOURS[item.status]), worth)
    remarks = [part for item in report.items for part in remarks_on(item)]
    return Group(rows, *remarks, Text(""), Text(summary(report)))


def remarks_on(item: ItemReport) -> Iterator[Text | Padding]:
    failed = [check for check in item.checks if check.status in ("failed", "error")]
    if failed:
        yield Text(f"\n{item.id}", style="bold")
    for check in failed:
        yield Padding(Text(one_line(f"{check.id}: {check.message}")), (0, 0, 0, 2))
