"""What hostile gradings leave behind: processes, mounts, control groups, sockets, files, descriptors, memory.

python -m benchmarks.hostile [GRADINGS]
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from grader.grading.assignments import load
from grader.grading.grade import grade
from grader.settings import Settings
from tests.attacks.test_points import ATTACKS, LAST
from tests.grading.test_grade import notebook_of


def left() -> dict[str, int]:
    """What there is on this machine now of what a grading makes."""
    return {
        "processes": sum(path.name.isdigit() for path in Path("/proc").iterdir()),
        "mounts": len(Path("/proc/self/mountinfo").read_text().splitlines()),
        "control groups": sum(len(list(Path("/sys/fs/cgroup").glob(f"{depth}grader*"))) for depth in ("", "*/")),
        "sandbox folders": len(list(Path("/run/grader").glob("grader-*"))),
        "unix sockets": len(Path("/proc/net/unix").read_text().splitlines()),
        "temporary files": len(list(Path(tempfile.gettempdir()).iterdir())),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "megabytes": int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 20,
    }


def main(gradings: int = 200) -> None:
    settings = Settings(data="small", cell_seconds=10, total_seconds=20)
    assignment = load(settings.root, "deep-learning-1")
    attacks = [*ATTACKS.values(), *LAST.values()]
    before: dict[str, int] = {}
    started = time.monotonic()
    for number in range(gradings + 10):
        if number == 10:
            # the first gradings import what all later ones use
            before, started = left(), time.monotonic()
        sources = ["import torch, numpy as np\nfrom torch import nn", attacks[number % len(attacks)]]
        grade(notebook_of(sources), "hostile.ipynb", assignment, settings, "full")
    after, seconds = left(), time.monotonic() - started
    print(f"{gradings} hostile gradings in {seconds:.0f} s")
    for name in before:
        print(f"{name:16} {before[name]:6} before {after[name]:6} after")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
