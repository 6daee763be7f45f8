"""One sandbox for all that only looks around, and what tells a test's own processes from others."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.execution.inject import prelude, source
from grader.execution.session import Session
from grader.sandbox import forks
from grader.sandbox.forks import ForkServer
from tests.sandbox import engines
from tests.sandbox.wall import ENGINES, FORKED, LIMITS, WALLS, open_wall


@pytest.fixture(scope="session")
def docker(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from engine("docker", pytestconfig, tmp_path_factory)


@pytest.fixture(scope="session")
def podman(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from engine("podman", pytestconfig, tmp_path_factory)


def engine(name: str, config: pytest.Config, folders: pytest.TempPathFactory) -> Iterator[str]:
    """Its command, which `open_wall` finds in the environment meanwhile. The image is kept: it takes a minute to make."""
    kept: Path = config.cache.mkdir("container-base")
    with engines.started(name, kept, folders.mktemp(name)) as command, pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"TEST_ENGINE_{name}", command)
        yield command


@pytest.fixture(scope="session")
def forked() -> Iterator[ForkServer]:
    """A fork server, whose address `open_wall` finds in the environment meanwhile."""
    if not forks.possible():
        pytest.skip("only root can enter the sandboxes that it builds")
    server = forks.start(sys.executable, LIMITS, [], prelude(), source("typical"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_FORK_SERVER", server.address)
        yield server
    forks.end(server)


@pytest.fixture(scope="module", params=WALLS)
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name in (*ENGINES, FORKED):
        request.getfixturevalue(name)
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
