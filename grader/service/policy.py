"""When a submission may be made, and what it costs to be late. Times are seconds since 1970."""

import math
from datetime import datetime, timedelta

from grader.records.rubric import Policy

MINUTE = 60.0


def refusal(policy: Policy, used: int, last: float | None, now: float) -> str | None:
    """Why a team that has `used` so many attempts, the `last` one then, may not hand in now; None where it may."""
    if over(policy, now):
        return "The time for handing in is over."
    if policy.attempts is not None and used >= policy.attempts:
        return f"All {policy.attempts} attempts are used."
    left = 0.0 if last is None else last + policy.cooldown_minutes * MINUTE - now
    # of two uploads at once, the one that came first may be the last to be kept
    if policy.cooldown_minutes and left > 0:
        return f"The next attempt can be made in {math.ceil(left / MINUTE)} min."
    return None


def over(policy: Policy, now: float) -> bool:
    """Whether nothing is taken any more."""
    return policy.due is not None and now > closes(policy, policy.due)


def closes(policy: Policy, due: datetime) -> float:
    """A day that is late ends at the hour of the due date, also where clocks are changed in between."""
    return max(
        policy.seconds(due) + policy.grace_minutes * MINUTE, policy.seconds(due + timedelta(days=policy.late_days))
    )


def penalty(policy: Policy, received: float) -> float:
    """The part of the score that being late costs."""
    if policy.due is None:
        return 0.0
    if received <= policy.seconds(policy.due) + policy.grace_minutes * MINUTE:
        return 0.0
    begun = (policy.local(received) - policy.due) / timedelta(days=1)
    return min(1.0, policy.late_penalty * max(1, math.ceil(begun)))
