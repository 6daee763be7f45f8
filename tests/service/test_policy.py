"""When a team may hand in, and what being late costs."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from grader.records.rubric import Policy
from grader.service.policy import MINUTE, penalty, refusal

DAY = 24 * 60 * MINUTE
DUE = datetime(2026, 12, 1, 12, 0, tzinfo=UTC).timestamp()
STRICT = Policy(due=datetime.fromtimestamp(DUE, UTC).replace(tzinfo=None))


def changed(**fields: object) -> Policy:
    return Policy.model_validate(STRICT.model_dump() | fields)


@pytest.mark.parametrize(
    ("policy", "used", "last", "now", "said"),
    [
        (Policy(), 99, DUE, DUE, None),
        (STRICT, 0, None, DUE - 0.1, None),
        (STRICT, 0, None, DUE + 0.1, "time for handing in is over"),
        (changed(grace_minutes=10), 0, None, DUE + 599, None),
        (changed(grace_minutes=10), 0, None, DUE + 601, "is over"),
        (changed(late_days=2), 0, None, DUE + 2 * DAY - 1, None),
        (changed(late_days=2), 0, None, DUE + 2 * DAY + 1, "is over"),
        (Policy(attempts=2), 1, None, DUE, None),
        (Policy(attempts=2), 2, None, DUE, "All 2 attempts"),
        (Policy(), 1, DUE, DUE - 1, None),
        (Policy(cooldown_minutes=10), 1, DUE, DUE + 9 * MINUTE, "in 1 min"),
        (Policy(cooldown_minutes=10), 1, DUE, DUE + 10 * MINUTE, None),
    ],
)
def test_a_team_may_hand_in(policy: Policy, used: int, last: float | None, now: float, said: str | None) -> None:
    sentence = refusal(policy, used, last, now)
    assert sentence is None if said is None else said in str(sentence)


@pytest.mark.parametrize(
    ("policy", "late", "part"),
    [
        (Policy(late_penalty=0.5), 99 * DAY, 0),
        (changed(late_penalty=0.1, late_days=9), -1, 0),
        (changed(late_penalty=0.1, late_days=9, grace_minutes=5), 299, 0),
        (changed(late_penalty=0.1, late_days=9, grace_minutes=5), 301, 0.1),
        (changed(late_penalty=0.1, late_days=9), 2.5 * DAY, 0.3),
        (changed(late_penalty=0.4, late_days=9), 5 * DAY, 1.0),
    ],
)
def test_being_late_costs(policy: Policy, late: float, part: float) -> None:
    assert penalty(policy, DUE + late) == pytest.approx(part)


def test_a_zone_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValidationError, match="no time zone Mars/Base"):
        Policy(timezone="Mars/Base")


@pytest.mark.parametrize("due", ["2026-12-01", date(2026, 12, 1)])
def test_a_due_date_has_a_time(due: object) -> None:
    with pytest.raises(ValidationError, match="is a day; say at what time"):
        changed(due=due)


def test_a_late_day_ends_at_the_hour_of_the_due_date_also_where_clocks_are_changed() -> None:
    spring = Policy(due=datetime(2026, 3, 26, 12, 0), timezone="Asia/Jerusalem", late_days=2, late_penalty=0.1)
    second_noon = datetime(2026, 3, 28, 12, 0, tzinfo=ZoneInfo("Asia/Jerusalem")).timestamp()
    assert second_noon - spring.seconds(datetime(2026, 3, 26, 12, 0)) == 47 * 60 * MINUTE
    assert refusal(spring, 0, None, second_noon) is None
    assert penalty(spring, second_noon) == pytest.approx(0.2)
    assert refusal(spring, 0, None, second_noon + 1) is not None
