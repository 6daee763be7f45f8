"""Run the checks of one item, and say whose fault it is when one does not pass."""

import hashlib
import hmac
import inspect
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.errors import CallFailed, CallTimedOut, InfrastructureFault, StudentFault
from grader.execution.student import Ask, Student
from grader.notebooks.facts import library_names
from grader.records.assignment import Check
from grader.records.findings import Finding
from grader.records.rubric import CheckSpec, Item


@dataclass(frozen=True)
class Bench:
    """What checks work with: both faces, the code that they may read, and the key of the hidden inputs."""

    student: Student
    reference: Student
    sources: Sequence[str]
    checks: Mapping[str, Check]
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
    if not is_defined(item, bench):
        return unjudged(
            item,
            f"`{item.object}` is not defined after its cell has run. Run the notebook from top to bottom in a fresh kernel: "
            "does the cell that defines it end without an error?",
        )
    for face in (bench.student, bench.reference):
        face.forget()
    findings: list[Finding] = []
    passed: set[str] = set()
    for spec in item.checks:
        unmet = [name for name in spec.requires if name not in passed]
        if unmet:
            message = f"Not run, because it says nothing while {' and '.join(unmet)} does not pass."
            finding = Finding(item.id, spec.id, "skipped", message, "student")
        else:
            finding = run(item, spec, bench)
        passed |= {spec.id} if finding.status == "passed" else set()
        findings.append(finding)
    return tuple(findings)


def is_defined(item: Item, bench: Bench) -> bool:
    """Whether there is anything to probe; a kernel that does not answer has nothing either."""
    try:
        return item.object is not None and bench.student.describe(item.object) is not None
    except StudentFault:
        return False


def unjudged(item: Item, message: str) -> tuple[Finding, ...]:
    """The findings of an item that cannot be probed, through its notebook's own fault: said once, not at each check."""
    first, *rest = item.checks
    skipped = (Finding(item.id, spec.id, "skipped", "Not run, for the same reason.", "student") for spec in rest)
    return (Finding(item.id, first.id, "failed", message, "student"), *skipped)


def run(item: Item, spec: CheckSpec, bench: Bench) -> Finding:
    """One check. What the student's code does wrong is a failure, what the check does wrong is an error."""
    check = bench.checks[spec.run]
    offered = {
        "student": bench.student,
        "reference": bench.reference,
        "draw": generator(bench.key, item.id, spec.id),
        "object": item.object,
        "libraries": library_names(bench.sources, item.object or ""),
    } | spec.params
    try:
        check(**{name: offered[name] for name in inspect.signature(check).parameters})
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


def sentence(text: str) -> str:
    return text if text.endswith((".", "?", ")")) else f"{text[:1].upper()}{text[1:]}."
