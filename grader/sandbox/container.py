"""The same wall from a container engine: docker, podman, or what takes their options."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from traitlets import Instance

from grader.errors import SandboxError
from grader.sandbox.engine import Engine, note, removal, run, state
from grader.sandbox.installed import distribution_paths, own_python
from grader.sandbox.limits import OOM_SCORE
from grader.sandbox.provisioner import HOME, WORK, WalledProvisioner, environment
from grader.sandbox.syscalls import filter_profile

DATA = "/data"
STARVED = 99
INSIDE = f"""
mkdir -p {WORK} {HOME}/.matplotlib
cd {WORK}
if [ -d {DATA} ]; then ln -s {DATA} data; fi
"$@"
code=$?
if grep -qs "^oom_kill [1-9]" /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; then code={STARVED}; fi
exit $code
"""
"""The first process of a container: it starts the kernel, buries what the kernel's children leave, and says how it ended.

Engines are asked for no more than an exit code: not all of them notice, on all machines, that memory was short.
"""

SEALED = (
    *("--pull=never", "--hostname=sandbox", "--workdir=/", "--log-driver=none", "--stop-timeout=0"),
    *("--network=none", "--ipc=private", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"),
    *("--ulimit=core=0", "--ulimit=nofile=1024:1024", "--ulimit=msgqueue=0"),
)
"""What every container gets."""


class ContainerProvisioner(WalledProvisioner):
    """A container of its own for each kernel, that the engine ends and removes with it.

    A kernel with the grader's own Python is shown that one, read-only, in any image that has its libraries; another
    Python is the image's.
    """

    engine = Instance(Engine, config=True)
    warnings: tuple[str, ...] = ()

    def command(self, kernel: list[str], folder: Path) -> list[str]:
        command = shlex.split(self.engine.command)
        (folder / "seccomp.json").write_text(json.dumps(filter_profile()), encoding="utf-8")
        note(folder, command)
        options = self.wall(folder, own=kernel[0] == sys.executable)
        made = run([*command, "create", *options, self.engine.image, "/bin/sh", "-c", INSIDE, "sh", *kernel])
        said = made.stderr.strip().splitlines() or ["no reason given"]
        if made.returncode != 0:
            raise SandboxError(
                f"`{self.engine.command}` makes no container of the image {self.engine.image}: {said[-1]}"
            )
        self.warnings = tuple(line for line in said if line.startswith("WARNING:"))
        guarded = [[*command, "start", "--attach", folder.name], removal(command, folder.name)]
        return [sys.executable, "-I", str(Path(__file__).with_name("guard.py")), json.dumps(guarded)]

    @property
    def lacks(self) -> tuple[str, ...]:
        own_user = () if self.user is not None else ("a user of its own for each sandbox (only root can give it one)",)
        return (*own_user, *self.warnings)

    def wall(self, folder: Path, own: bool) -> list[str]:
        """The options of `create`; `own` shows the grader's own Python."""
        limits, user = self.limits, f"{self.user or os.geteuid()}:{self.user or os.getegid()}"
        argv = ["--name", folder.name, "--user", user, *SEALED, "--security-opt", f"seccomp={folder / 'seccomp.json'}"]
        argv += ["--memory", str(limits.memory_bytes), "--memory-swap", str(limits.memory_bytes)]
        argv += ["--oom-score-adj", OOM_SCORE]
        argv += ["--pids-limit", str(limits.processes), "--ulimit", f"nproc={limits.processes}"]
        argv += ["--cpus", str(limits.threads), "--shm-size", str(limits.shm_bytes)]
        argv += ["--ulimit", f"fsize={limits.work_bytes}"]
        for writable in ("/tmp", HOME):  # noqa: S108
            argv += ["--tmpfs", f"{writable}:rw,exec,nosuid,nodev,mode=1777,size={limits.work_bytes}"]
        argv += bound(folder / "open", folder / "open", "rw")
        argv += bound(self.data, DATA) if self.data else []
        argv += gpu_options(self.engine.command, self.gpus)
        shown = own_python() if own else []
        installed = distribution_paths("deep-learning-grader") if own else []
        # images close /root to all but root, and podman lets everybody write to /var/tmp
        bare = ["/root", "/var/tmp", *self.hidden, *(str(path) for path in installed if path.is_dir())]  # noqa: S108
        for number, place in enumerate(dict.fromkeys(bare)):
            argv += bound(emptied(folder / f"bare-{number}", place, [*shown, *self.hidden]), place)
        for python in shown:
            argv += bound(python, python)
        for path in installed:
            argv += [] if path.is_dir() else bound("/dev/null", path)
        variables = environment(limits.threads)
        if not own:
            del variables["PATH"]
        for name, value in variables.items():
            argv += ["--env", f"{name}={value}"]
        return argv

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        # our end of it closes with the grader, however that ends
        return await super().pre_launch(**kwargs) | {"stdin": subprocess.PIPE}

    async def adopt_sockets(self) -> str:
        assert self.folder is not None
        try:
            return await super().adopt_sockets()
        except SandboxError as error:
            if reason := state(self.folder, "Error"):
                raise SandboxError(f"`{self.engine.command}` starts no container: {reason}") from error
            raise

    async def cleanup(self, restart: bool = False) -> None:
        if self.folder is not None and self.lock is not None:
            self.starved = self.starved or state(self.folder, "ExitCode") == str(STARVED)
        await super().cleanup(restart)


def gpu_options(command: str, gpus: str) -> list[str]:
    """podman knows GPUs as devices of the Container Device Interface, docker by its own option."""
    if not gpus:
        return []
    if Path(shlex.split(command)[0]).name == "podman":
        return [option for number in gpus.split(",") for option in ("--device", f"nvidia.com/gpu={number}")]
    # a number alone would be how many
    return ["--gpus", gpus if gpus == "all" else f'"device={gpus}"']


def bound(source: str | Path, target: str | Path, mode: str = "ro") -> list[str]:
    return ["--volume", f"{source}:{target}:{mode}"]


def emptied(folder: Path, place: str, targets: Sequence[str]) -> Path:
    """Make a folder to be seen at `place`, which holds nothing but mount points for those targets that lie below it."""
    folder.mkdir(mode=0o755)
    for target in targets:
        if Path(target).is_relative_to(place):
            (folder / Path(target).relative_to(place)).mkdir(mode=0o755, parents=True, exist_ok=True)
    return folder
