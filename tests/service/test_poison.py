"""A notebook that sends malformed messages is graded once, at its own cost, and those beside it come out as ever."""

import json
from pathlib import Path
from typing import Any

from benchmarks.small import small
from grader.service.store import open_store
from tests.execution.test_session import HOSTILE, LIES, REPLY, SHELL_LIES
from tests.service.conftest import bearer
from tests.service.test_api import UPLOADS, serving

POISON = {f"a message: {name}": HOSTILE + lie for name, lie in LIES.items()} | {
    f"a reply: {name}": f"{REPLY}reply({lie})" for name, lie in SHELL_LIES.items()
}
"""What threats.md calls T15."""
SOME = ("a message: no message at all", "a message: nesting without an end", "a reply: an empty header")
HONEST = 6


def poisoned(source: str) -> bytes:
    """An honest notebook with this in the place of its training."""
    notebook = json.loads(small())
    notebook["cells"][-2]["source"] = source
    return json.dumps(notebook).encode()


def points(report: dict[str, Any]) -> dict[str, float | None]:
    return {item["id"]: item["points"] for item in report["items"]}


def test_poisoned_notebooks_are_graded_once_and_change_nothing_for_others(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    headers = bearer(store, "grace")
    with serving(store) as http:

        def handed_in(data: bytes) -> str:
            url: str = http.post(UPLOADS, files={"notebook": data}, headers=headers).json()["url"]
            return url

        def report(url: str) -> dict[str, Any]:
            answer: dict[str, Any] = http.get(f"{url}?wait=60", headers=headers).json()
            assert answer["status"] == "graded", answer
            found: dict[str, Any] = answer["report"]
            return found

        quiet = points(report(handed_in(small(0))))
        poison = [handed_in(poisoned(POISON[name])) for name in SOME]
        honest = [handed_in(small(number)) for number in range(1, HONEST)]
        assert [points(report(url)) for url in honest] == [quiet] * len(honest)
        for url in poison:
            assert "error" in {cell["status"] for cell in report(url)["execution"]["cells"]}
        told = [line for line in http.get("/metrics").text.splitlines() if line.startswith("grader_gradings_total")]
    store.engine.dispose()
    assert told == [f'grader_gradings_total{{outcome="graded"}} {HONEST + len(SOME)}.0']
