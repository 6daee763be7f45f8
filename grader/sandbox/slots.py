"""Places for running sandboxes, each with an unprivileged user id of its own, and a note of what to clear away.

A slot's file is locked while its sandbox runs and names the sandbox's folder. A grader that was killed lets go of the
lock and leaves the name: whoever starts the next sandbox clears away what that one left.
"""

import fcntl
import os
import re
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import IO

from grader.errors import SandboxError
from grader.sandbox import cgroup, engine

FIRST_UID, SLOTS = 20001, 64
NAME = re.compile(r"grader-[0-9a-f]{16}")


def claim_slot(base: Path, name: str) -> tuple[int, IO[str]]:
    """A user id that no other grader on this machine holds, and the open file that keeps it until `free_slot`."""
    (base / "slots").mkdir(exist_ok=True)
    sweep(base)
    for number in range(SLOTS):
        lock = locked(base / "slots" / str(number))
        if lock is None:
            continue
        if os.fstat(lock.fileno()).st_size:
            # what could not be cleared away still has this user
            lock.close()
            continue
        lock.write(name)
        lock.flush()
        return FIRST_UID + number, lock
    raise SandboxError(f"all {SLOTS} sandboxes of this machine are in use")


def free_slot(base: Path, lock: IO[str]) -> None:
    """Clear away what the slot's sandbox left, and let others have it. Raises SandboxError while something stays."""
    with lock:
        clear(base, lock)


def sweep(base: Path) -> None:
    """Clear away what killed graders left. What does not go, as a process that hangs in a driver, keeps its slot."""
    for path in (base / "slots").iterdir():
        if path.stat().st_size and (lock := locked(path)):
            with lock, suppress(SandboxError):
                clear(base, lock)


def locked(path: Path) -> IO[str] | None:
    lock = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def clear(base: Path, lock: IO[str]) -> None:
    lock.seek(0)
    for name in NAME.findall(lock.read()):
        engine.remove(base / name)
        groups = cgroup.existing(name)
        cgroup.end(groups)
        cgroup.remove(groups)
        # a notebook can nest folders deeper than Python can follow
        subprocess.run(["/bin/rm", "-rf", "--one-file-system", str(base / name)], check=False)  # noqa: S603
    lock.truncate(0)
