"""Seconds of the clock and of the processors, and rows of a table made of them."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import psutil


@dataclass
class Taken:
    """What something took. Processor seconds are those of the whole machine: nothing else may run on it."""

    wall: float = 0.0
    cpu: float = 0.0


@dataclass(frozen=True)
class Row:
    what: str
    unit: str
    values: Sequence[float]

    @property
    def middle(self) -> float:
        return median(self.values)

    def __str__(self) -> str:
        return f"| {self.what} | {self.middle:.3g} {self.unit} | {min(self.values):.3g} to {max(self.values):.3g} |"


@contextmanager
def taken() -> Iterator[Taken]:
    found = Taken()
    started, busy = time.perf_counter(), processors()
    yield found
    found.wall, found.cpu = time.perf_counter() - started, processors() - busy


def processors() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)
