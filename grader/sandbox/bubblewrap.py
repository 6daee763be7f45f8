"""The default wall: bubblewrap, as a user of its own, with no network and a read-only system."""

import json
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox import cgroup
from grader.sandbox.gpus import devices
from grader.sandbox.installed import distribution_paths, own_python
from grader.sandbox.limits import OOM_SCORE, Limits
from grader.sandbox.provisioner import HOME, WORK, WalledProvisioner, environment
from grader.sandbox.syscalls import filter_program


class BubblewrapProvisioner(WalledProvisioner):
    """A private root of read-only binds and sized tmpfs, in namespaces of its own, built by an unprivileged user."""

    def command(self, kernel: list[str], folder: Path) -> list[str]:
        readable = {path: path for path in own_python()}
        if self.data:
            readable[self.data] = str(WORK / "data")
        self.groups = cgroup.make(folder.name, self.limits)
        (folder / "filter").write_bytes(filter_program())
        staged = {source: str(folder / f"readable-{n}") for n, source in enumerate(readable)}
        launch = {
            "user": self.user,
            "groups": [str(group) for group in self.groups],
            "filter": str(folder / "filter"),
            "stage": staged if self.user is not None else {},
            "limits": self.resource_limits(),
            "oom_score": OOM_SCORE,
            "argv": self.wall(folder, {staged[s] if self.user is not None else s: t for s, t in readable.items()})
            + kernel,
        }
        return [sys.executable, "-I", "-S", str(Path(__file__).with_name("launch.py")), json.dumps(launch)]

    def resource_limits(self) -> dict[str, int]:
        """What each process may use, and at most how many threads the sandbox's user has."""
        limits = {"CORE": 0, "FSIZE": self.limits.work_bytes, "NOFILE": 1024, "MEMLOCK": 64 << 20, "MSGQUEUE": 0}
        limits["NPROC"] = self.limits.processes
        # torch reserves far more address space than it uses: a limit on it is only for want of a better one
        return limits if self.groups else limits | {"AS": self.limits.memory_bytes}

    @property
    def lacks(self) -> tuple[str, ...]:
        own_user = () if self.user is not None else ("a user of its own for each sandbox (only root can give it one)",)
        together = "limits on the memory and processes of a whole sandbox (no control group of this machine is ours)"
        return (*own_user, *(() if self.groups else (together,)))

    def wall(self, folder: Path, readable: dict[str, str]) -> list[str]:
        """bubblewrap's own arguments; `readable` maps folders out here to where they appear inside."""
        argv = [bubblewrap(), "--unshare-user", "--unshare-all", "--disable-userns", "--uid", "1000", "--gid", "1000"]
        argv += ["--hostname", "sandbox", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
        argv += view(readable, self.hidden, self.limits)
        for device in devices(self.gpus):
            argv += ["--dev-bind", str(device), str(device)]
        opened = str(folder / "open")
        argv += ["--bind", opened, opened, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", str(WORK)]
        for name, value in environment(self.limits.threads).items():
            argv += ["--setenv", name, value]
        return [*argv, "--"]


def bubblewrap() -> str:
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError("bubblewrap is not installed: `apt-get install bubblewrap`")
    return program


def view(readable: Mapping[str, str], hidden: Iterable[str], limits: Limits) -> list[str]:
    """The files that can be seen inside, as bubblewrap's arguments: whatever is bound below a tmpfs comes after it."""
    work, shm = str(limits.work_bytes), str(limits.shm_bytes)
    argv = ["--size", work, "--tmpfs", "/tmp", "--size", work, "--tmpfs", str(HOME)]  # noqa: S108
    argv += ["--dir", str(WORK), "--dir", str(HOME / ".matplotlib")]
    argv += ["--ro-bind", "/usr", "/usr", "--ro-bind-try", "/etc/fonts", "/etc/fonts"]
    for secret in hidden:
        argv += ["--size", "4096", "--tmpfs", secret] if Path(secret).is_relative_to("/usr") else []
    for name in ("lib", "lib64", "bin"):
        argv += ["--symlink", f"usr/{name}", f"/{name}"]
    for source, target in readable.items():
        argv += ["--ro-bind", source, target]
    for path in distribution_paths("deep-learning-grader"):
        folder_mask = ["--tmpfs", str(path), "--remount-ro", str(path)]
        argv += folder_mask if path.is_dir() else ["--ro-bind", "/dev/null", str(path)]
    return [*argv, "--proc", "/proc", "--dev", "/dev", "--size", shm, "--tmpfs", "/dev/shm"]  # noqa: S108
