"""What students see of a report."""

from collections.abc import Collection

from grader.records.report import ItemReport, Report
from grader.records.rubric import Visibility


def student_view(report: Report, shown: Collection[Visibility]) -> Report:
    """`report` with only the checks of the visibilities `shown`, and without what is for staff alone.

    Points stay: they are what a student may ask about.
    """
    return report.model_copy(update={"items": tuple(seen(item, shown) for item in report.items), "flags": ()})


def seen(item: ItemReport, shown: Collection[Visibility]) -> ItemReport:
    return item.model_copy(update={"checks": tuple(check for check in item.checks if check.visibility in shown)})
