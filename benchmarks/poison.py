"""Notebooks that send malformed messages (T15) in a queue of honest ones: what the honest get, and what they wait for it.

GRADER_DATA=small GRADER_CELL_SECONDS=10 GRADER_TOTAL_SECONDS=20 python -m benchmarks.poison [HONEST]
"""

import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.determinism import rubric
from benchmarks.load import served
from benchmarks.small import small
from grader.records.rubric import Policy
from grader.service import revisions
from grader.service.store import open_store, reading
from grader.service.submissions import ENDED, Upload, accept
from grader.service.tables import SubmissionRow
from grader.service.users import import_roster, user_with
from tests.service.test_poison import POISON, poisoned

ROSTER = "email,name,id,role,team\nada@example.org,Ada,1,student,\n"
AT_ONCE = 2


@dataclass(frozen=True)
class Graded:
    """One submission: its rubric, and how often and how long it was graded."""

    rubric: str
    outcomes: tuple[str, ...]
    seconds: float


def graded(notebooks: Sequence[bytes]) -> tuple[list[Graded], float]:
    """All of them handed in before a service starts, and the seconds from its self-test's end to the last one's."""
    with tempfile.TemporaryDirectory() as name:
        store, log = open_store(Path(name)), Path(name) / "log"
        (_, token), *_ = import_roster(store, ROSTER)
        user = user_with(store, token)
        assert user is not None
        uploads = [
            Upload("deep-learning-1", user.team, "work.ipynb", data, float(n)) for n, data in enumerate(notebooks)
        ]
        ids = [accept(store, upload, user, Policy())[0].id for upload in uploads]
        left = select(func.count()).select_from(SubmissionRow).where(SubmissionRow.state.not_in(ENDED))
        with served(Path(name), "--jobs", str(AT_ONCE), log=log):
            while True:
                with reading(store) as session:
                    if not session.scalar(left):
                        break
                time.sleep(0.2)
        events = [json.loads(line) for line in log.read_text().splitlines()]
        ends = [event for event in events if event["event"] == "a grading has ended"]
        begun = next(event["time"] for event in events if event["event"].endswith("has passed"))
        clock = datetime.fromisoformat(ends[-1]["time"]) - datetime.fromisoformat(begun)
        found = []
        for identifier in ids:
            mine, current = (
                [end for end in ends if end["submission"] == identifier],
                revisions.current(store, identifier),
            )
            outcomes = tuple(end["outcome"] for end in mine)
            found.append(Graded(rubric(current[0]) if current else "", outcomes, sum(end["seconds"] for end in mine)))
        store.engine.dispose()
    return found, clock.total_seconds()


def main(honest: int = 100) -> None:
    random.seed(0)
    works = [small(number) for number in range(honest)]
    queue = [*enumerate(works), *((-1, poisoned(source)) for source in POISON.values())]
    random.shuffle(queue)
    quiet, quiet_clock = graded(works)
    mixed, mixed_clock = graded([data for _, data in queue])
    numbers = [number for number, _ in queue]
    poison = [one for number, one in zip(numbers, mixed, strict=True) if number < 0]
    beside = {number: one for number, one in zip(numbers, mixed, strict=True) if number >= 0}
    different = [number for number, one in enumerate(quiet) if beside[number].rubric != one.rubric]
    print(f"{honest} honest: {quiet_clock:.1f} s alone, {mixed_clock:.1f} s with {len(poison)} poisoned among them")
    print(f"honest: {len(different)} came out otherwise; {Counter(one.outcomes for one in beside.values())}")
    print(f"poisoned: {Counter(one.outcomes for one in poison)}, {max(one.seconds for one in poison):.1f} s at most")
    own = mixed_clock - sum(one.seconds for one in poison) / AT_ONCE
    print(f"less what the poisoned take themselves: {own:.1f} s, {(own / quiet_clock - 1):+.1%}")
    print(f"each of all, poisoned included: {len(queue) / mixed_clock / (honest / quiet_clock) - 1:+.1%} throughput")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
