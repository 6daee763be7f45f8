"""What all backends share: a private folder for the sockets, and taking them out of the sandbox's reach."""

import asyncio
import os
import secrets
import stat
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Instance, List, Unicode

from grader.errors import KernelNotStarted, SandboxError
from grader.sandbox import cgroup
from grader.sandbox.limits import Limits
from grader.sandbox.slots import claim_slot, free_slot

HOME = Path("/home/student")
WORK = HOME / "work"
SOCKETS = 5
START_SECONDS = 60


def arithmetic(threads: int) -> dict[str, str]:
    """How many threads torch and BLAS use, and what makes them fast; no result depends on the rest.

    Threads spin for a moment while they wait for each other, not for long: as soon as anything else runs, they would take
    the processor from the one that they wait for. Memory of a batch's size stays with the process: to get it from the
    system and clear it anew each time takes a fifth of a training's time.
    """
    return {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "GOMP_SPINCOUNT": "500",
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
    }


def environment(threads: int) -> dict[str, str]:
    """All variables that a kernel sees behind a wall which shows it the grader's own Python."""
    return arithmetic(threads) | {
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "HOME": str(HOME),
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",  # noqa: S108
        "IPYTHONDIR": f"{HOME}/.ipython",
        "MPLCONFIGDIR": f"{HOME}/.matplotlib",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


class WalledProvisioner(LocalProvisioner):
    """Launches a kernel whose sockets lie in `<folder>/open`, the only folder that it shares with the grader.

    A subclass says with `command` how the kernel's argv is wrapped.
    """

    limits = Instance(Limits, config=True)
    data = Unicode(config=True)
    """Folder that holds `MNIST/`, shown read-only as `data` in the kernel's working folder; "" for none."""

    hidden = List(Unicode(), config=True)
    """Folders that must not be seen, should they lie inside of what a wall shows of the system."""

    gpus = Unicode(config=True)
    """The GPUs that the kernel can see: "" for none, "all", or their numbers as in "0,2"."""

    folder: Path | None = None
    user: int | None = None
    """The sandbox's own user id out here; None where only root could give it one."""
    groups: tuple[Path, ...] = ()
    """The folders of its control group; empty where the machine gives us none."""
    lock: IO[str] | None = None
    starved = False
    """Whether a process in there was ended because all of them together needed too much memory; known at the end."""
    lost = False
    """Whether the sandbox, or a process in it, was ended by the machine or by somebody on it; known at the end."""
    ending = False
    """Whether it is we who end it."""

    @property
    def warm(self) -> bool:
        """Whether the kernel had everything imported when it started."""
        return False

    @property
    def lacks(self) -> tuple[str, ...]:
        """What this machine does not let the wall have."""
        raise NotImplementedError

    def command(self, kernel: list[str], folder: Path) -> list[str]:
        raise NotImplementedError

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        self.folder = self.make_folder()
        manager: Any = self.parent
        manager.transport = "ipc"
        manager.ip = str(self.folder / "open" / "k")
        manager.connection_file = str(self.folder / "open" / "connection.json")
        launch = await super().pre_launch(env={"PATH": "/usr/bin:/bin"}, cwd=str(self.folder), **kwargs)
        if self.user is not None:
            os.chown(manager.connection_file, self.user, self.user)
        launch["cmd"] = self.command(launch["cmd"], self.folder)
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return launch | quiet

    def make_folder(self) -> Path:
        """A short path (socket paths end at 107 bytes) that others can neither list nor guess."""
        name, base = f"grader-{secrets.token_hex(8)}", base_folder()
        user, self.lock = claim_slot(base, name)
        folder = base / name
        folder.mkdir(mode=0o711)
        for part in ("open", "held"):
            (folder / part).mkdir(mode=0o700)
        if os.geteuid() == 0:
            self.user = user
            os.chown(folder / "open", user, user)
        return folder

    async def adopt_sockets(self) -> str:
        """Move the sockets where the sandbox cannot replace them, before any student code runs; returns their prefix.

        A notebook could otherwise swap a socket for a link to another service of this machine.
        """
        assert self.folder is not None
        opened, held = self.folder / "open", self.folder / "held"
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while len(names := [path.name for path in opened.glob("k-*")]) < SOCKETS:
            if await self.poll() is not None or asyncio.get_running_loop().time() > deadline:
                raise KernelNotStarted(
                    "no kernel came up inside the sandbox; `grader doctor` shows what this machine lacks"
                )
            await asyncio.sleep(0.01)
        for name in names:
            if not stat.S_ISSOCK((opened / name).lstat().st_mode):
                raise KernelNotStarted(f"{name} in the kernel's folder is not a socket")
            (opened / name).rename(held / name)
        self.close(opened)
        return str(held / "k")

    def close(self, opened: Path) -> None:
        """Take the folder of the sockets away, once they are out of it."""
        if self.user is not None:
            # the sandbox still sees this folder, on a disk where no limit holds
            os.chown(opened, 0, 0)
            opened.chmod(0o755)
        # whatever still knows the old path must not find anything there again
        opened.rename(opened.with_name("left"))

    async def poll(self) -> int | None:
        status: int | None = await super().poll()
        # what happens inside ends no process out here by a signal
        self.lost = self.lost or (status is not None and status < 0 and not self.ending)
        return status

    async def send_signal(self, signum: int) -> None:
        self.ending = self.ending or signum != 0
        await super().send_signal(signum)

    async def kill(self, restart: bool = False) -> None:
        self.ending = True
        await super().kill(restart)

    async def terminate(self, restart: bool = False) -> None:
        self.ending = True
        await super().terminate(restart)

    async def cleanup(self, restart: bool = False) -> None:
        await super().cleanup(restart)
        if cgroup.out_of_memory(self.groups):
            self.starved = self.starved or cgroup.full(self.groups)
            self.lost = self.lost or not self.starved
        lock, self.lock = self.lock, None
        if lock is not None:
            free_slot(base_folder(), lock)


def base_folder() -> Path:
    """Where the sandboxes' folders lie, out here: of our own, and nobody else may put anything into it."""
    user = os.geteuid()
    base = Path("/run/grader") if user == 0 else Path(f"/tmp/grader-{user}")  # noqa: S108
    base.mkdir(mode=0o711, parents=True, exist_ok=True)
    found = base.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != user or found.st_mode & 0o022:
        raise SandboxError(f"{base} is not a folder that only you can write to")
    return base
