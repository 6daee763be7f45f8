"""What all processes of one sandbox may use together, and the word for ending them all: a control group, v1 or v2.

Groups stand side by side at the top: below a group of ours, all sandboxes together would get the time of one process.
"""

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.limits import Limits

MOUNTS = Path("/sys/fs/cgroup")
PERIOD_US = 100_000
EMPTY_SECONDS = 10.0

V1 = ("memory", "pids", "cpu")
"""Each of these is a hierarchy of its own in version 1; in version 2 there is one for all."""

ALMOST = 0.99
"""Of a limit: a group's counter is ahead by what each processor holds ready."""


def files(name: str, limits: Limits, mounts: Path | None = None) -> dict[Path, str]:
    """Which value goes into which file, in this order; empty where this machine has no control groups for us."""
    mounts = mounts or MOUNTS
    memory, quota = str(limits.memory_bytes), limits.threads * PERIOD_US
    if (mounts / "cgroup.controllers").exists():
        folder = mounts / name
        return {
            folder / "memory.max": memory,
            folder / "memory.swap.max": "0",
            folder / "pids.max": str(limits.processes),
            folder / "cpu.max": f"{quota} {PERIOD_US}",
        }
    if all((mounts / controller / "cgroup.procs").exists() for controller in V1):
        by_controller = {controller: mounts / controller / name for controller in V1}
        return {
            by_controller["memory"] / "memory.limit_in_bytes": memory,
            by_controller["memory"] / "memory.memsw.limit_in_bytes": memory,
            by_controller["memory"] / "memory.swappiness": "0",
            by_controller["pids"] / "pids.max": str(limits.processes),
            by_controller["cpu"] / "cpu.cfs_period_us": str(PERIOD_US),
            by_controller["cpu"] / "cpu.cfs_quota_us": str(quota),
        }
    return {}


def make(name: str, limits: Limits) -> tuple[Path, ...]:
    """The folders of a new group, which a process joins by writing itself into `cgroup.procs` of each.

    Empty where this machine has none, or gives us none to make.
    """
    values = files(name, limits)
    folders = tuple(dict.fromkeys(path.parent for path in values))
    try:
        for folder in folders:
            if (MOUNTS / "cgroup.controllers").exists():
                (MOUNTS / "cgroup.subtree_control").write_text("+memory +pids +cpu")
            folder.mkdir()
        for path, value in values.items():
            # a kernel may count no swap, and then limits none
            if path.exists() or ("swap" not in path.name and "memsw" not in path.name):
                path.write_text(value)
    except OSError:
        remove(folders)
        return ()
    return folders


def existing(name: str) -> tuple[Path, ...]:
    """The folders of a group that an earlier grader may have left."""
    places = (MOUNTS, *(MOUNTS / controller for controller in V1))
    return tuple(folder for place in places if (folder := place / name).is_dir())


def out_of_memory(folders: Iterable[Path]) -> bool:
    """Whether a process of the group was ended because there was too little memory: the group's, or the machine's."""
    return any(
        counted(folder, name, "oom_kill") for folder in folders for name in ("memory.events", "memory.oom_control")
    )


def full(folders: Iterable[Path]) -> bool:
    """Whether all of the group's processes together have needed as much memory as they may have."""
    return any(
        counted(folder, "memory.events", "oom")
        or number(folder / "memory.max_usage_in_bytes") > ALMOST * number(folder / "memory.limit_in_bytes")
        for folder in folders
    )


def counted(folder: Path, name: str, event: str) -> int:
    """How often it has happened, by one of the group's files with a line for each kind of event."""
    if not (folder / name).exists():
        return 0
    return int(dict(line.split() for line in (folder / name).read_text().splitlines()).get(event, 0))


def number(path: Path) -> int:
    return int(path.read_text()) if path.exists() else 0


def end(folders: Iterable[Path]) -> None:
    """Kill all processes of the group and wait until they are gone. Raises SandboxError if one stays."""
    deadline = time.monotonic() + EMPTY_SECONDS
    for folder in folders:
        while pids := members(folder):
            if (folder / "cgroup.kill").exists():
                (folder / "cgroup.kill").write_text("1")
            if time.monotonic() > deadline:
                raise SandboxError(f"processes of a sandbox cannot be ended: {', '.join(map(str, pids))}")
            for pid in pids:
                kill(pid)
            time.sleep(0.005)


def members(folder: Path) -> list[int]:
    try:
        return [int(pid) for pid in (folder / "cgroup.procs").read_text().split()]
    except FileNotFoundError:
        return []


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def remove(folders: Iterable[Path]) -> None:
    """Raises OSError while a process is in the group."""
    for folder in folders:
        if folder.is_dir():
            folder.rmdir()
