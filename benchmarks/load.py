"""A burst of uploads from many clients at once while gradings run: how soon each is acknowledged, and that none is lost.

python -m benchmarks.load [UPLOADS] [CLIENTS]
"""

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import quantiles

import httpx
import psutil

from grader.service.store import open_store, reading
from grader.service.tables import SubmissionRow
from grader.service.users import import_roster

SMALLEST, LARGEST = 20_000, 2_000_000
UPLOAD = "/api/v1/assignments/deep-learning-1/submissions"


def roster(teams: int) -> str:
    lines = [f"{who}{n}@example.org,{who} {n},{n},student,team{n}\n" for n in range(teams) for who in ("a", "b")]
    return "email,name,id,role,team\n" + "".join(lines)


def notebook(number: int, size: int) -> bytes:
    """A notebook that keeps its kernel busy for a moment, with outputs of about `size` bytes."""
    text = "".join(random.choices("0123456789abcdef\n", k=1000)) * (size // 1000)
    output = {"output_type": "stream", "name": "stdout", "text": text}
    source = f"number = {number}\nimport torch\nfor _ in range(200):\n    torch.randn(300, 300) @ torch.randn(300, 300)"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "source": source, "outputs": [output]}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}).encode()


@contextmanager
def served(data: Path, *options: str, log: Path = Path(os.devnull)) -> Iterator[tuple[psutil.Process, str]]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    program = str(Path(sys.executable).with_name("grader"))
    command = [program, "serve", "--data", str(data), "--port", str(port), *options]
    with log.open("wb") as stderr, subprocess.Popen(command, stderr=stderr) as server:
        address = f"http://127.0.0.1:{port}"
        while True:
            with suppress(httpx.TransportError):
                if httpx.get(f"{address}/readyz").status_code == 200:
                    break
            time.sleep(0.1)
        try:
            yield psutil.Process(server.pid), address
        finally:
            server.terminate()


def main(uploads: int = 1000, clients: int = 50) -> None:
    random.seed(0)
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        store = open_store(data)
        tokens = [token for _, token in import_roster(store, roster(clients))]
        sizes = [round(SMALLEST * (LARGEST / SMALLEST) ** random.random()) for _ in range(uploads)]
        with (
            served(data) as (process, address),
            httpx.Client(base_url=address, timeout=120, limits=httpx.Limits(max_connections=clients)) as http,
        ):

            def hand_in(number: int) -> tuple[float, str]:
                files = {"notebook": ("work.ipynb", notebook(number, sizes[number]))}
                headers = {"Authorization": f"Bearer {tokens[number % len(tokens)]}"}
                started = time.perf_counter()
                answer = http.post(UPLOAD, files=files, headers=headers)
                took = time.perf_counter() - started
                assert answer.status_code == 202, answer.text
                return took, answer.json()["id"]

            hand_in(0)
            before = process.memory_info().rss
            started = time.perf_counter()
            with ThreadPoolExecutor(clients) as pool:
                found = list(pool.map(hand_in, range(1, uploads)))
            took, after = time.perf_counter() - started, process.memory_info().rss
        with reading(store) as session:
            kept = [row.id for row in session.query(SubmissionRow)]
        store.engine.dispose()
    seconds, acknowledged = zip(*found, strict=True)
    percent = quantiles(seconds, n=100)
    lost = len(set(acknowledged) - set(kept))
    print(f"{uploads} uploads of {sum(sizes) >> 20} MiB from {clients} clients in {took:.1f} s")
    print(f"acknowledged after {percent[49]:.3f} s (p50), {percent[98]:.3f} s (p99), {max(seconds):.3f} s at most")
    print(f"kept {len(kept)}, lost {lost}, doubled {len(kept) - uploads}")
    print(f"memory of the service's process: {before >> 20} MiB before, {after >> 20} MiB after")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
