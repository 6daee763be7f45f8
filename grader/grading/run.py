"""Run a submission behind the wall: everything, or only its definitions, or its definitions because its kernel died."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager

from grader.execution.session import Session
from grader.grading.job import Watch
from grader.grading.plan import Plan
from grader.grading.probe import unjudged
from grader.grading.walk import Probe, status, walk
from grader.records.execution import CellRun, Execution, Profile
from grader.records.findings import Finding
from grader.records.notebook import Notebook
from grader.settings import Settings

DEFINITION_SECONDS = 60.0
"""Longest run of all cells together when they only define things."""

SALVAGES = 4
"""Fresh kernels for what a dead one did not reach."""

OpenSession = Callable[[], AbstractContextManager[Session]]
ProbeIn = Callable[[Session], Probe]


def run(
    notebook: Notebook,
    plan: Plan,
    definitions: Sequence[str],
    apart: Collection[str],
    profile: Profile,
    open_session: OpenSession,
    probe_in: ProbeIn,
    settings: Settings,
    watch: Watch,
) -> tuple[Execution, Mapping[str, tuple[Finding, ...]]]:
    """What happened, and the findings by item; `definitions` is what each code cell only defines.

    Where the kernel died or the time was up before an item's place was reached, the item is judged in a fresh kernel
    that gets only the definitions: a crash or an endless loop in one question does not cost the points of another.
    So are the items that are to be judged `apart`.
    """
    started = time.monotonic()
    code = [cell for cell in notebook.cells if cell.kind == "code"]
    complete = [(cell.index, cell.source) for cell in code]
    bare = [(cell.index, source) for cell, source in zip(code, definitions, strict=True)]
    cells, budget = (complete, settings.total_seconds) if profile == "full" else (bare, DEFINITION_SECONDS)
    here = without(plan, apart) if profile == "full" else plan
    with open_session() as session:
        walked = walk(session, cells, here, probe_in(session), settings.cell_seconds, budget, watch)
        state, environment = status(walked.runs, session.alive), session.environment
    lost = without(plan, walked.findings)
    salvaged = profile == "full" and bool(lost)
    found = (
        salvage(bare, lost, open_session, lambda session: on_record(probe_in(session), walked.runs)) if salvaged else {}
    )
    findings = {**walked.findings, **found}
    for item in (item for items in without(lost, found).values() for item in items):
        findings[item.id] = unjudged(
            item, f"The kernel died before `{item.object}` could be judged, also without training."
        )
    duration = round(time.monotonic() - started, 3)
    return Execution(state, profile, salvaged, environment, duration, walked.runs), findings


def salvage(
    cells: Sequence[tuple[int, str]], lost: Plan, open_session: OpenSession, probe_in: ProbeIn
) -> dict[str, tuple[Finding, ...]]:
    """Judge `lost` from definitions; what ends a kernel is judged or left out, and the rest gets a fresh one."""
    findings: dict[str, tuple[Finding, ...]] = {}
    for _ in range(SALVAGES):
        with open_session() as session:
            walked = walk(session, cells, lost, probe_in(session), DEFINITION_SECONDS, DEFINITION_SECONDS)
            alive = session.alive
        findings |= walked.findings
        lost = without(lost, walked.findings)
        if alive or not lost:
            break
        last = [run for run in walked.runs if run.status != "skipped"][-1]
        if last.status != "ok":
            cells = [(index, "" if index == last.index else source) for index, source in cells]
    return findings


def without(plan: Plan, done: Collection[str]) -> Plan:
    """The plan of all other items."""
    left = {index: [item for item in items if item.id not in done] for index, items in plan.items()}
    return {index: items for index, items in left.items() if items}


def on_record(probe: Probe, runs: Sequence[CellRun]) -> Probe:
    """`probe`, but what has run is what the complete run did: definitions print and draw nothing."""
    return lambda item, _: probe(item, runs)
