"""Run a submission behind the wall: everything, or only its definitions, or its definitions because its kernel died."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from grader.execution.session import Session
from grader.grading.plan import Plan
from grader.grading.probe import unjudged
from grader.grading.walk import Probe, status, walk
from grader.records.execution import CellRun, Execution, Profile
from grader.records.findings import Finding
from grader.records.notebook import Notebook
from grader.settings import Settings

DEFINITION_SECONDS = 60.0
"""Longest run of all cells together when they only define things."""

OpenSession = Callable[[], AbstractContextManager[Session]]
ProbeIn = Callable[[Session], Probe]


def run(
    notebook: Notebook,
    plan: Plan,
    definitions: Sequence[str],
    profile: Profile,
    open_session: OpenSession,
    probe_in: ProbeIn,
    settings: Settings,
) -> tuple[Execution, Mapping[str, tuple[Finding, ...]]]:
    """What happened, and the findings by item; `definitions` is what each code cell only defines.

    Where the kernel died or the time was up before an item's place was reached, the item is judged in a fresh kernel
    that gets only the definitions: a crash or an endless loop in one question does not cost the points of another.
    """
    started = time.monotonic()
    code = [cell for cell in notebook.cells if cell.kind == "code"]
    complete = [(cell.index, cell.source) for cell in code]
    bare = [(cell.index, source) for cell, source in zip(code, definitions, strict=True)]
    cells, budget = (complete, settings.total_seconds) if profile == "full" else (bare, DEFINITION_SECONDS)
    with open_session() as session:
        walked = walk(session, cells, plan, probe_in(session), settings.cell_seconds, budget)
        state, environment = status(walked.runs, session.alive), session.environment
    findings = walked.findings
    lost = {index: [item for item in items if item.id not in findings] for index, items in plan.items()}
    salvaged = profile == "full" and any(lost.values())
    if salvaged:
        with open_session() as session:
            again = on_record(probe_in(session), walked.runs)
            findings |= walk(session, bare, lost, again, DEFINITION_SECONDS, DEFINITION_SECONDS).findings
    for item in (item for items in lost.values() for item in items if item.id not in findings):
        findings[item.id] = unjudged(
            item, f"The kernel died before `{item.object}` could be judged, also without training."
        )
    duration = round(time.monotonic() - started, 3)
    return Execution(state, profile, salvaged, environment, duration, walked.runs), findings


def on_record(probe: Probe, runs: Sequence[CellRun]) -> Probe:
    """`probe`, but what has run is what the complete run did: definitions print and draw nothing."""
    return lambda item, _: probe(item, runs)
