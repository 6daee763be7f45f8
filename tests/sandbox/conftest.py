"""One sandbox for all that only looks around, and what tells a test's own processes from others."""

import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.execution.session import Session
from tests.sandbox.wall import WALLS, open_wall, processes


@pytest.fixture(scope="module", params=WALLS)
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that everybody out here may write to."""
    folder = tmp_path_factory.mktemp("data")
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "images").write_text("pixels")
    for path in (folder, folder / "MNIST", raw, raw / "images"):
        path.chmod(0o777)
    return folder


@pytest.fixture(scope="module")
def wall(backend: str, data: Path) -> Iterator[Session]:
    """One sandbox for all that only looks around in it."""
    with open_wall(backend, str(data)) as session:
        yield session


@pytest.fixture
def marker() -> Iterator[str]:
    """Tells a test's own processes from all others; none is left behind."""
    marker = f"grader-test-{secrets.token_hex(8)}"
    yield marker
    for pid in processes(marker):
        os.kill(pid, signal.SIGKILL)
