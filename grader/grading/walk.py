"""Run a notebook's cells in order, and probe each object at its place in between."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grader.execution.session import Session
from grader.grading.job import Watch, unwatched
from grader.grading.plan import Plan
from grader.records.execution import CellRun, ExecutionStatus
from grader.records.findings import Finding
from grader.records.progress import CellStarted
from grader.records.rubric import Item

Probe = Callable[[Item, Sequence[CellRun]], tuple[Finding, ...]]
"""Judges an item, given what has run so far."""


@dataclass(frozen=True)
class Walk:
    """`findings` by item; items whose place was never reached alive are absent."""

    runs: tuple[CellRun, ...]
    findings: dict[str, tuple[Finding, ...]]


def walk(
    session: Session,
    cells: Sequence[tuple[int, str]],
    plan: Plan,
    probe: Probe,
    cell_seconds: float,
    total_seconds: float,
    watch: Watch = unwatched,
) -> Walk:
    """Run `cells` (index and source); once the kernel is gone or the time is up, the rest is skipped."""
    deadline = time.monotonic() + total_seconds
    runs: list[CellRun] = []
    findings: dict[str, tuple[Finding, ...]] = {}
    for position, (index, source) in enumerate(cells, 1):
        left = deadline - time.monotonic()
        if left > 0 and session.alive and source.strip():
            watch(CellStarted(index, position, len(cells)))
        runs.append(session.run_cell(index, source, min(cell_seconds, left)) if left > 0 else CellRun(index, "skipped"))
        for item in plan.get(index, ()):
            if session.alive and runs[-1].status != "skipped":
                findings[item.id] = probe(item, runs)
    return Walk(tuple(runs), findings)


def status(runs: Sequence[CellRun], alive: bool) -> ExecutionStatus:
    """The worst that happened."""
    states = {run.status for run in runs}
    if "timeout" in states:
        return "timeout"
    if not alive:
        return "kernel_died"
    if "skipped" in states:
        return "timeout"
    return "cell_error" if "error" in states else "ok"
