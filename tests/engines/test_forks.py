"""The fork servers of an engine: who gets one, and what comes after one that fails."""

import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest

from grader.engines.forks import CHANCES, Forks, Kind
from grader.engines.local import Gradings, open_local
from grader.grading.job import unwatched
from grader.records.execution import KernelStart
from grader.sandbox import forks as servers
from grader.settings import Settings
from tests.engines.test_local import job_of
from tests.sandbox.wall import ROOT, wait_until

pytestmark = pytest.mark.skipif(not servers.possible(), reason="only root can enter the sandboxes that it builds")


@pytest.fixture
def forks() -> Iterator[Forks]:
    with closing(Forks(CHANCES)) as forks:
        yield forks


def start_of(gradings: Gradings, settings: Settings) -> KernelStart:
    report = gradings.graded(job_of(["x = 1"], settings), unwatched).report
    assert report.execution is not None
    return report.execution.kernel_start


def test_a_server_that_fails_is_replaced(forks: Forks, settings: Settings) -> None:
    gradings = Gradings(forks)
    assert start_of(gradings, settings) == "warm"
    (server,) = forks.servers.values()
    servers.end(server)
    assert start_of(gradings, settings) == "cold"
    assert start_of(gradings, settings) == "warm"


def test_a_kernel_that_the_server_promised_and_lost_is_started_cold(forks: Forks, settings: Settings) -> None:
    """Here by a server that says of every kernel that it is there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        address = f"grader-forks-{secrets.token_hex(8)}"
        listener.bind(f"\0{address}")
        listener.listen()

        def promise() -> None:
            with listener.accept()[0] as connection:
                connection.recv(1 << 20)
                connection.sendall(b"walled")
                connection.recv(16)

        promising = threading.Thread(target=promise)
        promising.start()
        process = subprocess.Popen(["/bin/sleep", "1000"], stdin=subprocess.PIPE, start_new_session=True)
        forks.servers[Kind(settings.python, settings.threads)] = servers.ForkServer(process, address)
        assert start_of(Gradings(forks), settings) == "cold"
        promising.join()
    assert not forks.servers


def test_servers_that_fail_again_and_again_are_given_up(forks: Forks, settings: Settings) -> None:
    for _ in range(CHANCES):
        address = forks.address(settings)
        assert address
        forks.served(address, warm=False)
    assert forks.address(settings) == ""
    assert not forks.servers


def test_failures_that_a_success_lies_between_are_forgiven(forks: Forks, settings: Settings) -> None:
    for _ in range(CHANCES):
        forks.served(forks.address(settings), warm=False)
        forks.served(forks.address(settings), warm=True)
    assert forks.address(settings)


def test_what_came_of_an_older_server_does_not_end_the_new_one(forks: Forks, settings: Settings) -> None:
    older = forks.address(settings)
    forks.served(older, warm=False)
    newer = forks.address(settings)
    forks.served(older, warm=False)
    assert forks.address(settings) == newer != older


@pytest.mark.parametrize("sandbox", ["none", "container"])
def test_other_sandboxes_have_no_server(forks: Forks, settings: Settings, sandbox: str) -> None:
    assert forks.address(settings.model_copy(update={"sandbox": sandbox})) == ""


def test_a_single_grading_has_no_server(settings: Settings) -> None:
    with open_local(warm=False) as submit:
        report = submit(job_of(["x = 1"], settings)).result().report
    assert report.execution is not None
    assert report.execution.kernel_start == "cold"


ENGINE = """
import signal, sys
from contextlib import closing
from grader.engines.forks import CHANCES, Forks
from grader.settings import Settings
# whatever the tests were started by may have it ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
with closing(Forks(CHANCES)) as forks:
    forks.address(Settings())
    print(*(server.process.pid for server in forks.servers.values()), flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_server_ends_with_its_engine(number: signal.Signals) -> None:
    engine = subprocess.Popen(
        [sys.executable, "-c", ENGINE],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert engine.stdin is not None
    assert engine.stdout is not None
    with engine.stdin, engine.stdout:
        pid = int(engine.stdout.readline())
        assert psutil.pid_exists(pid)
        engine.send_signal(number)
        engine.wait()
    assert wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
