"""Everybody's points in one table, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.records.report import Report
from grader.text import one_line

FORMULA = ("=", "+", "-", "@", "\t", "\r")
PERSON = ("email", "name", "id", "team")
RESULT = ("submission", "attempt", "status", "score", "max_score", "pending_manual")


@dataclass(frozen=True)
class Entry:
    """One person, with the submission that counts, if there is one."""

    email: str
    name: str
    id: str
    team: str
    submission: str = ""
    attempt: int | None = None
    status: str = ""
    report: Report | None = None


def gradebook(entries: Iterable[Entry], items: Sequence[str]) -> str:
    """CSV with one line for each person, and the points of each of `items`; empty where nobody can say."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*PERSON, *RESULT, *items])
    for entry in entries:
        report = entry.report
        points = {item.id: item.points for item in report.items} if report else {}
        totals = (report.score, report.max_score, report.pending_manual) if report else (None, None, None)
        person = (entry.email, entry.name, entry.id, entry.team)
        result = (entry.submission, entry.attempt, entry.status, *totals)
        writer.writerow([safe(value) for value in (*person, *result, *(points.get(item) for item in items))])
    return text.getvalue()


def safe(value: str | float | None) -> str:
    """A cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return f"{value:g}"
    plain = one_line(value)
    return f"'{plain}" if value.startswith(FORMULA) or plain.startswith(FORMULA) else plain
