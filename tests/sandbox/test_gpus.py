"""A sandbox sees the GPUs that it is given, and no other.

The device files are stand-ins where there is no driver: what can be seen is a matter of files.
"""

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.execution.session import open_session
from grader.grading.limits import limits_of
from grader.sandbox.gpus import devices, seat
from grader.sandbox.start import kernel_spec
from grader.settings import Settings
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
        ((), "0", "nvidiactl, nvidia-uvm, nvidia0 is not in"),
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


def coming(gpus: str) -> tuple[threading.Thread, list[str]]:
    """Somebody who wants one of two places, and the GPU that they got so far."""
    got: list[str] = []

    def come() -> None:
        with seat(gpus, 2) as gpu:
            got.append(gpu)

    thread = threading.Thread(target=come)
    thread.start()
    return thread, got


def test_each_kernel_gets_a_gpu_and_none_has_more_than_it_has_room_for() -> None:
    with ExitStack() as held:
        assert [held.enter_context(seat("7,9", 2)) for _ in range(4)] == ["7", "9", "7", "9"]
        waiting, fifth = coming("7,9")
        waiting.join(0.5)
        assert fifth == []
        held.close()
        waiting.join(10)
        assert fifth[0] in ("7", "9")


def test_whoever_needs_a_gpu_alone_waits_for_all_its_places() -> None:
    alone, ready = threading.Event(), threading.Event()

    def wait() -> None:
        with seat("8", 2, alone=True):
            alone.set()
            ready.wait(10)

    with seat("8", 2):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not alone.wait(0.5)
    assert alone.wait(10)
    late, later = coming("8")
    late.join(0.5)
    assert later == []
    ready.set()
    late.join(10)
    waiting.join(10)
    assert later == ["8"]


def test_no_gpu_is_a_place_too() -> None:
    with seat("", 1) as first, seat("", 1) as second:
        assert first == second == ""


def test_a_kernel_keeps_to_its_part_of_the_memory(settings: Settings) -> None:
    """Said here, for torch to hear when it turns to a GPU."""
    limits = replace(limits_of(settings), gpu_part=0.25)
    said = "import torch\n[call for call, _ in torch.cuda._queued_calls if 'keep_to' in call.__qualname__]"
    with open_session(kernel_spec("bubblewrap", limits, "", settings.python)) as session:
        assert "keep_to" in session.run_cell(0, said, 30).outputs[0].text
    with open_session(kernel_spec("bubblewrap", limits_of(settings), "", settings.python)) as session:
        assert session.run_cell(0, said, 30).outputs[0].text == "[]"
