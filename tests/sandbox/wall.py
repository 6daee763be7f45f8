"""A bare kernel behind a wall, and ways to look at it from both sides.

The tests beside this are the contract of all backends: a new one joins WALLS and has to keep the same promises.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from grader.execution.session import Session
from grader.sandbox import cgroup
from grader.sandbox.engine import Engine
from grader.sandbox.limits import Limits
from grader.sandbox.start import BACKENDS, kernel_spec, open_kernel

ROOT = Path(__file__).resolve().parent.parent.parent
ENGINES = ("docker", "podman")
FORKED = "forked"
"""bubblewrap's wall around kernels that a fork server has forked."""
WALLS = [FORKED, *(name for name in BACKENDS if name not in ("container", "none")), *ENGINES]
IMAGE = "localhost/grader-test-base"
MEGABYTE = 1 << 20
LIMITS = Limits(memory_bytes=4 << 30, work_bytes=24 * MEGABYTE, shm_bytes=8 * MEGABYTE, processes=128, threads=1)
DEADLINE = 15.0
"""Seconds that the machine may take to end a sandbox."""
with_groups = pytest.mark.skipif(
    not cgroup.files("", LIMITS) or os.geteuid() != 0, reason="this machine has no control groups for us"
)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a sandbox a user of its own")


@contextmanager
def open_wall(
    backend: str,
    data: str = "",
    python: str = sys.executable,
    hidden: Sequence[str] = (),
    limits: Limits = LIMITS,
    gpus: str = "",
) -> Iterator[Session]:
    """A bare kernel behind the wall, in which cells can be run.

    Which command an engine has stands in the environment, where a grader of its own process finds it too.
    """
    fork_server = os.environ["TEST_FORK_SERVER"] if backend == FORKED else ""
    name = "container" if backend in ENGINES else "bubblewrap" if backend == FORKED else backend
    engine = Engine(os.environ[f"TEST_ENGINE_{backend}"], IMAGE) if backend in ENGINES else None
    spec = kernel_spec(name, limits, data, python, hidden, gpus, engine, fork_server)
    with asyncio.Runner() as runner:
        opened = open_kernel(spec)
        kernel = runner.run(opened.__aenter__())
        try:
            session = Session(kernel, runner)
            assert session.provisioner().warm == (backend == FORKED)
            yield session
        finally:
            runner.run(opened.__aexit__(None, None, None))


def inside(session: Session, source: str, **variables: object) -> Any:
    """Run code in there that sets `result`, and bring that out."""
    given = "\n".join(f"{name} = {value!r}" for name, value in variables.items())
    run = session.run_cell(0, f"{given}\n{textwrap.dedent(source)}\nimport json\nprint(json.dumps(result))", 60)
    assert run.status == "ok", run.error
    return json.loads("".join(output.text for output in run.outputs).splitlines()[-1])


def folder_of(session: Session) -> Path:
    """The folder out here that the sandbox's sockets lie in."""
    folder: Path = session.kernel.manager.provisioner.folder  # type: ignore[union-attr]
    return folder


def processes(marker: str) -> list[int]:
    """All processes of this machine that have the marker among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def wait_until(happened: Callable[[], bool], seconds: float = DEADLINE) -> bool:
    deadline = time.monotonic() + seconds
    while not (done := happened()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return done


SLEEPER = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)', marker])\nresult = 1"
DAEMON = """
    import os, sys
    code = (
        "import signal, time; "
        "[signal.signal(n, signal.SIG_IGN) for n in set(range(1, 32)) - {signal.SIGKILL, signal.SIGSTOP}]; "
        "time.sleep(1000)"
    )
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, [sys.executable, "-c", code, marker])
        os._exit(0)
    result = 1
"""


def user_of(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1])


def knocks(listener: socket.socket) -> int:
    """How many have connected."""
    listener.setblocking(False)
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


def open_locks() -> set[str]:
    """The locks of sandbox users that this process holds."""
    targets = set()
    for path in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            targets.add(str(path.readlink()))
    return {target for target in targets if "/slots/" in target}


GRADER = """
import os, sys
from tests.sandbox.wall import DAEMON, folder_of, inside, open_wall
with open_wall(sys.argv[1]) as session:
    inside(session, DAEMON, marker=os.environ["MARKER"])
    print(folder_of(session), flush=True)
    sys.stdin.read()
"""


def grader_of_its_own(backend: str, marker: str) -> subprocess.Popen[bytes]:
    """Another process with a sandbox in which a daemon runs: it says where its folder is, and waits."""
    return subprocess.Popen(
        [sys.executable, "-c", GRADER, backend],
        cwd=ROOT,
        env=os.environ | {"MARKER": marker},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
