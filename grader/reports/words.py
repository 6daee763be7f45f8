"""Sentences that all front ends share."""

from grader.records.report import Report


def points(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def summary(report: Report) -> str:
    """Who has judged how much, and what is still open."""
    parts = [
        f"{points(report.auto_score)} of {points(report.auto_max)} automatic points",
        f"{points(report.pending_manual)} points are a person's to give",
    ]
    pending = sum(item.max_points for item in report.items if item.status == "pending")
    if pending:
        parts.append(
            f"{points(pending)} automatic points need the whole notebook to run: the profile `full` judges them"
        )
    open_ = sum(item.max_points for item in report.items if item.status == "error")
    if open_:
        parts.append(f"{points(open_)} automatic points are open: their checks are missing or broke")
    return "; ".join(parts) + "."
