"""Submissions per minute of `grader batch` with one worker and with two, and of plain nbclient over the same notebooks."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.measure import Row, taken
from benchmarks.peers import environment, run
from benchmarks.small import small

BATCH, PLAIN = 20, 6
"""How many are graded, and how many of these run plainly: there each starts anew, and more of them tell nothing more."""
WORKERS = (1, 2)


def rows(folder: Path, peers: Path, rounds: int) -> Iterator[Row]:
    programs = environment(peers)
    submitted = folder / "throughput"
    submitted.mkdir()
    for number in range(BATCH):
        (submitted / f"student {number}.ipynb").write_bytes(small(number))
    ways = {f"grader batch, {count} at a time": graded(submitted, folder / "graded", count) for count in WORKERS}
    ways |= {f"jupyter execute, {count} at a time": executed(submitted, programs, count) for count in WORKERS}
    counts = {way: BATCH if way.startswith("grader") else PLAIN for way in ways}
    minutes: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, work in ways.items():
            with taken() as found:
                work()
            minutes[way].append(found.wall / 60)
    for way in ways:
        yield Row(f"{way}: submissions per minute", "", [counts[way] / passed for passed in minutes[way]])
    for count in WORKERS:
        ours, plain = (minutes[f"{name}, {count} at a time"] for name in ("grader batch", "jupyter execute"))
        ratios = [BATCH / a / (PLAIN / b) for a, b in zip(ours, plain, strict=True)]
        yield Row(f"grader batch / jupyter execute, {count} at a time: submissions per minute", "times", ratios)


def graded(submitted: Path, output: Path, at_once: int) -> Callable[[], None]:
    program = Path(sys.executable).with_name("grader")
    command = [program, "batch", submitted, "-a", "deep-learning-1", "--output", output, "--jobs", str(at_once)]

    def batch() -> None:
        shutil.rmtree(output, ignore_errors=True)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"GRADER_DATA": "small"})
        assert len(list(output.glob("*/report.json"))) == BATCH

    return batch


def executed(submitted: Path, programs: Path, at_once: int) -> Callable[[], None]:
    """One process for each notebook, as a script around it would do: nothing is checked, and nothing walled off."""

    def everybody() -> None:
        with ThreadPoolExecutor(at_once) as pool:
            some = sorted(submitted.glob("*.ipynb"))[:PLAIN]
            list(pool.map(lambda path: run(submitted, programs / "jupyter", "execute", path), some))

    return everybody
