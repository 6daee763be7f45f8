"""What Gradescope reads, and what its students may see of it."""

import json
from typing import Any

import pytest

from grader.records.report import CheckReport, FlagReport, ItemReport, Report
from grader.records.rubric import Visibility
from grader.reports.gradescope import results_json
from grader.reports.view import ALWAYS

TOP = {
    "score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility",
    "stdout_visibility", "extra_data", "tests", "leaderboard",
}  # fmt: skip
TEST = {
    "score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags", "visibility",
    "extra_data",
}  # fmt: skip
VISIBILITIES: tuple[Visibility, ...] = ("visible", "after_due_date", "after_published", "hidden")


def results(report: Report, *shown: Visibility) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(results_json(report, shown or ALWAYS))
    assert set(found) <= TOP
    assert isinstance(found["score"], int | float)
    for test in found["tests"]:
        assert set(test) <= TEST
        assert test["visibility"] == "visible", "the total would be hidden"
        assert test.get("status", "passed") in ("passed", "failed")
        assert ("score" in test) == ("max_score" in test) == ("status" in test)
    return found


def students_see(found: dict[str, Any]) -> str:
    """Everything but `extra_data`."""
    tests = [{key: value for key, value in test.items() if key != "extra_data"} for test in found["tests"]]
    return json.dumps({key: value for key, value in found.items() if key != "extra_data"} | {"tests": tests})


def with_flags(report: Report) -> Report:
    flags = [FlagReport(id=i, severity="warning", message=f"the flag {i}", evidence="e") for i in ("late", "suspect")]
    return report.model_copy(update={"flags": tuple(flags)})


def test_each_item_is_a_test_with_its_points(report: Report) -> None:
    found = results(report)

    assert (found["score"], found["execution_time"]) == (2, 3)
    tests = {test["name"]: test for test in found["tests"]}
    assert (tests["a: First"]["score"], tests["a: First"]["status"], tests["a: First"]["output"]) == (
        2,
        "passed",
        "Passed.",
    )
    assert (tests["b: Second"]["score"], tests["b: Second"]["max_score"]) == (0, 3)
    assert tests["b: Second"]["status"] == "failed"
    assert tests["b: Second"]["output"].startswith("Expected ")
    assert "2 of 9 automatic points" in found["output"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("c: Third (4 points, open)", "no fault of yours"), ("d: Fourth (5 points, open)", "A person grades this.")],
)
def test_an_open_item_is_neither_passed_nor_failed(report: Report, name: str, said: str) -> None:
    test = next(test for test in results(report)["tests"] if test["name"] == name)

    assert "score" not in test
    assert said in test["output"]


@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_students_read_of_a_check_when_it_is_shown(report: Report, visibility: Visibility) -> None:
    check = CheckReport(id="secret_id", status="failed", weight=1, message="the secret", visibility=visibility)
    item = ItemReport(id="q", title="Q", points=1, max_points=2, status="partial", blame="student", checks=(check,))
    one = report.model_copy(update={"items": (item,)})

    hidden, open_ = results(one, *(set(VISIBILITIES) - {visibility})), results(one, visibility)

    assert "secret" not in students_see(hidden)
    assert "the secret" in students_see(open_)
    assert hidden["tests"][0]["extra_data"]["checks"][0]["message"] == "the secret"


def test_flags_are_for_staff_but_being_late_is_said(report: Report) -> None:
    found = results(with_flags(report))

    assert "the flag late" in students_see(found)
    assert "suspect" not in students_see(found)
    assert [flag["id"] for flag in found["extra_data"]["flags"]] == ["late", "suspect"]


def test_a_failed_grading_says_whose_doing_it_is(report: Report) -> None:
    items = tuple(item.model_copy(update={"points": None, "blame": "infrastructure"}) for item in report.items)
    broken = with_flags(report).model_copy(update={"status": "failed", "score": 0, "items": items, "execution": None})

    found = results(broken)

    assert (found["score"], found["tests"]) == (0, [])
    assert "The machine that grades failed. This is no fault of yours" in found["output"]
    assert "suspect" not in students_see(found)
    assert "execution_time" not in found


def test_texts_are_never_taken_for_markup(report: Report, attack: str) -> None:
    found = results(report)

    assert attack in students_see(found)
    assert {found[key] for key in ("output_format", "test_output_format", "test_name_format")} == {"text"}
