"""Findings to points."""

from collections.abc import Sequence

from grader.records.findings import Blame, Finding
from grader.records.report import CheckReport, ItemReport, ItemStatus
from grader.records.rubric import Item


def score_item(item: Item, findings: Sequence[Finding], pending: bool = False) -> ItemReport:
    """An item's points: its share of the weights of the checks that passed.

    `pending` items are not judged in this profile. A check that broke, or an item without checks, leaves the points open: that is the grader's fault, not the student's.
    """
    if item.manual or pending:
        return report(item, None, "manual" if item.manual else "pending", None, findings)
    broken = next((finding for finding in findings if finding.status == "error"), None)
    if broken is not None or not item.checks:
        return report(item, None, "error", broken.blame if broken else "grader", findings)
    passed = {finding.check for finding in findings if finding.status == "passed"}
    share = sum(check.weight for check in item.checks if check.id in passed) / sum(
        check.weight for check in item.checks
    )
    if all(check.id in passed for check in item.checks):
        return report(item, item.points, "passed", None, findings)
    return report(item, round(item.points * share, 2), "partial" if passed else "failed", "student", findings)


def report(
    item: Item, points: float | None, status: ItemStatus, blame: Blame | None, findings: Sequence[Finding]
) -> ItemReport:
    by_check = {finding.check: finding for finding in findings}
    checks = [
        CheckReport(
            id=check.id,
            status=by_check[check.id].status,
            weight=check.weight,
            message=by_check[check.id].message,
            visibility=check.visibility,
        )
        for check in item.checks
        if check.id in by_check
    ]
    return ItemReport(
        id=item.id,
        title=item.title,
        points=points,
        max_points=item.points,
        status=status,
        blame=blame,
        checks=tuple(checks),
    )
