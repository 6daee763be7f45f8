"""A number and a text."""

import pytest

from grader.records.report import Report
from grader.reports.result import result_of, scaled


@pytest.mark.parametrize(
    ("score", "max_score", "maximum", "points"),
    [
        (71.5, 100, 100, 71.5),
        (71.5, 100, 20, 14.3),
        (1, 3, 100, 33.33),
        (0, 100, 20, 0),
        (100, 100, 7, 7),
        (101, 100, 100, None),
        (-1, 100, 100, None),
        (0, 0, 100, None),
    ],
)
def test_points_keep_their_share_of_the_maximum(
    score: float, max_score: float, maximum: float, points: float | None
) -> None:
    assert scaled(score, max_score, maximum) == points


def test_a_failed_grading_has_no_result(report: Report) -> None:
    result = result_of(report)
    assert result is not None
    assert (result.score, result.max_score) == (2, 14)
    assert "Second: 0 of 3" in result.feedback

    assert result_of(report.model_copy(update={"status": "failed"})) is None
