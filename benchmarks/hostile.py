"""What hostile gradings leave behind: processes, mounts, control groups, sockets, files, descriptors, memory.

python -m benchmarks.hostile [GRADINGS]
"""

import sys
import tempfile
import time
from collections import Counter, deque
from concurrent.futures import wait
from pathlib import Path

import psutil
from tqdm import tqdm

from grader.engines.local import open_local
from grader.grading.job import Job
from grader.settings import Settings
from tests.attacks.test_points import ATTACKS, LAST
from tests.grading.test_grade import notebook_of


def left(own: psutil.Process | None = None) -> dict[str, int]:
    """What there is on this machine now of what a grading makes; descriptors and memory of a process, else of this one."""
    own = own or psutil.Process()
    return {
        # the operating system's own threads are children of 2
        "processes": sum(process.info["ppid"] not in (0, 2) for process in psutil.process_iter(["ppid"])),
        "mounts": len(Path("/proc/self/mountinfo").read_text().splitlines()),
        "control groups": sum(len(list(Path("/sys/fs/cgroup").glob(f"{depth}grader*"))) for depth in ("", "*/")),
        "sandbox folders": len(list(Path("/run/grader").glob("grader-*"))),
        "unix sockets": len(Path("/proc/net/unix").read_text().splitlines()),
        "temporary files": len(list(Path(tempfile.gettempdir()).iterdir())),
        "descriptors": own.num_fds(),
        "megabytes": sum(one.memory_info().rss for one in [own, *own.children(recursive=True)]) >> 20,
    }


def main(gradings: int = 200) -> None:
    settings = Settings(data="small", cell_seconds=10, total_seconds=20)
    attacks = [*ATTACKS.values(), *LAST.values()]

    def job(number: int) -> Job:
        sources = ["import torch, numpy as np\nfrom torch import nn", attacks[number % len(attacks)]]
        return Job(notebook_of(sources), "hostile.ipynb", "deep-learning-1", settings, "full")

    with open_local() as submit:
        # the first gradings start what all later ones use
        wait([submit(job(number)) for number in range(2)])
        before, started = left(), time.monotonic()
        waiting = deque(submit(job(number)) for number in range(gradings))
        found: Counter[str] = Counter()
        for _ in tqdm(range(gradings)):
            # a report that was looked at is let go of, as it is once it is written
            found[waiting.popleft().result().report.status] += 1
        print(dict(found))
        after, seconds = left(), time.monotonic() - started
    print(f"{gradings} hostile gradings in {seconds:.0f} s")
    for name in before:
        print(f"{name:16} {before[name]:6} before {after[name]:6} after")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
