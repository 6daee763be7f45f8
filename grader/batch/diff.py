"""Two gradings of a cohort: whose results differ, in which items, and what differs of all that reports record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from grader.records.report import ItemReport, Report

SHORT = 12
"""Digits of a digest that tell two apart for a person."""

UNEXPLAINED = "nothing that is recorded and decides points differs: settings, the course's secret or chance may (nondeterministic?)"


@dataclass(frozen=True)
class ItemChange:
    id: str
    old_status: str
    """As in the report; "" where there is no such item."""
    new_status: str
    old: float | None
    new: float | None
    checks: tuple[str, ...]
    """A sentence for each check that comes out otherwise."""


@dataclass(frozen=True)
class Change:
    """What has become different for one student or team."""

    key: str
    what: Literal["new", "gone", "changed"]
    old: float | None
    """The score; None where there is no grading, or a failed one."""
    new: float | None
    items: tuple[ItemChange, ...] = ()
    causes: tuple[str, ...] = ()


def changes(old: Mapping[str, Report], new: Mapping[str, Report]) -> list[Change]:
    """Those of whom a score, an item or a check is not as it was, by their keys in order."""
    found = (change(key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys()))
    return [each for each in found if each is not None]


def change(key: str, old: Report | None, new: Report | None) -> Change | None:
    if old is None or new is None:
        return Change(key, "new" if old is None else "gone", score(old), score(new))
    items = tuple(item_changes(old.items, new.items))
    if not items and score(old) == score(new):
        return None
    return Change(key, "changed", score(old), score(new), items, tuple(causes(old, new)))


def score(report: Report | None) -> float | None:
    return report.score if report and report.status == "graded" else None


def in_points(change: Change) -> bool:
    """Whether points differ, and not only how they came about."""
    return change.what != "changed" or change.old != change.new or any(item.old != item.new for item in change.items)


def item_changes(old: Sequence[ItemReport], new: Sequence[ItemReport]) -> Iterator[ItemChange]:
    before, after = {item.id: item for item in old}, {item.id: item for item in new}
    for id_ in dict.fromkeys([*before, *after]):
        was, now = before.get(id_), after.get(id_)
        checks = tuple(check_changes(was, now))
        states = (was.status if was else "", now.status if now else "")
        points = (was.points if was else None, now.points if now else None)
        if checks or states[0] != states[1] or points[0] != points[1]:
            yield ItemChange(id_, *states, *points, checks)


def check_changes(old: ItemReport | None, new: ItemReport | None) -> Iterator[str]:
    """Sentences; what a check says where it does not pass is part of them."""
    before = {check.id: check for check in old.checks} if old else {}
    after = {check.id: check for check in new.checks} if new else {}
    for id_ in dict.fromkeys([*before, *after]):
        was, now = before.get(id_), after.get(id_)
        states = (was.status if was else "not there", now.status if now else "not there")
        if states[0] != states[1]:
            said = (now and now.message) or (was and was.message) or ""
            yield f"{id_}: {states[0]} -> {states[1]}" + (f": {said}" if said else "")


def causes(old: Report, new: Report) -> Iterator[str]:
    """What differs of that which decides points; then of how it ran, which should not."""
    deciding = [*differing(decides(old), decides(new))]
    yield from deciding or [UNEXPLAINED]
    yield from differing(circumstances(old), circumstances(new))


def decides(report: Report) -> dict[str, str]:
    environment, execution = report.environment, report.execution
    return {
        "notebook": report.submission.sha256[:SHORT],
        "assignment": report.assignment,
        "rubric": environment.rubric_sha256[:SHORT],
        "checks": environment.checks_sha256[:SHORT],
        "data": environment.data,
        "grader": environment.grader,
        "torch": environment.torch,
        "python": environment.python,
        "profile": execution.profile if execution else "",
        "device": execution.device if execution else "",
        "sandbox": ", without ".join((environment.sandbox, *environment.sandbox_lacks)),
    }


def circumstances(report: Report) -> dict[str, str]:
    execution = report.execution
    if execution is None:
        return {"grading": report.status}
    ended = execution.status + (", judged from definitions" if execution.salvaged else "")
    return {"grading": report.status, "run": ended, "kernel": execution.kernel_start}


def differing(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name, ""), new.get(name, "")
        if was != now:
            yield f"{name}: {was or 'not known'} -> {now or 'not known'}"
