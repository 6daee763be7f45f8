"""Everybody in one table: who has which points, and who has none and why."""

import csv
import io
from collections.abc import Iterable

from grader.batch.result import Result
from grader.reports.gradebook import safe

SUMMARY = "summary.csv"
COLUMNS = ("key", "name", "id", "email", "filename", "status", "score", "max_score", "auto_score", "pending_manual")
WORDS = ("flags", "late", "problem", "remark", "team", "place")


def summary(results: Iterable[Result]) -> str:
    """CSV with one line for each, by their keys."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *WORDS])
    for result in sorted(results, key=lambda result: result.handed.key):
        handed, report = result.handed, result.report
        graded = report if report and report.status == "graded" else None
        points = (graded.score, graded.max_score, graded.auto_score, graded.pending_manual) if graded else (None,) * 4
        flags = " ".join(flag.id for flag in report.flags) if report else ""
        person = (handed.key, handed.name, handed.id, handed.email, handed.filename)
        words = (flags, "late" if handed.late else "", result.problem, handed.remark, handed.team, handed.place)
        row = (*person, result.status, *points, *words)
        writer.writerow([safe(value) for value in row])
    return text.getvalue()
