"""From a server that has everything imported: how soon a report is there, what a kernel has in memory for itself."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import count

from benchmarks.measure import Row, taken
from benchmarks.small import small
from grader.datasets.prepare import find
from grader.engines.forks import CHANCES, Forks
from grader.engines.local import open_local
from grader.execution.session import Session
from grader.grading.grade import session_for
from grader.grading.job import Job
from grader.notebooks.read import read
from grader.records.progress import ItemJudged, Progress
from grader.settings import Settings

KERNELS = 4
PRIVATE = """
print(sum(int(line.split()[1]) for line in open("/proc/self/smaps_rollup") if line.startswith("Private")))
"""


def rows(rounds: int) -> Iterator[Row]:
    settings = Settings(data="small")
    numbers = count()
    with open_local(1) as submit:

        def graded() -> list[float]:
            """When each item was judged."""
            judged: list[float] = []

            def watch(progress: Progress) -> None:
                if isinstance(progress, ItemJudged):
                    judged.append(time.perf_counter())

            notebook = read(small(next(numbers)))
            assert submit(Job(notebook, "small.ipynb", "deep-learning-1", settings, "quick"), watch).result().report
            return judged

        graded()
        found, first = [], []
        for _ in range(rounds):
            started = time.perf_counter()
            with taken() as one:
                first.append(min(graded()) - started)
            found.append(one)
    yield Row("first item result, server warm: clock", "s", first)
    yield Row("quick report, server warm: clock", "s", [one.wall for one in found])
    yield Row("quick report, server warm: processors, student's code included", "s", [one.cpu for one in found])
    for start in ("cold", "warm"):
        yield from kernels(settings, start, rounds)


def kernels(settings: Settings, start: str, rounds: int) -> Iterator[Row]:
    dataset = find(settings.datasets, "small")
    with closing(Forks(CHANCES if start == "warm" else 0)) as forks, ExitStack() as opened:
        address = forks.address(settings)
        with session_for(settings, dataset, address):
            pass
        started, private = [], []
        for _ in range(rounds):
            with taken() as one, session_for(settings, dataset, address):
                started.append(one)
        for _ in range(KERNELS):
            session = opened.enter_context(session_for(settings, dataset, address))
            private.append(megabytes(session))
    yield Row(f"a {start} kernel started and ended: clock", "s", [one.wall for one in started])
    yield Row(f"a {start} kernel started and ended: processors", "s", [one.cpu for one in started])
    yield Row(f"a {start} kernel's own memory before any student's code", "MB", private)


def megabytes(session: Session) -> float:
    run = session.run_cell(0, PRIVATE, 30)
    return int(run.outputs[0].text) / 1000
