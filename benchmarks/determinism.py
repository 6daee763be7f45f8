"""Whether a grading comes out the same again, and with any number of others beside it.

python -m benchmarks.determinism [NOTEBOOKS] [TIMES]
"""

import json
import re
import sys
import time

from grader.engines.local import open_local
from grader.grading.job import Job
from grader.notebooks.read import read
from grader.records.report import Report
from grader.settings import Settings

AT_ONCE = (1, 2, 8)
TIMES = re.compile(r'"(duration_s|kernel_start)":("\w+"|[\d.]+),')
SOLUTION = "submissions/deep-learning-1/solution.ipynb"


def rubric(report: Report) -> str:
    """The report's JSON without what says how long something took."""
    return TIMES.sub("", report.model_dump_json())


def main(notebooks: int = 20, times: int = 10) -> None:
    settings = Settings(data="small")
    solution = json.loads((settings.root / SOLUTION).read_bytes())
    goldens = [read(json.dumps(solution | {"metadata": {"number": number}}).encode()) for number in range(notebooks)]
    found: dict[int, set[str]] = {number: set() for number in range(notebooks)}
    started = time.monotonic()
    for at_once in AT_ONCE:
        with open_local(at_once) as submit:
            jobs = [
                (number, submit(Job(golden, "golden.ipynb", "deep-learning-1", settings, "quick")))
                for _ in range(times)
                for number, golden in enumerate(goldens)
            ]
            for number, future in jobs:
                found[number].add(rubric(future.result().report))
    gradings = notebooks * times * len(AT_ONCE)
    different = [number for number, reports in found.items() if len(reports) > 1]
    print(f"{gradings} gradings, {AT_ONCE} at a time, in {time.monotonic() - started:.0f} s")
    print(f"{notebooks} notebooks, of which {len(different)} had more than one rubric")
    assert not different, sorted(found[different[0]])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
