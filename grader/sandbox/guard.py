"""Runs between the grader and a container engine, as a program of its own. Standard library only.

An engine's containers outlive the process that asked for them. This one ends when the container does; and when the
grader is gone, however it ended, it removes the container.
"""

import json
import os
import resource
import select
import subprocess
import sys


def main() -> None:
    start, remove = json.loads(sys.argv[1])
    # the grader has a limit on its own memory, which some engines would hand on
    resource.setrlimit(resource.RLIMIT_DATA, (resource.getrlimit(resource.RLIMIT_DATA)[1],) * 2)
    container = subprocess.Popen(start, stdin=subprocess.DEVNULL)  # noqa: S603
    # the grader holds the other end of our input, and never writes
    gone, _, _ = select.select([sys.stdin, os.pidfd_open(container.pid)], [], [])
    if sys.stdin in gone:
        subprocess.run(remove, stdin=subprocess.DEVNULL, check=False)  # noqa: S603
    sys.exit(container.wait())


if __name__ == "__main__":
    main()
