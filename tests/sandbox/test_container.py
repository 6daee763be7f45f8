"""What a container engine is told, and that no container stays."""

import os
import secrets
import signal
import sys
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandbox.engine import run as run_engine
from grader.sandbox.provisioner import base_folder
from tests.sandbox.engines import run
from tests.sandbox.wall import (
    ENGINES,
    folder_of,
    grader_of_its_own,
    inside,
    open_locks,
    open_wall,
    processes,
    wait_until,
)


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    request.getfixturevalue(name)
    return name


def containers(engine: str) -> set[str]:
    """The names of all that there are, running or not."""
    listed = run(f"{os.environ[f'TEST_ENGINE_{engine}']} ps --all --format {{{{.Names}}}}")
    assert listed.returncode == 0, listed.stderr
    return set(listed.stdout.split())


def test_the_container_is_removed_after_the_session(engine: str) -> None:
    with open_wall(engine) as session:
        name = folder_of(session).name
        assert name in containers(engine)

    assert name not in containers(engine)


def test_the_container_is_removed_after_the_kernels_death(engine: str) -> None:
    with open_wall(engine) as session:
        name = folder_of(session).name
        session.run_cell(0, "import os\nos._exit(0)", 30)
        assert name not in containers(engine)


@pytest.mark.parametrize("killed", ["grader", "grader and guard"])
def test_the_container_is_removed_after_the_grader_was_killed(engine: str, killed: str, marker: str) -> None:
    with grader_of_its_own(engine, marker) as grader:
        assert grader.stdout is not None
        name = Path(grader.stdout.readline().decode().strip()).name
        assert name in containers(engine)
        if killed == "grader and guard":
            for pid in processes("grader/sandbox/guard.py"):
                if name.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)
        grader.kill()

    if killed == "grader":
        assert wait_until(lambda: name not in containers(engine))
    else:
        assert name in containers(engine)
        with open_wall("bubblewrap"):
            assert name not in containers(engine), "whoever comes next clears away what a killed grader left"


def test_it_has_no_network_whatever_the_engine_would_give(engine: str) -> None:
    """The tests' docker has none to give."""
    with open_wall(engine) as session:
        command = os.environ[f"TEST_ENGINE_{engine}"]
        found = run(f"{command} inspect --format {{{{.HostConfig.NetworkMode}}}}", folder_of(session).name)
    assert found.stdout.strip() == "none"


@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="there is a GPU here")
@pytest.mark.parametrize("gpus", ["all", "0", "0,2"])
def test_a_container_does_not_start_without_the_gpus_that_it_is_to_have(engine: str, gpus: str) -> None:
    with (
        pytest.raises(SandboxError, match=r"could not select device driver|no kernel came up"),
        open_wall(engine, gpus=gpus),
    ):
        pass


def test_an_engine_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.sandbox.engine.ANSWER_SECONDS", 0.1)
    with pytest.raises(SandboxError, match="the container engine `sleep` does not answer"):
        run_engine(["sleep", "1000"])


LACKS = {
    "engine": "the container engine `no-such-engine` cannot be started: No such file or directory",
    "image": "makes no container of the image localhost/no-such-image",
    "python": "no kernel came up inside the sandbox",
}


@pytest.mark.parametrize("lack", LACKS)
def test_a_container_that_cannot_be_made_is_the_machines_fault_and_leaves_nothing(
    engine: str, lack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, before, there = secrets.token_hex(8), open_locks(), containers(engine)
    monkeypatch.setattr("grader.sandbox.provisioner.secrets.token_hex", lambda _: name)
    with monkeypatch.context() as patch:
        if lack == "engine":
            patch.setenv(f"TEST_ENGINE_{engine}", "no-such-engine --option")
        if lack == "image":
            patch.setattr("tests.sandbox.wall.IMAGE", "localhost/no-such-image")
        python = "/usr/bin/false" if lack == "python" else sys.executable
        with pytest.raises(SandboxError, match=LACKS[lack]), open_wall(engine, python=python):
            pass

    assert not (base_folder() / f"grader-{name}").exists()
    assert containers(engine) == there
    assert open_locks() <= before


def test_the_graders_python_is_seen_even_where_its_folder_is_hidden(engine: str) -> None:
    """As where the environment lies in the project's checkout."""
    folder = Path(sys.prefix).parent
    with open_wall(engine, hidden=[str(folder)]) as session:
        assert inside(session, "import os\nresult = os.listdir(folder)", folder=str(folder)) == [Path(sys.prefix).name]
