"""Fixtures that cost seconds, shared by all tests that do not test isolation itself."""

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from grader.datasets.prepare import find
from grader.engines.forks import CHANCES, Forks
from grader.engines.local import open_local
from grader.execution.session import Session
from grader.execution.student import Student
from grader.grading.assignments import load
from grader.grading.grade import session_for
from grader.grading.job import Submit
from grader.grading.reference import reference_face
from grader.records.assignment import Assignment
from grader.settings import Settings
from tests.sandbox.wall import processes

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
ALONE = (
    "engines",
    "sandbox",
    "service/test_faults.py",
    "service/test_worker_faults.py",
    "grading/test_mutants.py",
    "grading/test_solutions.py",
    "grading/test_verify.py",
)
"""Tests that look at all sandboxes of the machine, or keep its cores busy by themselves."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.is_relative_to(TESTS / place) for place in ALONE):
            item.add_marker("alone")


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings()


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    return load(ROOT, "deep-learning-1")


@pytest.fixture(scope="session")
def reference(assignment: Assignment) -> Student:
    return reference_face(assignment)


@pytest.fixture(scope="session")
def fork_server(settings: Settings) -> Iterator[str]:
    """The address of a server that kernels can be forked from; "" where this machine's have to start cold."""
    with closing(Forks(CHANCES)) as forks:
        yield forks.address(settings)


@pytest.fixture(scope="session")
def shared_session(settings: Settings) -> Iterator[Session]:
    """One walled kernel for the whole run; use `session`."""
    with session_for(settings, find(settings.datasets, "small")) as session:
        yield session


@pytest.fixture
def session(shared_session: Session) -> Session:
    """The shared kernel with an empty namespace."""
    run = shared_session.run_cell(0, "%reset -f", 30)
    assert run.status == "ok", run.error
    return shared_session


class Over(Exception):
    """The test has ended."""


@pytest.fixture
def submit() -> Iterator[Submit]:
    """The engine of this machine; what a test that failed left running ends with it."""
    with suppress(Over), open_local() as engine:
        yield engine
        raise Over


@pytest.fixture
def marker() -> Iterator[str]:
    """Tells a test's own processes from all others; none is left behind."""
    marker = f"grader-test-{secrets.token_hex(8)}"
    yield marker
    for pid in processes(marker):
        os.kill(pid, signal.SIGKILL)
