"""Everybody's points in one table, safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.records.report import Report
from grader.text import one_line

FORMULA = ("=", "+", "-", "@", "\t", "\r")
HARMLESS = re.compile(r"[\w.@+-]+")
"""Such a text calls no function and no program, whatever a spreadsheet takes it for."""
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


def graded(entries: Iterable[Entry]) -> tuple[list[tuple[Entry, Report]], list[str]]:
    """Those who have points to be entered elsewhere, and a sentence for each of the others."""
    found, remarks = list[tuple[Entry, Report]](), list[str]()
    for entry in entries:
        if entry.report is None:
            remarks.append(f"{label(entry)} has no result.")
        elif entry.report.status == "failed":
            remarks.append(f"{label(entry)} has no points, because the grading failed through no fault of theirs.")
        else:
            found.append((entry, entry.report))
    return found, remarks


def label(entry: Entry) -> str:
    """Whom a sentence is about."""
    return one_line(entry.email or entry.name or entry.id)


def is_verbatim(identity: str) -> bool:
    """Whether a cell can hold `identity` as it is, for importers that compare it character by character.

    One that starts like a formula can, where no spreadsheet would find anything to run in it: +972501234567.
    """
    return identity != "" and (safe(identity) == identity or HARMLESS.fullmatch(identity) is not None)
