"""Sandboxes that all fill their memory at once cost those whose they are, and nobody else."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from grader.cli.serve import LAST_TO_END
from grader.service.store import open_store
from tests.sandbox.wall import as_root, with_groups
from tests.service.conftest import bearer
from tests.service.test_api import UPLOADS, notebook
from tests.service.test_faults import served

BOXES, LIMIT = 4, 320 << 20
ANSWER_SECONDS = 5.0
FILL = """# {number}
import time
blocks = []
while len(blocks) << 20 < {limit} * 3 // 5:
    blocks.append(b"x" * (1 << 20))
time.sleep(max(0.0, {until} - time.time()))
while True:
    blocks.append(b"x" * (1 << 20))"""
STARVED = "it needed more than"
"""What a cell is said to have died of."""


def filling(number: int, limit: int, until: float = 0.0) -> bytes:
    """A notebook that takes most of its memory, and more than all of it once it is `until`, in seconds since 1970."""
    return notebook(FILL.format(number=number, limit=limit, until=until))


def score(pid: int) -> int:
    """The higher, the sooner it ends where the machine has no memory left; a sandbox has 500."""
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


def may_be_last() -> bool:
    """Whether we have CAP_SYS_RESOURCE, which lowering that takes: in many containers, root has not."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return bool(int(next(line for line in lines if line.startswith("CapEff:")).split()[1], 16) >> 24 & 1)


@as_root
@with_groups
def test_boxes_without_memory_left_cost_only_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_MEMORY_BYTES", str(LIMIT))
    store = open_store(tmp_path)
    headers = bearer(store, "grace")
    store.engine.dispose()
    with served(tmp_path, "/dev/null", "--jobs", str(BOXES)) as (server, http):
        assert score(server.pid) == (int(LAST_TO_END) if may_be_last() else score(os.getpid()))

        def handed_in(data: bytes) -> str:
            url: str = http.post(UPLOADS, files={"notebook": data}, headers=headers).json()["url"]
            return url

        def look(url: str) -> dict[str, Any]:
            found: dict[str, Any] = http.get(url, headers=headers).json()
            return found

        urls = [handed_in(filling(number, LIMIT)) for number in range(BOXES)]
        slowest = 0.0
        while {look(f"{url}?wait=0.1")["status"] for url in urls} & {"queued", "running"}:
            started = time.monotonic()
            assert http.get("/healthz").status_code == 200
            slowest = max(slowest, time.monotonic() - started)
        assert slowest < ANSWER_SECONDS
        for url in urls:
            answer = look(url)
            (cell,) = answer["report"]["execution"]["cells"]
            assert STARVED in cell["error"]
        assert http.get(f"{handed_in(notebook('x = 1'))}?wait=60", headers=headers).json()["status"] == "graded"
        gradings = [line for line in http.get("/metrics").text.splitlines() if line.startswith("grader_gradings_total")]
    assert gradings == [f'grader_gradings_total{{outcome="graded"}} {BOXES + 1}.0']
