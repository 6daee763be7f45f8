"""A disk or a database that fails is said to have failed; what was acknowledged before is there after it."""

import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from grader.service.store import Store, open_store, reading
from grader.service.tables import SubmissionRow
from tests.sandbox.wall import as_root
from tests.service.conftest import Server, bearer
from tests.service.test_api import UPLOADS, notebook, serving
from tests.service.test_dispatch import Engine

RESTARTS = 3


def handed_in(http: httpx.Client, token: dict[str, str], data: bytes) -> httpx.Response:
    return http.post(UPLOADS, files={"notebook": data}, headers=token)


def kept(store: Store) -> list[str]:
    with reading(store) as session:
        return [row.id for row in session.query(SubmissionRow)]


def test_a_database_that_somebody_else_writes_to_is_waited_for_and_then_said_to_be_busy(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    token = bearer(store, "ada")
    with serving(store, Engine().opened) as http, closing(sqlite3.connect(tmp_path / "grader.sqlite")) as other:
        url = handed_in(http, token, notebook("a = 1")).json()["url"]
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        answer = handed_in(http, token, notebook("b = 1"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert http.get(url, headers=token).status_code == 200
        other.execute("ROLLBACK")
        assert handed_in(http, token, notebook("b = 1")).status_code == 202
    assert len(kept(store)) == 2
    store.engine.dispose()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@as_root
def test_a_full_disk_keeps_what_it_has_and_takes_more_when_there_is_room(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (1 << 20))
    store = open_store(small_disk)
    token = bearer(store, "ada")
    acknowledged: list[str] = []
    with serving(store, Engine().opened) as http:
        for number in range(100):
            answer = handed_in(http, token, notebook(f"x = {number}", f"text = '{'a' * 100_000}'"))
            if answer.status_code != 202:
                break
            acknowledged.append(answer.json()["id"])
        assert answer.status_code in (503, 507)
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(acknowledged) > 10
        assert not list(small_disk.rglob(".draft-*"))
        ballast.unlink()
        assert handed_in(http, token, notebook("more = 1")).status_code == 202
        for identifier in acknowledged:
            assert http.get(f"/api/v1/submissions/{identifier}", headers=token).status_code == 200
    assert set(acknowledged) < set(kept(store))
    store.engine.dispose()


def test_a_database_that_is_restarted_again_and_again_keeps_each_upload_once(
    postgres: Server, store: Store, tmp_path: Path
) -> None:
    token = bearer(store, "ada")
    acknowledged: list[str] = []

    def upload(http: httpx.Client) -> None:
        for number in range(60):
            while (answer := handed_in(http, token, notebook(f"x = {number}"))).status_code not in (200, 202):
                assert answer.status_code == 503, answer.text
            acknowledged.append(answer.json()["id"])

    with serving(store, Engine().opened) as http:
        uploading = threading.Thread(target=upload, args=(http,))
        uploading.start()
        for _ in range(RESTARTS):
            postgres.restart()
        uploading.join()
    assert sorted(acknowledged) == sorted(kept(store))
    assert len(acknowledged) == 60


@pytest.fixture
def url(empty_postgres: str) -> str:
    """A database that runs elsewhere can also end elsewhere."""
    return empty_postgres
