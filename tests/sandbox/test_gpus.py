"""A sandbox sees the GPUs that it is given, and no other.

The device files are stand-ins where there is no driver: what can be seen is a matter of files.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandbox.gpus import devices
from tests.sandbox.wall import as_root, inside, open_wall

SEEN = """
import os
result = sorted(name for name in os.listdir('/dev') if name.startswith('nvidia'))
for name in result:
    os.close(os.open(f'/dev/{name}', os.O_RDWR))
"""
NULL = os.makedev(1, 3)
FILES = ("nvidiactl", "nvidia-uvm", "nvidia0", "nvidia1", "nvidia10")


def make(folder: Path, names: tuple[str, ...]) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        os.mknod(path, stat.S_IFCHR | 0o666, NULL)
        path.chmod(0o666)
    return paths


@pytest.fixture
def drivers() -> Iterator[None]:
    if list(Path("/dev").glob("nvidia*")):
        pytest.skip("there is a GPU here")
    paths = make(Path("/dev"), FILES)
    yield
    for path in paths:
        path.unlink()


@as_root
@pytest.mark.parametrize(
    ("gpus", "seen"),
    [
        ("", []),
        ("1", ["nvidia-uvm", "nvidia1", "nvidiactl"]),
        ("0,10", ["nvidia-uvm", "nvidia0", "nvidia10", "nvidiactl"]),
        ("all", ["nvidia-uvm", "nvidia0", "nvidia1", "nvidia10", "nvidiactl"]),
    ],
)
@pytest.mark.usefixtures("drivers")
def test_a_sandbox_sees_the_gpus_that_it_is_given(gpus: str, seen: list[str]) -> None:
    with open_wall("bubblewrap", gpus=gpus) as session:
        assert inside(session, SEEN) == seen


@pytest.mark.parametrize("backend", ["docker", "podman"])
@as_root
@pytest.mark.usefixtures("drivers")
def test_a_container_sees_none_unasked(backend: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(backend)
    with open_wall(backend) as session:
        assert inside(session, SEEN) == []


@as_root
@pytest.mark.parametrize(
    ("there", "gpus", "missing"),
    [
        ((), "all", "nvidiactl, nvidia-uvm is not in"),
        (FILES[:2], "all", "there is none in"),
        (FILES, "0,3", "nvidia3 is not in"),
    ],
)
def test_a_gpu_that_is_not_there_is_the_machines_fault(
    tmp_path: Path, there: tuple[str, ...], gpus: str, missing: str
) -> None:
    make(tmp_path, there)
    with pytest.raises(SandboxError, match=missing):
        devices(gpus, tmp_path)
