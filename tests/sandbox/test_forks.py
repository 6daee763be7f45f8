"""Kernels that are forked from one server: each is like one that started by itself, and none reaches another."""

import json
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from grader.execution.inject import prelude, source
from grader.execution.session import Session, open_session
from grader.records.notebook import Output
from grader.sandbox import forks
from grader.sandbox.bubblewrap import BubblewrapProvisioner
from grader.sandbox.forks import ForkServer
from grader.sandbox.limits import OOM_SCORE
from grader.sandbox.provisioner import environment
from grader.sandbox.start import kernel_spec
from grader.sandbox.syscalls import filter_program
from tests.sandbox.wall import FORKED, LIMITS, SLEEPER, folder_of, inside, open_wall, processes, user_of, wait_until

pytestmark = pytest.mark.skipif(not forks.possible(), reason="only root can enter the sandboxes that it builds")

LOOK = """
    import logging, os, signal, sys, torch, matplotlib
    torch.optim.Adam([torch.ones(1, requires_grad=True)])
    from pathlib import Path
    status = dict(line.split(":\\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
    names = [name for name in status if name.startswith(("Cap", "NoNew", "Seccomp", "Uid", "Gid", "Groups", "Sig", "Umask"))]
    result = {
        "status": {name: status[name] for name in names if name != "SigQ"},
        "limits": Path("/proc/self/limits").read_text(),
        "mounts": sorted(line.split(" ", 4)[4].split(" - ")[0] for line in Path("/proc/self/mountinfo").read_text().splitlines()),
        "groups": Path("/proc/self/cgroup").read_text(),
        "variables": dict(os.environ),
        "arguments": [sys.argv[0], *sys.argv[2:]],
        "flags": str(sys.flags),
        "path": sys.path,
        "folder": os.getcwd(),
        "handlers": {int(n): repr(signal.getsignal(n)) for n in signal.valid_signals()},
        "files": sorted(link for n in os.listdir("/proc/self/fd") if (link := os.path.realpath(f"/proc/self/fd/{n}")).startswith("/") and "/proc/" not in link),
        "niceness": [os.nice(0), sorted(os.sched_getaffinity(0)), Path("/proc/self/oom_score_adj").read_text()],
        "user": [os.getuid(), os.getgid(), os.getgroups(), os.path.expanduser("~")],
        "leads": [os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid()],
        "logs": sorted({str(type(h.stream)) for l in logging.Logger.manager.loggerDict.values()
                        for h in getattr(l, "handlers", []) if l.name.startswith("torch")}),
        "dumpable": os.stat("/proc/self/environ").st_uid,
        "threads": [torch.get_num_threads(), torch.get_num_interop_threads()],
        "backend": matplotlib.get_backend(),
        "cache": matplotlib.get_cachedir(),
        "names": sorted(name for name in globals() if not name.startswith("_")),
    }
"""


@pytest.fixture(scope="module")
def one(forked: ForkServer) -> Iterator[Session]:
    with open_wall(FORKED) as session:
        yield session


@pytest.fixture(scope="module")
def other(forked: ForkServer) -> Iterator[Session]:
    with open_wall(FORKED) as session:
        yield session


def test_a_forked_kernel_is_like_any_other(forked: ForkServer) -> None:
    with open_wall("bubblewrap") as cold, open_wall(FORKED) as warm:
        wanted, got = (
            json.loads(json.dumps(inside(session, LOOK)).replace(folder_of(session).name, "folder"))
            for session in (cold, warm)
        )
    assert wanted["status"]["Seccomp"] == "2"
    assert {name: (wanted[name], got[name]) for name in wanted if wanted[name] != got[name]} == {}


CELLS = {
    "a figure": "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2], label='loss')\nplt.legend()\nplt.show()",
    "a figure that is a value": "import matplotlib.pyplot as plt\nfigure = plt.figure()\nplt.plot([1])\nfigure",
    "training": (
        "import torch\nfrom torch import nn\ntorch.manual_seed(3)\nnet = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 5))\n"
        "optimizer = torch.optim.Adam(net.parameters())\nx, y = torch.randn(64, 20), torch.randint(0, 5, (64,))\n"
        "for _ in range(30):\n    optimizer.zero_grad()\n    nn.functional.cross_entropy(net(x), y).backward()\n    optimizer.step()\n"
        "print([p.double().sum().item() for p in net.parameters()])"
    ),
    "loaders with workers": (
        "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\ntorch.manual_seed(5)\n"
        "loader = DataLoader(TensorDataset(torch.arange(40)), batch_size=8, shuffle=True, num_workers=2)\n"
        "print([batch[0].tolist() for batch in loader])"
    ),
    "seeded numbers": (
        "import random, numpy as np, torch\nrandom.seed(1), np.random.seed(1), torch.manual_seed(1)\n"
        "print(random.random(), np.random.rand(), torch.rand(1), sorted({'a', 'b', 'c'}))"
    ),
    "a traceback": "import torch\ndef f(x):\n    return x @ torch.zeros(3)\nf(torch.zeros(2))",
    "a warning": "import warnings, torch\nwarnings.warn('mind this')\ntorch.range(0, 1)",
    "a table": "import pandas as pd\npd.DataFrame({'a': [1]})",
    "progress": "from tqdm import tqdm\nlist(tqdm(range(3), ncols=20, bar_format='{n}'))\nprint('done')",
    "a shell": "!echo from the shell; echo $USER\n%pwd",
    "written past Python": "import os\nos.write(1, b'to one\\n')\nos.system('echo from a child')",
    "input": "input()",
    "settings of torch": "import torch\nprint(torch.__config__.parallel_info(), torch.get_default_dtype(), torch.initial_seed() > 0)",
    "an exit": "exit()\nprint('still here')",
    "awaited": "import asyncio\nawait asyncio.sleep(0)\nprint(asyncio.get_running_loop().is_running())",
    "names": "print(__name__, dir())",
}


@pytest.fixture(scope="module")
def pair(forked: ForkServer) -> Iterator[tuple[Session, Session]]:
    with opened("") as cold, opened(forked.address) as warm:
        yield cold, warm


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_says_and_draws_the_same(pair: tuple[Session, Session], name: str) -> None:
    ran = [session.run_cell(0, CELLS[name], 60) for session in pair]
    cold, warm = [(run.status, run.error, without_places(run.outputs)) for run in ran]
    assert cold == warm
    assert ran[0].outputs


def test_an_interrupt_reaches_the_kernel_alone(pair: tuple[Session, Session]) -> None:
    """Whatever a student has started goes on when a cell is stopped."""
    for session in pair:
        inside(session, "import subprocess\nchild = subprocess.Popen(['sleep', '1000'])\nresult = 1")
        assert session.run_cell(0, "while True:\n    pass", 1).status == "timeout"
        assert inside(session, "result = child.poll()") is None
        inside(session, "child.kill()\nresult = child.wait()")


def without_places(outputs: tuple[Output, ...]) -> list[str]:
    """The outputs as text, without the numbers of processes and places in memory."""
    return [re.sub(r"ipykernel_\d+|0x[0-9a-f]+|\d{5,}(?=\.py)", "", repr(output)) for output in outputs]


def test_each_has_namespaces_of_its_own(one: Session, other: Session) -> None:
    source = "import os\nresult = {name: os.readlink(f'/proc/self/ns/{name}') for name in os.listdir('/proc/self/ns')}"
    ours = {path.name: str(path.readlink()) for path in Path("/proc/self/ns").iterdir()}
    seen = [ours, inside(one, source), inside(other, source)]
    shared = [name for name in ours if len({found[name] for found in seen}) < len(seen)]
    assert [name for name in shared if not name.startswith("time")] == []


def test_they_draw_different_numbers(one: Session, other: Session) -> None:
    source = """
        import multiprocessing, random, tempfile, uuid
        import numpy as np, torch
        result = [random.random(), np.random.rand(), torch.rand(1).item(), uuid.uuid4().hex, tempfile.mktemp(),
                  multiprocessing.current_process().authkey.hex()]
    """
    assert not set(inside(one, source)) & set(inside(other, source))


def test_they_share_no_memory_that_can_be_written(one: Session) -> None:
    """Fork hands on what is mapped as shared."""
    source = "result = [line for line in open('/proc/self/maps') if line.split()[1][1::2] == 'ws']"
    assert inside(one, source) == []


def test_what_one_changes_is_changed_for_nobody_else(one: Session, forked: ForkServer) -> None:
    source = """
        import builtins, sys, torch
        torch.nn.Linear.forward = lambda *_: "changed"
        builtins.changed = sys.modules["torch.nn"].changed = True
        result = 1
    """
    inside(one, source)
    with open_wall(FORKED) as later:
        looked = "import torch\nresult = [str(torch.nn.Linear(1, 1)(torch.ones(1))), hasattr(torch.nn, 'changed')]"
        text, changed = inside(later, looked)
    assert text.startswith("tensor(")
    assert not changed


def test_none_sees_or_ends_another(one: Session, other: Session, forked: ForkServer, marker: str) -> None:
    inside(other, SLEEPER, marker=marker)
    (pid,) = processes(marker)
    assert user_of(pid) not in (0, os.getuid())
    source = """
        import os, signal
        found = [open(f"/proc/{pid}/cmdline").read() for pid in os.listdir("/proc") if pid.isdigit()]
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        refused = 0
        for target in [0, os.getppid(), *(pid for pid in range(3, 70000) if pid != os.getpid()), *range(-70000, -1)]:
            try:
                os.kill(target, signal.SIGTERM)
            except (PermissionError, ProcessLookupError):
                refused += 1
        result = [os.getppid(), any(marker in line for line in found), refused > 100000]
    """
    assert inside(one, source, marker=marker) == [0, False, True]
    assert processes(marker) == [pid]
    assert forked.process.poll() is None
    assert inside(other, "result = 1") == 1


def test_who_tells_all_processes_to_end_goes_on(one: Session) -> None:
    """There are two more in there, and they are none of the student's."""
    source = """
        import os, signal
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            os.kill(-1, number)
        result = len([pid for pid in os.listdir("/proc") if pid.isdigit()])
    """
    assert inside(one, source) == 3
    assert inside(one, "result = 1") == 1


def test_a_fork_that_nobody_waits_for_becomes_no_kernel(forked: ForkServer) -> None:
    with open_wall("bubblewrap") as session:
        provisioner = session.provisioner()
        assert isinstance(provisioner, BubblewrapProvisioner)
        assert provisioner.process is not None
        (pid,) = map(
            int, Path(f"/proc/{provisioner.process.pid}/task/{provisioner.process.pid}/children").read_text().split()
        )
        request = {
            "argv": [sys.executable, "-I", "-m", "ipykernel_launcher", "-f", "/tmp/none.json"],
            "variables": environment(LIMITS.threads),
            "filter": filter_program().hex(),
            "folder": "/",
            "limits": provisioner.resource_limits(),
            "oom_score": OOM_SCORE,
        }
        count = "import os\nresult = len([pid for pid in os.listdir('/proc') if pid.isdigit()])"
        before = inside(session, count)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.connect(f"\0{forked.address}")
            handle = os.pidfd_open(pid)
            socket.send_fds(connection, [json.dumps(request).encode()], [handle])
            os.close(handle)
            assert connection.recv(16) == b"walled"
            assert inside(session, count) == before + 1
        assert wait_until(lambda: inside(session, count) == before)


def test_the_server_cannot_be_asked_from_inside(one: Session, forked: ForkServer) -> None:
    source = """
        import socket
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            result = connection.connect_ex("\\0" + address)
    """
    assert inside(one, source, address=forked.address) != 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        assert connection.connect_ex(f"\0{forked.address}") == 0


def test_other_users_of_the_machine_are_not_served(forked: ForkServer) -> None:
    """Whoever is served names the namespaces that a process of root's enters."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.settimeout(5)
        os.seteuid(20063)
        try:
            connection.connect(f"\0{forked.address}")
        finally:
            os.seteuid(0)
        assert connection.recv(16) == b""


def test_a_server_that_cannot_be_started_is_in_nobodys_way() -> None:
    server = forks.start("/usr/bin/false", LIMITS, [], prelude() + "#" * (1 << 20), source("typical"))
    forks.end(server)
    with opened(server.address) as session:
        assert session.environment.kernel_start == "cold"


def test_nothing_of_the_server_is_left_open_inside(one: Session) -> None:
    """The way to the server's other kernels, the sandbox's own handle, its control groups."""
    source = """
        import os
        result = []
        for number in os.listdir("/proc/self/fd"):
            try:
                result.append(os.readlink(f"/proc/self/fd/{number}"))
            except FileNotFoundError:
                pass
    """
    assert [link for link in inside(one, source) if "pidfd" in link or "cgroup" in link or "memfd" in link] == []


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForkServer]:
    """A server that a test may harm."""
    server = forks.start(sys.executable, LIMITS, [], prelude(), source("typical"))
    monkeypatch.setenv("TEST_FORK_SERVER", server.address)
    yield server
    forks.end(server)


def test_a_students_files_have_the_usual_rights() -> None:
    """Whatever whoever starts the server wants of files of their own."""
    before = os.umask(0o077)
    try:
        server = forks.start(sys.executable, LIMITS, [], prelude(), source("typical"))
    finally:
        os.umask(before)
    with ExitStack() as stack:
        stack.callback(forks.end, server)
        session = stack.enter_context(opened(server.address))
        assert session.environment.kernel_start == "warm"
        assert inside(session, "import os\nresult = os.umask(0)") == 0o022


def test_a_kernel_outlives_its_server(passing: ForkServer, marker: str) -> None:
    with open_wall(FORKED) as session:
        forks.end(passing)
        assert inside(session, SLEEPER, marker=marker) == 1
        assert processes(marker)
    assert wait_until(lambda: not processes(marker))


@contextmanager
def opened(address: str, **config: object) -> Iterator[Session]:
    """A kernel that may be warm or cold."""
    spec = kernel_spec("bubblewrap", LIMITS, "", sys.executable, fork_server=address)
    spec.metadata["kernel_provisioner"]["config"] |= config
    with open_session(spec) as session:
        yield session


def test_where_no_server_answers_the_kernel_starts_by_itself() -> None:
    with opened("grader-forks-of-nobody") as session:
        assert session.environment.kernel_start == "cold"
        assert inside(session, "result = 1") == 1


def test_where_the_server_hangs_the_kernel_starts_by_itself(passing: ForkServer) -> None:
    with opened(passing.address) as session:
        assert session.environment.kernel_start == "warm"
    os.killpg(passing.process.pid, signal.SIGSTOP)
    with opened(passing.address, patience=0.5) as session:
        assert session.environment.kernel_start == "cold"
        assert inside(session, "result = 1") == 1
    forks.end(passing)


@pytest.mark.parametrize("differs", ["threads", "python"])
def test_a_server_forks_only_kernels_of_its_kind(forked: ForkServer, differs: str) -> None:
    limits = replace(LIMITS, threads=2) if differs == "threads" else LIMITS
    pythons = [f"{sys.prefix}/bin/{name}" for name in ("python", "python3")]
    named = sys.executable if differs == "threads" else next(path for path in pythons if path != sys.executable)
    spec = kernel_spec("bubblewrap", limits, "", named, fork_server=forked.address)
    with open_session(spec) as session:
        assert session.environment.kernel_start == "cold"


def test_a_server_ends_with_who_started_it(passing: ForkServer) -> None:
    assert passing.process.stdin is not None
    passing.process.stdin.close()
    assert passing.process.wait(15) == 0
