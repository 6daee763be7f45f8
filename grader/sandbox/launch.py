"""Runs between the grader and bubblewrap, as a program of its own: limits, user, filter, exec. Standard library only.

Started by root, it shows the sandbox's user the folders that lie where that user cannot go (a Python under /root),
through bind mounts in a mount namespace of its own, which ends with the sandbox. Then it gives up root for good:
a bubblewrap that root starts still reads root's files.
"""

import ctypes
import json
import os
import resource
import sys
from pathlib import Path

CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE, PR_SET_NO_NEW_PRIVS = 0x20000, 0x1000, 0x4000, 0x40000, 38


def call(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def stage(folders: dict[str, str]) -> None:
    """Bind each folder to a place that the sandbox's user can reach."""
    libc = ctypes.CDLL(None, use_errno=True)
    call(libc.unshare(CLONE_NEWNS), "unshare")
    call(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "make mounts private")
    for source, target in folders.items():
        Path(target).mkdir(mode=0o755)
        call(libc.mount(os.fsencode(source), os.fsencode(target), None, MS_BIND | MS_REC, None), f"bind {source}")


def limit(name: str, value: int) -> None:
    """Set a resource limit, or the hard limit where that is lower already."""
    number = getattr(resource, f"RLIMIT_{name}")
    hard = resource.getrlimit(number)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(number, (value, value))


def main() -> None:
    launch = json.loads(sys.argv[1])
    # where the machine's memory runs out, a sandbox ends before the grader does
    Path("/proc/self/oom_score_adj").write_text(launch["oom_score"])
    for group in launch["groups"]:
        (Path(group) / "cgroup.procs").write_text("0")
    if launch["stage"]:
        stage(launch["stage"])
    filtered = os.open(launch["filter"], os.O_RDONLY)
    os.set_inheritable(filtered, True)
    # the grader has a limit on its own memory, which is not the sandbox's
    resource.setrlimit(resource.RLIMIT_DATA, (resource.getrlimit(resource.RLIMIT_DATA)[1],) * 2)
    for name, value in launch["limits"].items():
        limit(name, value)
    if launch["user"] is not None:
        os.setgroups([])
        os.setresgid(launch["user"], launch["user"], launch["user"])
        os.setresuid(launch["user"], launch["user"], launch["user"])
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    program, *arguments = launch["argv"]
    # /proc/1/environ shows the environment at exec, whatever --clearenv does later
    os.execve(program, [program, "--seccomp", str(filtered), *arguments], {"PATH": "/usr/bin:/bin"})  # noqa: S606


if __name__ == "__main__":
    main()
