"""Points are the share of the weights that passed; what the grader broke stays open."""

import pytest

from grader.grading.score import score_item
from grader.records.findings import Blame, CheckStatus, Finding
from grader.records.report import ItemReport
from grader.records.rubric import CheckSpec, Item, Visibility


def item(*weights: float, points: float = 10, manual: bool = False) -> Item:
    """An item whose checks are called `c0`, `c1`, ..."""
    checks = tuple(CheckSpec(id=f"c{n}", run="local/any", weight=weight) for n, weight in enumerate(weights))
    return Item(id="q", title="A question", points=points, object="f" if checks else None, checks=checks, manual=manual)


def finding(number: int, status: CheckStatus, blame: Blame | None = None) -> Finding:
    return Finding("q", f"c{number}", status, f"message {number}", blame)


def scored(weights: tuple[float, ...], statuses: str, points: float = 10) -> ItemReport:
    """The score of checks that passed (`p`), failed (`f`), were skipped (`s`) or broke (`e`)."""
    words: dict[str, tuple[CheckStatus, Blame | None]] = {
        "p": ("passed", None),
        "f": ("failed", "student"),
        "s": ("skipped", "student"),
        "e": ("error", "grader"),
    }
    return score_item(item(*weights, points=points), [finding(n, *words[s]) for n, s in enumerate(statuses)])


@pytest.mark.parametrize(
    ("weights", "statuses", "points", "status"),
    [
        ((1,), "p", 10, "passed"),
        ((1,), "f", 0, "failed"),
        ((1,), "s", 0, "failed"),
        ((1, 1), "pp", 10, "passed"),
        ((1, 1), "pf", 5, "partial"),
        ((1, 1), "ff", 0, "failed"),
        ((1, 1), "fs", 0, "failed"),
        ((1, 3), "pf", 2.5, "partial"),
        ((1, 3), "fp", 7.5, "partial"),
        ((1, 3), "ps", 2.5, "partial"),
        ((0.5, 1.5, 2), "ppf", 5, "partial"),
        ((0.5, 1.5, 2), "fpp", 8.75, "partial"),
        ((5, 5), "pp", 10, "passed"),
    ],
)
def test_an_item_earns_its_share_of_the_weights(
    weights: tuple[float, ...], statuses: str, points: float, status: str
) -> None:
    report = scored(weights, statuses)

    assert (report.points, report.max_points, report.status) == (points, 10, status)


@pytest.mark.parametrize(
    ("points", "weights", "statuses", "earned"),
    [
        (10, (1, 1, 1), "pff", 3.33),
        (10, (1, 1, 1), "ppf", 6.67),
        (10, (1, 1, 1), "ppp", 10),
        (8, (1, 2, 3, 1, 1, 1), "pppppf", 7.11),
        (0.1, (0.1, 0.2), "pp", 0.1),
        (7, (0.1, 0.2, 0.3), "ppp", 7),
    ],
)
def test_points_have_two_decimals_and_full_marks_are_exact(
    points: float, weights: tuple[float, ...], statuses: str, earned: float
) -> None:
    assert scored(weights, statuses, points).points == earned


@pytest.mark.parametrize(("statuses", "blame"), [("pp", None), ("pf", "student"), ("ff", "student"), ("ps", "student")])
def test_lost_points_are_the_students(statuses: str, blame: str | None) -> None:
    assert scored((1, 1), statuses).blame == blame


@pytest.mark.parametrize("statuses", ["e", "pe", "ep", "fe", "es"])
def test_a_broken_check_leaves_all_points_of_its_item_open(statuses: str) -> None:
    report = scored((1,) * len(statuses), statuses)

    assert (report.points, report.status, report.blame) == (None, "error", "grader")


def test_a_check_that_the_machine_broke_is_blamed_on_the_machine() -> None:
    report = score_item(item(1, 1), [finding(0, "passed"), finding(1, "error", "infrastructure")])

    assert (report.points, report.status, report.blame) == (None, "error", "infrastructure")


def test_an_item_without_checks_stays_open_and_is_not_the_students_fault() -> None:
    report = score_item(item(), [])

    assert (report.points, report.max_points, report.status, report.blame) == (None, 10, "error", "grader")
    assert report.checks == ()


def test_a_manual_item_waits_for_a_person() -> None:
    report = score_item(item(manual=True), [])

    assert (report.points, report.max_points, report.status, report.blame) == (None, 10, "manual", None)


def test_a_check_that_never_ran_earns_nothing() -> None:
    assert score_item(item(1, 1), [finding(0, "passed")]).points == 5
    assert score_item(item(1, 1), []).points == 0
    assert score_item(item(1, 1), []).status == "failed"


def test_findings_of_unknown_checks_earn_nothing() -> None:
    report = score_item(item(1, 1), [finding(0, "passed"), finding(1, "failed", "student"), finding(7, "passed")])

    assert (report.points, report.status) == (5, "partial")
    assert [check.id for check in report.checks] == ["c0", "c1"]


@pytest.mark.parametrize("visibility", ["visible", "after_due_date", "after_published", "hidden"])
def test_each_check_is_reported_as_the_rubric_has_it(visibility: Visibility) -> None:
    spec = CheckSpec(id="c0", run="local/any", weight=2.5, visibility=visibility)
    asked = Item(id="q", title="A question", points=4, object="f", checks=(spec,))

    report = score_item(asked, [finding(0, "failed", "student")])

    assert (report.id, report.title) == ("q", "A question")
    (check,) = report.checks
    assert (check.id, check.status, check.weight) == ("c0", "failed", 2.5)
    assert (check.message, check.visibility) == ("message 0", visibility)


def test_checks_are_reported_in_the_rubrics_order() -> None:
    report = score_item(item(1, 1, 1), [finding(2, "passed"), finding(0, "passed"), finding(1, "passed")])

    assert [check.id for check in report.checks] == ["c0", "c1", "c2"]
    assert report.status == "passed"
