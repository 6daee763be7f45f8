"""What students see of a report."""

from collections.abc import Collection

from grader.records.report import FlagReport, ItemReport, Report
from grader.records.rubric import Visibility

FOR_STUDENTS = frozenset({"late"})
"""Flags are for staff, but for these."""
ALWAYS: frozenset[Visibility] = frozenset({"visible"})
"""The visibilities of checks that students see at any time."""


def student_view(report: Report, shown: Collection[Visibility]) -> Report:
    """`report` with only the checks of the visibilities `shown`, and without what is for staff alone.

    Points stay: they are what a student may ask about.
    """
    return report.model_copy(
        update={
            "items": tuple(seen(item, shown) for item in report.items),
            "flags": tuple(flag for flag in report.flags if flag.id in FOR_STUDENTS),
        }
    )


def seen(item: ItemReport, shown: Collection[Visibility]) -> ItemReport:
    return item.model_copy(update={"checks": tuple(check for check in item.checks if check.visibility in shown)})


def late(report: Report, penalty: float) -> Report:
    """`report` with its score less the part `penalty` that being late costs, and a flag that says so."""
    if penalty == 0:
        return report
    flag = FlagReport(
        id="late",
        severity="info",
        message=f"Handed in late: {penalty:.0%} of the score is taken off.",
        evidence=f"{report.score:g} without it",
    )
    return report.model_copy(update={"score": round(report.score * (1 - penalty), 2), "flags": (*report.flags, flag)})
