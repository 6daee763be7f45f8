"""Run the checks of one item, and say whose fault it is when one does not pass."""

import hashlib
import hmac
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from grader.datasets.store import Dataset
from grader.errors import AssignmentError, CallFailed, CallTimedOut, InfrastructureFault, StudentFault
from grader.execution.student import Ask, Student
from grader.grading.assignments import wants
from grader.notebooks.facts import code_of, library_names
from grader.notebooks.suspects import hiding
from grader.records.assignment import Check
from grader.records.execution import CellRun
from grader.records.findings import Finding
from grader.records.rubric import CheckSpec, Item
from grader.records.submission import Bands, Submission, Work


@dataclass(frozen=True)
class Bench:
    """What checks work with: both faces, the notebook and what has run of it, and the key of the hidden inputs."""

    student: Student | None
    """None where the kernel is gone, and no check needs it."""
    reference: Student
    submission: Submission
    runs: Sequence[CellRun]
    checks: Mapping[str, Check]
    bands: Mapping[str, Bands]
    dataset: Dataset
    key: bytes
    """Made of the course's secret and the submission: the same submission always gets the same inputs."""


def inputs_key(secret: str, sha256: str) -> bytes:
    return hmac.digest(secret.encode(), sha256.encode(), "sha256")


def generator(key: bytes, item: str, check: str) -> np.random.Generator:
    """The hidden inputs' generator of one check of one submission."""
    digest = hmac.digest(key, f"{item}/{check}".encode(), hashlib.sha256)
    return np.random.default_rng(int.from_bytes(digest, "big"))


def bounded(ask: Ask, seconds: float) -> Ask:
    """`ask`, until `seconds` have passed: a function that is slow at every call must not hold up the grading for long."""
    deadline = time.monotonic() + seconds

    def asked(request: dict[str, Any], blob: bytes, limit: float) -> tuple[dict[str, Any], bytes]:
        left = deadline - time.monotonic()
        if left <= 0:
            raise CallTimedOut(f"its checks together took longer than {seconds:g} s")
        return ask(request, blob, min(limit, left))

    return asked


def probe(item: Item, bench: Bench) -> tuple[Finding, ...]:
    """One finding for each of the item's checks, in their order."""
    if item.object is not None and not is_defined(item.object, bench.student):
        return unjudged(
            item,
            f"`{item.object}` is not defined after its cell has run. Run the notebook from top to bottom in a fresh kernel: "
            "does the cell that defines it end without an error?",
        )
    for face in (bench.student, bench.reference):
        if face is not None:
            face.forget()
    findings: list[Finding] = []
    passed: set[str] = set()
    visible = {spec.id for spec in item.checks if spec.visibility == "visible"}
    for spec in item.checks:
        unmet = [name for name in spec.requires if name not in passed]
        if unmet:
            named = [name for name in unmet if name in visible] or ["another check of this item"]
            message = f"Not run, because it says nothing while {' and '.join(named)} does not pass."
            finding = Finding(item.id, spec.id, "skipped", message, "student")
        else:
            finding = run(item, spec, bench)
        passed |= {spec.id} if finding.status == "passed" else set()
        findings.append(finding)
    return tuple(findings)


def is_defined(name: str, student: Student | None) -> bool:
    """Whether there is anything to probe; a kernel that does not answer has nothing either."""
    try:
        return student is not None and student.describe(name) is not None
    except StudentFault:
        return False


def unjudged(item: Item, message: str) -> tuple[Finding, ...]:
    """The findings of an item that cannot be probed, through its notebook's own fault: said once, where students see it."""
    telling = next((spec for spec in item.checks if spec.visibility == "visible"), item.checks[0])
    return tuple(
        Finding(item.id, spec.id, "failed", message, "student")
        if spec is telling
        else Finding(item.id, spec.id, "skipped", "Not run, for the same reason.", "student")
        for spec in item.checks
    )


def run(item: Item, spec: CheckSpec, bench: Bench) -> Finding:
    """One check. What the student's code does wrong is a failure, what the check does wrong is an error."""
    check = bench.checks[spec.run]
    try:
        check(**{name: value() for name, value in offers(item, spec, bench).items() if name in wants(check)})
    except CallTimedOut as error:
        return Finding(item.id, spec.id, "failed", f"`{item.object}` was stopped: {error}.", "student")
    except CallFailed as error:
        return Finding(item.id, spec.id, "failed", f"`{item.object}` fails when it is called: {error}.", "student")
    except StudentFault as error:
        return Finding(item.id, spec.id, "failed", sentence(str(error)), "student")
    except InfrastructureFault:
        raise
    except Exception as error:  # noqa: BLE001 - a broken check is the grader's fault and must not end the grading
        message = "This check broke; that is not your fault and costs you nothing. Staff have been told."
        detail = "".join(traceback.format_exception(error))
        return Finding(item.id, spec.id, "error", message, "grader", detail)
    return Finding(item.id, spec.id, "passed")


def offers(item: Item, spec: CheckSpec, bench: Bench) -> dict[str, Callable[[], Any]]:
    """What a check can take by its name, made when it is taken."""
    region = item.region or item.id
    params = {name: partial(lambda value: value, value) for name, value in spec.params.items()}
    return {
        "student": lambda: bench.student,
        "reference": lambda: bench.reference,
        "draw": lambda: generator(bench.key, item.id, spec.id),
        "object": lambda: item.object,
        "libraries": lambda: library_names(code_of(bench.submission.notebook), item.object or ""),
        "hiding": lambda: hiding(code_of(bench.submission.notebook), item.object or ""),
        "submission": lambda: bench.submission,
        "work": lambda: work(bench.submission, bench.runs, region),
        "elsewhere": lambda: work(bench.submission, bench.runs),
        "dataset": lambda: bench.dataset,
        "bands": lambda: bands(bench),
    } | params


def work(submission: Submission, runs: Sequence[CellRun], region: str | None = None) -> Work:
    """What ran of a region's code cells so far, or of all of them."""
    cells = tuple(
        cell
        for cell, home in zip(submission.notebook.cells, submission.regions, strict=True)
        if cell.kind == "code" and region in (None, home)
    )
    chosen = {cell.index for cell in cells}
    return Work(region or "", cells, tuple(run for run in runs if run.index in chosen and run.status != "skipped"))


def bands(bench: Bench) -> Bands:
    try:
        return bench.bands[bench.dataset.name]
    except KeyError as error:
        raise AssignmentError(
            f"there are no bands for the data set {bench.dataset.name}: run `grader calibrate`"
        ) from error


def sentence(text: str) -> str:
    return text if text.endswith((".", "?", ")")) else f"{text[:1].upper()}{text[1:]}."
