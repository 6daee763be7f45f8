"""Milliseconds from the wish for a sandbox to the end of a program in it that does nothing, and to its removal.

python benchmarks/sandbox_start.py [RUNS]
"""

import asyncio
import subprocess
import sys
import time
from statistics import median

from grader.grading.limits import limits_of
from grader.sandbox.bubblewrap import BubblewrapProvisioner
from grader.settings import Settings


def main(runs: int = 50) -> None:
    limits = limits_of(Settings())
    started, removed = [], []
    for _ in range(runs):
        begin = time.monotonic()
        provisioner = BubblewrapProvisioner(limits=limits)
        folder = provisioner.make_folder()
        subprocess.run(provisioner.command(["/usr/bin/true"], folder), check=True)
        done = time.monotonic()
        asyncio.run(provisioner.cleanup())
        started.append(1000 * (done - begin))
        removed.append(1000 * (time.monotonic() - done))
    print(f"{runs} runs: start and end {median(started):.0f} ms ({min(started):.0f} to {max(started):.0f}), median")
    print(f"         removal {median(removed):.0f} ms")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
