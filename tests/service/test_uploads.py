"""Uploads that come late, or again and again."""

import shutil
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from grader.service.store import Store, reading
from grader.service.tables import SubmissionRow
from tests.sandbox.wall import ROOT, wait_until
from tests.service.test_api import UPLOADS, notebook, serving
from tests.service.test_dispatch import Engine
from tests.service.test_guard import answer

REPEATED = 100


@pytest.fixture(params=["sqlite"])
def url() -> str:
    """`test_submissions` knows both databases."""
    return ""


def form(data: bytes) -> tuple[str, bytes]:
    head = b'--b\r\nContent-Disposition: form-data; name="notebook"; filename="w.ipynb"\r\n\r\n'
    body = head + data + b"\r\n--b--\r\n"
    return f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n", body


def test_the_first_byte_decides_whether_an_upload_is_in_time(
    store: Store, tokens: dict[str, str], tmp_path: Path
) -> None:
    due = float(int(time.time()) + 3)
    rubrics = tmp_path / "root" / "rubrics"
    shutil.copytree(ROOT / "rubrics", rubrics)
    rubric = rubrics / "deep-learning-1" / "rubric.yaml"
    moment = datetime.fromtimestamp(due, UTC).replace(tzinfo=None)
    rubric.write_text(f"{rubric.read_text(encoding='utf-8')}\npolicy: {{due: {moment}}}\n", encoding="utf-8")
    with (
        serving(store, Engine().opened, rubrics.parent) as http,
        closing(socket.create_connection((http.base_url.host, http.base_url.port or 0))) as line,
    ):
        line.settimeout(30)
        headers, body = form(notebook("x = 1"))
        head = f"POST {UPLOADS} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {tokens['ada']}\r\n{headers}\r\n"
        assert time.time() < due
        line.sendall(head.encode() + body[:100])
        assert wait_until(lambda: time.time() > due + 0.1)
        line.sendall(body[100:])
        assert answer(line)[0] == 202
        late = http.post(
            UPLOADS, files={"notebook": notebook("x = 2")}, headers={"Authorization": f"Bearer {tokens['ada']}"}
        )
        assert late.status_code == 403
        assert "time for handing in is over" in late.json()["detail"]
    with reading(store) as session:
        (row,) = session.query(SubmissionRow)
    assert row.received_at < due


def test_an_upload_that_is_sent_again_and_again_is_one_submission(store: Store, tokens: dict[str, str]) -> None:
    engine = Engine()
    with serving(store, engine.opened) as http:

        def hand_in(number: int) -> httpx.Response:
            token = tokens["ada" if number % 2 else "alan"]
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "again"}
            return http.post(UPLOADS, files={"notebook": notebook("x = 1")}, headers=headers)

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(hand_in, range(REPEATED)))
    assert sorted({one.status_code for one in answers}) == [200, 202]
    assert [one.status_code for one in answers].count(202) == 1
    assert len({one.json()["id"] for one in answers}) == 1
    assert len(engine.jobs) == 1
