"""What is said of a check that did not run names no check that students do not see."""

from typing import Any

import pytest

from grader.errors import CheckFailed
from grader.grading.probe import Bench, probe
from grader.records.findings import Finding
from grader.records.rubric import CheckSpec, Item, Visibility


def wrong() -> None:
    raise CheckFailed("It is wrong")


def probed(*visibilities: Visibility, object: str | None = None) -> tuple[Finding, ...]:
    """An item whose first check fails; each other one requires it."""
    checks = tuple(
        CheckSpec(id=f"c{n}", run="local/wrong", visibility=visibility, requires=("c0",) if n else ())
        for n, visibility in enumerate(visibilities)
    )
    item = Item(id="q", title="A question", points=1, object=object, checks=checks)
    nothing: Any = None
    bench = Bench(nothing, nothing, nothing, (), {"local/wrong": wrong}, {}, nothing, b"")
    return probe(item, bench)


@pytest.mark.parametrize(("visibility", "said"), [("visible", "while c0 does"), ("hidden", "while another check")])
def test_a_check_says_what_it_waits_for_where_that_may_be_seen(visibility: Visibility, said: str) -> None:
    first, second = probed(visibility, "visible")
    assert (first.status, second.status) == ("failed", "skipped")
    assert said in second.message
    assert ("c0" in second.message) == (visibility == "visible")


def test_what_is_said_once_is_said_where_students_see_it() -> None:
    hidden, visible, other = probed("hidden", "visible", "visible", object="f")
    assert "`f` is not defined" in visible.message
    assert [one.status for one in (hidden, visible, other)] == ["skipped", "failed", "skipped"]
