"""A report with what people decided: their points win over those of any automatic grading."""

from collections.abc import Mapping
from dataclasses import dataclass

from grader.records.report import ItemReport, ItemStatus, Report


@dataclass(frozen=True)
class Grade:
    """A person's word on an item."""

    points: float
    comment: str = ""


def revised(report: Report, grades: Mapping[str, Grade]) -> Report:
    """`report`, an automatic one, with `grades` by item."""
    items = tuple(graded(item, grades[item.id]) if item.id in grades else item for item in report.items)
    manual = {item.id for item in report.items if item.status == "manual"}
    automatic = sum(item.points or 0.0 for item in items if item.id not in manual)
    by_hand = sum(item.points or 0.0 for item in items if item.id in manual)
    waiting = sum(item.max_points for item in items if item.id in manual and item.points is None)
    return report.model_copy(
        update={
            "items": items,
            "score": round(automatic + by_hand, 2),
            "auto_score": round(automatic, 2),
            "pending_manual": waiting,
        }
    )


def graded(item: ItemReport, grade: Grade) -> ItemReport:
    status: ItemStatus = "passed" if grade.points >= item.max_points else "partial" if grade.points > 0 else "failed"
    blame = None if status == "passed" else "student"
    changes = {"points": grade.points, "status": status, "blame": blame, "comment": grade.comment}
    return item.model_copy(update=changes)
