"""What students are told where they see nothing but text."""

import pytest

from grader.records.report import CheckReport, FlagReport, ItemReport, Report
from grader.records.rubric import Visibility
from grader.reports.feedback import feedback, remarks
from grader.reports.view import ALWAYS


def item_with(points: float | None, *checks: CheckReport, comment: str = "") -> ItemReport:
    return ItemReport(
        id="q", title="Q", points=points, max_points=2, status="partial", blame=None, checks=checks, comment=comment
    )


def failed(visibility: Visibility) -> CheckReport:
    return CheckReport(id="c", status="failed", weight=1, message=f"the {visibility} one", visibility=visibility)


def test_the_sentences_of_failed_checks_stand_under_their_item(report: Report) -> None:
    lines = feedback(report, ALWAYS).splitlines()

    place = lines.index("Second: 0 of 3")
    assert lines[place + 1].startswith("- Expected ")
    assert lines[lines.index("First: 2 of 2") + 1] == "Second: 0 of 3"
    assert lines[lines.index("Fourth: - of 5") + 1] == "- A person grades this."


@pytest.mark.parametrize(
    ("shown", "said"),
    [(("visible",), ["the visible one"]), (("visible", "hidden"), ["the visible one", "the hidden one"])],
)
def test_only_shown_checks_speak(report: Report, shown: tuple[Visibility, ...], said: list[str]) -> None:
    item = item_with(1, failed("visible"), failed("hidden"))

    text = feedback(report.model_copy(update={"items": (item,)}), shown)

    assert [line.removeprefix("- ") for line in text.splitlines() if "one" in line] == said


def test_points_that_hidden_checks_cost_are_owned_up_to(report: Report) -> None:
    text = feedback(report.model_copy(update={"items": (item_with(1, failed("hidden")),)}), ALWAYS)

    assert "Checks that are not shown failed." in text
    assert "the hidden one" not in text


def test_a_persons_comment_explains_the_points() -> None:
    assert list(remarks(item_with(1, comment="Half right."))) == ["Half right."]
    assert list(remarks(item_with(2, comment="Well done."))) == ["Well done."]


@pytest.mark.parametrize("blame", ["infrastructure", "grader"])
def test_a_failed_grading_is_never_the_students_fault(report: Report, blame: str) -> None:
    items = tuple(item.model_copy(update={"blame": blame, "points": None}) for item in report.items)
    flag = FlagReport(id="grading_failed", severity="warning", message="/secret/path", evidence="")
    broken = report.model_copy(update={"status": "failed", "items": items, "flags": (flag,)})

    text = feedback(broken, ALWAYS)

    assert ("machine" in text) == (blame == "infrastructure")
    assert "no fault of yours" in text
    assert "secret" not in text


def test_being_late_is_said_and_other_flags_are_not(report: Report) -> None:
    flags = [FlagReport(id=i, severity="info", message=f"said {i}", evidence="") for i in ("late", "unusual_code")]

    text = feedback(report.model_copy(update={"flags": tuple(flags)}), ALWAYS)

    assert "said late" in text
    assert "said unusual_code" not in text
