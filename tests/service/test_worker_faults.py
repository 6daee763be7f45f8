"""Processes that somebody kills while they grade: nothing stays, and the grading comes out the same."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from grader.sandbox import cgroup
from grader.service.store import Store, open_store, reading
from grader.service.tables import RevisionRow
from tests.engines.test_local import sandboxes
from tests.sandbox.wall import as_root, processes, wait_until
from tests.service.conftest import bearer
from tests.service.test_api import UPLOADS, notebook
from tests.service.test_faults import served

KILLS = int(os.environ.get("KILLS", "2"))
"""threats.md wants fifty."""
EMPTY_SECONDS, CLEAR_SECONDS = 2.0, 5.0
WAITS = """import os, subprocess, sys, time
subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)', {marker!r}])
time.sleep(3)"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.engine.dispose()


def workers(server: int) -> list[psutil.Process]:
    """The processes that grade."""
    factories = [one for one in psutil.Process(server).children() if any("forkserver" in a for a in one.cmdline())]
    return [worker for one in factories for worker in one.children()]


def walls(server: int) -> list[psutil.Process]:
    """The outermost process of each sandbox."""
    return [one for worker in workers(server) for one in worker.children() if one.name() == "bwrap"]


def begun(http: httpx.Client, headers: dict[str, str], marker: str, number: int) -> str:
    """The address of a submission whose notebook runs."""
    data = notebook(f"# {number}\n{WAITS.format(marker=marker)}")
    url: str = http.post(UPLOADS, files={"notebook": data}, headers=headers).json()["url"]
    assert wait_until(lambda: bool(processes(marker)), 60)
    return url


@as_root
@pytest.mark.parametrize("whom", [workers, walls])
def test_a_grading_whose_process_is_killed_is_graded_again(
    store: Store, tmp_path: Path, marker: str, whom: Callable[[int], list[psutil.Process]]
) -> None:
    before, scores = sandboxes(), []
    headers = bearer(store, "grace")
    with served(tmp_path) as (server, http):
        for number in range(KILLS):
            url = begun(http, headers, marker, number)
            (killed,) = whom(server.pid)
            first = set(processes(marker))
            killed.kill()
            assert wait_until(lambda: not first & set(processes(marker)), EMPTY_SECONDS)  # noqa: B023
            answer = http.get(f"{url}?wait=60", headers=headers).json()
            assert answer["status"] == "graded", answer
            scores.append(answer["report"]["score"])
            assert {cell["status"] for cell in answer["report"]["execution"]["cells"]} == {"ok"}
    assert len(set(scores)) == 1
    assert sandboxes() <= before
    with reading(store) as session:
        assert session.query(RevisionRow).count() == KILLS


@as_root
def test_after_a_machine_that_lost_everything_a_new_start_clears_away_and_grades(
    store: Store, tmp_path: Path, marker: str
) -> None:
    before = sandboxes()
    headers = bearer(store, "grace")
    with served(tmp_path) as (server, http):
        url = begun(http, headers, marker, 0)
        everything = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
        for process in everything:
            process.send_signal(signal.SIGKILL)
    left = sandboxes() - before
    assert left
    with served(tmp_path) as (_, http):
        assert wait_until(lambda: not left & sandboxes(), CLEAR_SECONDS)
        assert not any(cgroup.existing(folder.name) for folder in left)
        assert http.get(f"{url}?wait=60", headers=headers).json()["status"] == "graded"
    assert wait_until(lambda: not processes(marker))
    assert sandboxes() <= before
