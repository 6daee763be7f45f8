"""Connections on which nothing is asked are not kept: many of them keep nobody out."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import httpx
import pytest

from grader.service import connection
from grader.service.store import Store
from tests.service.test_api import UPLOADS, notebook, serving
from tests.service.test_dispatch import Engine

CONNECTIONS = 400
"""Those of this process and those of the service are files of one process here."""


@pytest.fixture(params=["sqlite"])
def url() -> str:
    """Nothing of this reaches a database."""
    return ""


@pytest.fixture
def http(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.5)
    with serving(store, Engine().opened) as http:
        yield http


def connected(http: httpx.Client) -> socket.socket:
    line = socket.create_connection((http.base_url.host, http.base_url.port or 0))
    line.settimeout(30)
    return line


@pytest.mark.parametrize("begun", [b"", b"POST /api/v1/x HTTP/1.1\r\nHost: here\r\n"])
def test_a_request_that_does_not_come_is_not_waited_for(http: httpx.Client, begun: bytes) -> None:
    with closing(connected(http)) as line:
        line.sendall(begun)
        assert line.recv(100) == b""


def test_nor_is_a_second_one(http: httpx.Client) -> None:
    with closing(connected(http)) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\nGET /healthz HTTP/1.1\r\n")
        said = b""
        while more := line.recv(1000):
            said += more
        assert said.count(b"HTTP/1.1 200") == 1


def test_a_request_that_is_under_way_is_waited_for(http: httpx.Client, tokens: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {tokens['ada']}"}
    url = http.post(UPLOADS, files={"notebook": notebook("x = 1")}, headers=headers).json()["url"]
    started = time.monotonic()
    assert http.get(f"{url}?wait=2", headers=headers).status_code == 200
    assert time.monotonic() - started > 1.9


def test_many_that_say_nothing_are_in_nobodys_way(http: httpx.Client, tokens: dict[str, str]) -> None:
    with ExitStack() as stack:
        lines = [stack.enter_context(closing(connected(http))) for _ in range(CONNECTIONS)]
        for line in lines:
            line.sendall(b"POST")
        answer = http.post(
            UPLOADS,
            files={"notebook": notebook("x = 1")},
            headers={"Authorization": f"Bearer {tokens['ada']}"},
        )
        assert answer.status_code == 202
        assert all(line.recv(100) == b"" for line in lines)
