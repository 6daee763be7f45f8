"""What is sent to the service is bounded before anything looks at it. Spoken to by hand: a client would be polite."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from grader.notebooks.read import MAX_BYTES
from grader.service import guard
from grader.service.store import Store
from tests.service.test_api import UPLOADS, serving

MEGABYTE = b"x" * (1 << 20)


@pytest.fixture(params=["sqlite"])
def url() -> str:
    """What is refused here has not reached the database."""
    return ""


@pytest.fixture
def line(store: Store) -> Iterator[socket.socket]:
    with (
        serving(store) as http,
        closing(socket.create_connection((http.base_url.host, http.base_url.port or 0))) as line,
    ):
        line.settimeout(30)
        yield line


def head(*headers: str) -> bytes:
    return "\r\n".join([f"POST {UPLOADS} HTTP/1.1", "Host: here", *headers, "", ""]).encode()


def answer(line: socket.socket) -> tuple[int, dict[str, str]]:
    """The status, and the problem's details."""
    said = b""
    while b"\r\n\r\n" not in said or not said.endswith(b"}"):
        if not (more := line.recv(65536)):
            break
        said += more
    first, _, body = said.partition(b"\r\n")[0], *said.partition(b"\r\n\r\n")[1:]
    return int(first.split()[1]), json.loads(body)


def pushed(line: socket.socket, chunks: int) -> int:
    """How many megabytes of so many went through before the service hung up."""
    for number in range(chunks):
        try:
            line.sendall(b"100000\r\n" + MEGABYTE + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            return number
    return chunks


def test_nobodys_body_is_not_read(line: socket.socket) -> None:
    line.sendall(head("Content-Length: 400000000"))
    status, problem = answer(line)
    assert status == 401
    assert "Authorization" in problem["detail"]
    assert pushed(line, 400) < 10


def test_a_length_that_is_too_large_is_refused_at_once(line: socket.socket, tokens: dict[str, str]) -> None:
    line.sendall(head(f"Authorization: Bearer {tokens['ada']}", f"Content-Length: {MAX_BYTES * 2}"))
    status, problem = answer(line)
    assert status == 413
    assert "20 MB" in problem["detail"]


def test_a_body_ends(line: socket.socket, tokens: dict[str, str]) -> None:
    form = "Content-Type: multipart/form-data; boundary=b"
    line.sendall(head(f"Authorization: Bearer {tokens['ada']}", "Transfer-Encoding: chunked", form))
    part = b'--b\r\nContent-Disposition: form-data; name="notebook"; filename="w.ipynb"\r\n\r\n'
    line.sendall(b"%x\r\n%s\r\n" % (len(part), part))
    pushed(line, 30)
    assert answer(line)[0] == 413


def test_a_body_that_does_not_come_is_not_waited_for(
    line: socket.socket, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.3)
    form = "Content-Type: multipart/form-data; boundary=b"
    line.sendall(head(f"Authorization: Bearer {tokens['ada']}", "Content-Length: 1000", form))
    started = time.monotonic()
    assert answer(line)[0] == 408
    assert time.monotonic() - started < 10


def test_a_form_of_many_parts_is_refused(line: socket.socket, tokens: dict[str, str]) -> None:
    parts = b"".join(b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % n for n in range(10_000))
    body = parts + b"--b--\r\n"
    form = "Content-Type: multipart/form-data; boundary=b"
    line.sendall(head(f"Authorization: Bearer {tokens['ada']}", f"Content-Length: {len(body)}", form))
    line.sendall(body)
    status, problem = answer(line)
    assert status == 400
    assert "Too many" in problem["detail"]
