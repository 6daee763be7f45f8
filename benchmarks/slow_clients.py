"""Thousands of connections that never come to ask anything: whether others are served, and how soon these are cut.

python -m benchmarks.slow_clients [CONNECTIONS]
"""

import resource
import selectors
import socket
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

import httpx

from benchmarks.load import UPLOAD, notebook, roster, served
from grader.service.store import open_store
from grader.service.users import import_roster

BEGUN = b"POST /api/v1/assignments/deep-learning-1/submissions HTTP/1.1\r\nHost: here\r\nX-Slow: "
PATIENCE_SECONDS = 60.0


def main(connections: int = 3000) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as name:
        store = open_store(Path(name))
        (_, token), *_ = import_roster(store, roster(1))
        store.engine.dispose()
        with served(Path(name)) as (process, address), httpx.Client(base_url=address, timeout=60) as http:
            place = urlsplit(address)
            started = time.monotonic()
            with selectors.DefaultSelector() as open_lines:
                for _ in range(connections):
                    line = socket.create_connection((place.hostname or "", place.port or 0))
                    line.sendall(BEGUN)
                    line.setblocking(False)
                    open_lines.register(line, selectors.EVENT_READ)
                waits, answers, cut = list[float](), list[int](), list[float]()
                while len(cut) < connections and time.monotonic() - started < PATIENCE_SECONDS:
                    before = time.perf_counter()
                    assert http.get("/healthz").status_code == 200
                    waits.append(time.perf_counter() - before)
                    if len(answers) < 5:
                        files = {"notebook": ("work.ipynb", notebook(len(answers), 200_000))}
                        headers = {"Authorization": f"Bearer {token}"}
                        answers.append(http.post(UPLOAD, files=files, headers=headers).status_code)
                    for key, _ in open_lines.select(0.01):
                        assert isinstance(key.fileobj, socket.socket)
                        open_lines.unregister(key.fileobj)
                        key.fileobj.close()
                        cut.append(time.monotonic() - started)
            memory = process.memory_info().rss >> 20
    print(f"{connections} connections that say nothing: {len(cut)} cut, the last after {max(cut):.1f} s")
    print(f"/healthz beside them: p99 {quantiles(waits, n=100)[98] * 1000:.0f} ms of {len(waits)} requests")
    print(f"uploads beside them: {answers}; memory of the service's process: {memory} MiB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
