"""Before anybody's work is graded: an assignment's reference gets full points, and who defines nothing gets none."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from grader.engines.interface import Job, Submit
from grader.errors import GraderError
from grader.notebooks.read import read
from grader.records.grading import Grading
from grader.records.report import ItemReport, ItemStatus, Report
from grader.reports.files import write_whole
from grader.rubrics import folders_of, identifiers, load_rubric, readable, sha256_of
from grader.settings import Settings

MEMORY = "self-tests.json"
"""What lies in the service's folder: by assignment, the digest of all that its last self-test passed with."""
NOT_GRADED = (
    "This assignment is not being graded at the moment; its staff have been told. What you hand in is kept, and waits."
)
EMPTY = (
    b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "id": "empty", '
    b'"metadata": {}, "execution_count": null, "outputs": [], "source": "pass"}]}'
)
AGAIN_SECONDS = 60.0
ELSEWHERE = frozenset({"root", "datasets", "secret", "database"})
"""Settings of which only what lies there matters, or which must not be kept."""
PASSES = TypeAdapter(dict[str, str])

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trial:
    """A self-test that runs."""

    digest: str
    reference: "Future[Grading]"
    empty: "Future[Grading]"


@dataclass(frozen=True)
class Refusal:
    """What a self-test failed with, why, for staff, and when it is tried again."""

    digest: str
    reason: str
    until: float


class SelfTests:
    """One for each assignment, in the quick profile: at the start, and whenever its files have changed.

    A pass is remembered in `folder`; what failed is tried again after AGAIN_SECONDS, as a busy machine may be to blame.
    The dispatcher's thread runs them.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.memory, self.program = settings, folder / MEMORY, program()
        self.passes = remembered(self.memory)
        self.running: dict[str, Trial] = {}
        self.refusals: dict[str, Refusal] = {}

    def refusal(self, assignment: str) -> str:
        """Why nothing is graded of it; empty where that is not so, or not known yet."""
        refused = self.refusals.get(assignment)
        return refused.reason if refused else ""

    def ready(self, submit: Submit, wake: Callable[[], None]) -> list[str]:
        """The assignments that passed. Begins what is due, and `wake` is called at its end."""
        return [name for name in identifiers(self.settings.root) if self.passed(name, submit, wake)]

    def passed(self, assignment: str, submit: Submit, wake: Callable[[], None]) -> bool:
        trial = self.running.get(assignment)
        if trial is not None and not (trial.reference.done() and trial.empty.done()):
            return False
        try:
            now = digest(self.settings, self.program, assignment)
            if trial is not None:
                del self.running[assignment]
                # of files that have changed meanwhile it says nothing
                if trial.digest == now:
                    self.judge(assignment, trial)
            if self.passes.get(assignment) == now:
                self.refusals.pop(assignment, None)
                return True
            refused = self.refusals.get(assignment)
            if refused is None or refused.digest != now or refused.until < time.monotonic():
                self.begin(assignment, now, submit, wake)
        except (GraderError, OSError) as error:
            # one assignment's files are in no other's way
            self.refuse(assignment, "", str(error))
        return False

    def begin(self, assignment: str, now: str, submit: Submit, wake: Callable[[], None]) -> None:
        _, secret = folders_of(self.settings.root, assignment)
        solution = read(readable(secret / "solution.ipynb"))
        jobs = (
            Job(solution, "solution.ipynb", assignment, self.settings, "quick"),
            Job(read(EMPTY), "empty.ipynb", assignment, self.settings, "quick"),
        )
        self.running[assignment] = trial = Trial(now, *map(submit, jobs))
        for future in (trial.reference, trial.empty):
            future.add_done_callback(lambda _: wake())

    def judge(self, assignment: str, trial: Trial) -> None:
        try:
            reference, empty = trial.reference.result().report, trial.empty.result().report
        except GraderError as error:
            self.refuse(assignment, trial.digest, str(error))
            return
        rubric = load_rubric(self.settings.root, assignment)[0]
        objects = {item.id for item in rubric.items if item.object is not None}
        if wrong := [*complaints(reference, "passed"), *complaints(empty, "failed", objects)]:
            self.refuse(assignment, trial.digest, "; ".join(wrong))
            return
        log.info("the self-test of %s has passed", assignment)
        self.passes[assignment] = trial.digest
        try:
            write_whole(self.memory, PASSES.dump_json(self.passes).decode())
        except OSError as error:
            log.error("a self-test cannot be remembered", exc_info=error)

    def refuse(self, assignment: str, now: str, reason: str) -> None:
        log.error("%s is not graded, because its self-test failed: %s", assignment, reason)
        self.refusals[assignment] = Refusal(now, reason, time.monotonic() + AGAIN_SECONDS)


def complaints(report: Report, wanted: ItemStatus, among: set[str] | None = None) -> Iterator[str]:
    """The judged items that came out otherwise; items without an object may well please a notebook without any."""
    for item in report.items:
        if item.status not in (wanted, "manual", "pending") and (among is None or item.id in among):
            points = "no" if item.points is None else f"{item.points:g}"
            yield f"{report.submission.filename} gets {points} of {item.max_points:g} points for {item.id} ({why(item)})"


def why(item: ItemReport) -> str:
    return "; ".join(check.message for check in item.checks if check.status != "passed") or item.status


def digest(settings: Settings, program: str, assignment: str) -> str:
    """Of everything that a self-test's outcome depends on: the assignment, the program, imported data, settings."""
    # by its folder: in an environment, it is a link to the Python that all of them share
    python = str(Path(settings.python).parent.resolve())
    others = settings.model_copy(update={"python": python}).model_dump_json(exclude=set(ELSEWHERE))
    found = hashlib.sha256(f"{program} {others}".encode())
    found.update(sha256_of(*folders_of(settings.root, assignment)).encode())
    # the digits that stand in for imported data are always the same
    for path in sorted(settings.datasets.glob("mnist*/dataset.json")):
        found.update(f"{path} ".encode() + path.read_bytes())
    return found.hexdigest()


def program() -> str:
    """What grades: this program's sources, and the versions of all that is installed beside it."""
    here = Path(__file__).resolve().parent.parent
    sources = [path.read_bytes() for path in sorted(here.rglob("*.py"))]
    versions = sorted({f"{one.name} {one.version}" for one in distributions()})
    return hashlib.sha256(b"\0".join(sources) + "\n".join(versions).encode()).hexdigest()


def remembered(memory: Path) -> dict[str, str]:
    try:
        return PASSES.validate_json(memory.read_bytes())
    except (OSError, ValidationError):
        # then they run once more
        return {}
