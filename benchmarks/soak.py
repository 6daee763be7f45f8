"""The service under uploads for a long time, a tenth of them hostile: whether anything of it grows.

GRADER_DATA=small GRADER_CELL_SECONDS=10 GRADER_TOTAL_SECONDS=20 python -m benchmarks.soak [MINUTES]
"""

import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import httpx
import psutil

from benchmarks.hostile import left
from benchmarks.load import UPLOAD, roster, served
from benchmarks.small import small
from grader.service.store import open_store, reading
from grader.service.tables import RevisionRow, SubmissionRow
from grader.service.users import import_roster
from tests.attacks.test_points import ATTACKS, LAST

TEAMS, WAITING = 20, 4
HOSTILE = 0.1
SETTLING_PART, PAUSE_PART = 0.2, 0.05
"""The first part of the time, in which what all later gradings use is started; and the parts between two samples."""
GROWTH, REST_SECONDS = 0.02, 15.0


def hostile(number: int) -> bytes:
    attacks = [*ATTACKS.values(), *LAST.values()]
    notebook = json.loads(small(number))
    notebook["cells"][-2]["source"] = attacks[number % len(attacks)]
    return json.dumps(notebook).encode()


def main(minutes: float = 10) -> None:
    random.seed(0)
    with tempfile.TemporaryDirectory() as name:
        store = open_store(Path(name))
        tokens = [token for _, token in import_roster(store, roster(TEAMS))]
        acknowledged: list[str] = []
        with served(Path(name)) as (process, address), httpx.Client(base_url=address, timeout=120) as http:
            began = time.monotonic()
            samples: list[dict[str, int]] = []
            while (passed := (time.monotonic() - began) / 60) < minutes:
                number = len(acknowledged)
                data = hostile(number) if random.random() < HOSTILE else small(number)
                answer = http.post(UPLOAD, files={"notebook": ("work.ipynb", data)}, headers=owner(tokens, number))
                assert answer.status_code == 202, answer.text
                acknowledged.append(answer.json()["id"])
                due = passed > minutes * (SETTLING_PART + PAUSE_PART * len(samples))
                # now and then all of it comes to rest: what is left then is there for good
                for waiting in range(max(0, number - WAITING), number + 1 if due else max(0, number - WAITING + 1)):
                    graded(http, acknowledged[waiting], owner(tokens, waiting))
                if due:
                    samples.append(at_rest(process))
            for number in range(max(0, len(acknowledged) - WAITING), len(acknowledged)):
                graded(http, acknowledged[number], owner(tokens, number))
        with reading(store) as session:
            states = Counter(row.state for row in session.query(SubmissionRow))
            reports = Counter(row.submission_id for row in session.query(RevisionRow))
        store.engine.dispose()
    doubled = max(reports.values()) - 1
    print(f"{len(acknowledged)} acknowledged in {minutes:g} min: {dict(states)}; doubled {doubled}")
    assert states == {"graded": len(acknowledged)}, "somebody has no report"
    assert not doubled
    grown = list(growing(samples))
    assert not grown, f"{', '.join(grown)} grew"


def at_rest(process: psutil.Process) -> dict[str, int]:
    """What there is once the last grading's sandbox is cleared away."""
    deadline = time.monotonic() + REST_SECONDS
    while (found := left(process))["sandbox folders"] and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def growing(samples: list[dict[str, int]]) -> Iterator[str]:
    """Of what there is more in the second half of the time than in the first, and a table of all."""
    half = len(samples) // 2
    for what in samples[0]:
        first, second = (median(sample[what] for sample in part) for part in (samples[:half], samples[half:]))
        print(f"{what:16} {first:8.1f} in the first half, {second:8.1f} in the second")
        if second > first * (1 + GROWTH) + 0.5:
            yield what


def graded(http: httpx.Client, identifier: str, headers: dict[str, str]) -> None:
    """Wait until there is a report, or nobody tries any more."""
    while http.get(f"/api/v1/submissions/{identifier}?wait=60", headers=headers).json()["status"] in (
        "queued",
        "running",
    ):
        pass


def owner(tokens: list[str], number: int) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens[number % len(tokens)]}"}


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
