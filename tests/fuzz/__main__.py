"""The long run: so many cases for each target, with what came of them.

python -m tests.fuzz [CASES] [TARGET ...]
"""

import resource
import signal
import sys
import time
import traceback
from collections import Counter
from random import Random
from types import FrameType

from tests.fuzz.targets import LONGEST_SECONDS, TARGETS, Broken, outcome


def main(cases: int = 100_000, *names: str) -> int:
    """The number of cases with an outcome that is not allowed."""
    signal.signal(signal.SIGPROF, stop)
    return sum(attack(name, cases) for name in names or TARGETS)


def attack(name: str, cases: int) -> int:
    started, slowest, counted, bad = time.monotonic(), (0.0, 0), Counter[str](), Counter[str]()
    for number in range(cases):
        case = TARGETS[name](Random(f"{name} {number}"))
        signal.setitimer(signal.ITIMER_PROF, 2 * LONGEST_SECONDS)
        try:
            result, seconds = outcome(case)
        except Exception as error:  # noqa: BLE001 - what may be raised here is what is looked for
            place = traceback.extract_tb(error.__traceback__)[-1]
            result, seconds = f"{type(error).__name__} in {place.name}", 0.0
            bad[result] += 1
            if bad[result] <= 3:
                print(f"{name} {number}: {result}: {str(error)[:200]}", flush=True)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        counted[result] += 1
        slowest = max(slowest, (seconds, number))
    took = time.monotonic() - started
    outcomes = ", ".join(f"{result} {count:,}" for result, count in counted.most_common())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"{name}: {cases:,} cases in {took:,.0f} s, slowest {slowest[0]:.3f} s (case {slowest[1]}), "
        f"at most {memory:,} MB in all; {outcomes}",
        flush=True,
    )
    return bad.total()


def stop(_: int, __: FrameType | None) -> None:
    raise Broken("a case did not end")


if __name__ == "__main__":
    cases, *names = sys.argv[1:] or ["100000"]
    sys.exit(1 if main(int(cases.replace(",", "").replace("_", "")), *names) else 0)
