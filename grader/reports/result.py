"""What one person or team gets, as other systems take it: a number and a text."""

from collections.abc import Collection
from dataclasses import dataclass

from grader.records.report import Report
from grader.records.rubric import Visibility
from grader.reports.feedback import feedback
from grader.reports.view import ALWAYS


@dataclass(frozen=True)
class Result:
    score: float
    max_score: float
    feedback: str = ""
    """Plain text for the student, in lines."""


def result_of(report: Report, shown: Collection[Visibility] = ALWAYS) -> Result | None:
    """The result of a grading, with the sentences of checks that are `shown`; None where the grading failed."""
    if report.status == "failed":
        return None
    return Result(report.score, report.max_score, feedback(report, shown))


def scaled(score: float, max_score: float, maximum: float) -> float | None:
    """A score where `maximum` points can be had, in hundredths; None where that is outside of what can be had."""
    if max_score <= 0:
        return None
    points = round(score if max_score == maximum else score * maximum / max_score, 2)
    return points if 0 <= points <= maximum else None


def scaling(max_score: float, maximum: float) -> str:
    return f"Points out of {max_score:g} are scaled to the maximum there, which is {maximum:g}."
