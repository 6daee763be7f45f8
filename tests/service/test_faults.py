"""A service that is killed loses nothing that it acknowledged, and grades nothing twice."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx

from grader.reports.files import write_whole
from grader.rubrics import identifiers
from grader.service.self_test import MEMORY, digest, program
from grader.service.store import open_store, reading
from grader.service.tables import RevisionRow, SubmissionRow
from grader.settings import Settings
from tests.sandbox.wall import ROOT, wait_until
from tests.service.conftest import bearer
from tests.service.test_api import UPLOADS, notebook

KILLS = int(os.environ.get("KILLS", "4"))
"""threats.md wants fifty."""


def vouch(data: Path) -> None:
    """Let the service believe that it has tested its assignments: what these tests are about comes after that."""
    settings = Settings()
    passes = {name: digest(settings, program(), name) for name in identifiers(settings.root)}
    write_whole(data / MEMORY, json.dumps(passes))


@contextmanager
def served(data: Path, log: str = os.devnull, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """`grader serve` as operators start it, once it is ready."""
    if not (data / MEMORY).exists():
        vouch(data)
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    program = str(Path(sys.executable).with_name("grader"))
    command = [program, "serve", "--data", str(data), "--port", str(port), *options]
    with (
        Path(log).open("wb") as stderr,
        subprocess.Popen(command, cwd=ROOT, stderr=stderr, start_new_session=True) as server,
    ):
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
                assert wait_until(lambda: ready(http), 30)
                yield server, http
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)


def ready(http: httpx.Client) -> bool:
    with suppress(httpx.TransportError):
        return http.get("/readyz").status_code == 200
    return False


def test_a_killed_service_loses_nothing_that_it_acknowledged_and_grades_nothing_twice(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    headers = bearer(store, "grace")
    acknowledged: list[str] = []
    stopped = threading.Event()

    def upload(http: httpx.Client, first: int) -> None:
        for number in range(first, first + 3):
            with suppress(httpx.TransportError):
                data = notebook(f"x = {number}")
                answer = http.post(UPLOADS, files={"notebook": data}, headers=headers)
                assert answer.status_code == 202
                acknowledged.append(answer.json()["id"])
        stopped.set()

    for kill in range(KILLS):
        with served(tmp_path) as (server, http):
            uploading = threading.Thread(target=upload, args=(http, 10 * kill))
            uploading.start()
            stopped.wait(random.uniform(0.0, 3.0))
            os.kill(server.pid, signal.SIGKILL)
            uploading.join()
        stopped.clear()
    with served(tmp_path) as (_, http):
        for identifier in acknowledged:
            answer = http.get(f"/api/v1/submissions/{identifier}?wait=60", headers=headers).json()
            assert answer["status"] == "graded", answer
    with reading(store) as session:
        kept = {row.id: row.state for row in session.query(SubmissionRow)}
        reports = Counter(row.submission_id for row in session.query(RevisionRow))
    store.engine.dispose()
    assert set(acknowledged) <= kept.keys()
    assert all(reports[identifier] == 1 for identifier in acknowledged)


def test_a_service_that_is_told_to_end_hands_back_what_runs_and_ends_well(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    headers = bearer(store, "grace")
    with served(tmp_path) as (server, http):
        url = http.post(UPLOADS, files={"notebook": notebook("import time\ntime.sleep(1000)")}, headers=headers).json()[
            "url"
        ]
        assert wait_until(lambda: http.get(url, headers=headers).json()["progress"] is not None, 60)
        started = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    assert time.monotonic() - started < 30
    with reading(store) as session:
        assert [row.state for row in session.query(SubmissionRow)] == ["queued"]
    store.engine.dispose()


def test_a_log_that_cannot_be_written_is_in_nobodys_way(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    headers = bearer(store, "grace")
    with served(tmp_path, "/dev/full") as (_, http):
        url = http.post(UPLOADS, files={"notebook": notebook("x = 1")}, headers=headers).json()["url"]
        assert http.get(f"{url}?wait=60", headers=headers).json()["status"] == "graded"
    store.engine.dispose()


def test_a_folder_has_one_service_at_a_time(tmp_path: Path) -> None:
    open_store(tmp_path).engine.dispose()
    with served(tmp_path), closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = str(free.getsockname()[1])
        command = [str(Path(sys.executable).with_name("grader")), "serve", "--data", str(tmp_path), "--port", port]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 3
    assert "another `grader serve`" in second.stderr
