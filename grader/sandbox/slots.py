"""One unprivileged user id per running sandbox, so that two of them share neither files nor process limits."""

import fcntl
import os
from pathlib import Path
from typing import IO

from grader.errors import SandboxError

FIRST_UID, SLOTS = 20001, 64


def claim_slot(folder: Path) -> tuple[int, IO[str]]:
    """A user id that no other grader on this machine holds, and the open lock that keeps it until closed."""
    folder.mkdir(parents=True, exist_ok=True)
    for slot in range(SLOTS):
        lock = (folder / str(slot)).open("w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        return FIRST_UID + slot, lock
    raise SandboxError(f"all {SLOTS} sandboxes of this machine are in use (pid {os.getpid()})")
