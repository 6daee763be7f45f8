"""Sandboxes that all fill their memory to its limit at once: whether the service answers, whose fault it is, what comes after.

GRADER_DATA=small GRADER_MEMORY_BYTES=335544320 python -m benchmarks.memory [BOXES] [HELD_SECONDS]
"""

import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx
import psutil

from benchmarks.load import UPLOAD, roster, served
from benchmarks.small import small
from grader.service.store import open_store
from grader.service.users import import_roster
from grader.settings import Settings
from tests.service.test_memory import STARVED, filling

LOOK_SECONDS = 0.05


def scores(server: psutil.Process) -> dict[int, int]:
    """How many processes have which `oom_score_adj`: the higher, the sooner they end where the machine has no memory."""
    found: Counter[int] = Counter()
    for process in [server, *server.children(recursive=True)]:
        try:
            found[int(Path(f"/proc/{process.pid}/oom_score_adj").read_text())] += 1
        except OSError:
            continue
    return dict(sorted(found.items()))


def main(boxes: int = 16, held_seconds: float = 60) -> None:
    limit, before = Settings().memory_bytes, psutil.virtual_memory().available
    # this is not to endanger the machine
    assert boxes * limit < before / 2, f"{before >> 20} MiB are too little for {boxes} boxes of {limit >> 20} MiB"
    with tempfile.TemporaryDirectory() as name:
        store = open_store(Path(name))
        (_, token), *_ = import_roster(store, roster(1))
        store.engine.dispose()
        headers = {"Authorization": f"Bearer {token}"}
        with (
            served(Path(name), "--jobs", str(boxes)) as (server, address),
            httpx.Client(base_url=address, timeout=120, headers=headers) as http,
            ThreadPoolExecutor(boxes) as pool,
        ):

            def handed_in(data: bytes) -> str:
                answer = http.post(UPLOAD, files={"notebook": ("work.ipynb", data)})
                assert answer.status_code == 202, answer.text
                url: str = answer.json()["url"]
                return url

            def graded(url: str) -> dict[str, Any]:
                while (answer := http.get(f"{url}?wait=60").json())["status"] in ("queued", "running"):
                    pass
                found: dict[str, Any] = answer
                return found

            until = time.time() + held_seconds
            ends = [pool.submit(graded, handed_in(filling(number, limit, until))) for number in range(boxes)]
            waits, least, most, found = list[float](), before, 0.0, dict[int, int]()
            while not all(end.done() for end in ends):
                started = time.perf_counter()
                assert http.get("/healthz").status_code == 200
                waits.append(time.perf_counter() - started)
                least = min(least, psutil.virtual_memory().available)
                if until - 2 < time.time() < until:
                    most, found = max(most, running(http)), scores(server)
                time.sleep(LOOK_SECONDS)
            answers = [end.result() for end in ends]
            errors = [cell["error"] or "" for one in answers for cell in one["report"]["execution"]["cells"]]
            print(f"{boxes} boxes of {limit >> 20} MiB, {most:g} of them full at once")
            print(f"memory of the machine that was left: {before >> 20} MiB before, {least >> 20} MiB at least")
            print(f"/healthz: p99 {quantiles(waits, n=100)[98] * 1000:.0f} ms, {max(waits) * 1000:.0f} ms at most")
            print(f"oom_score_adj, by how many processes: {found}")
            print(f"the student's own: {sum(STARVED in error for error in errors)} of {len(errors)}")
            print("an honest one afterwards:", graded(handed_in(small()))["status"])
            print([line for line in http.get("/metrics").text.splitlines() if line.startswith("grader_gradings_total")])


def running(http: httpx.Client) -> float:
    lines = http.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith("grader_running ")).split()[1])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
