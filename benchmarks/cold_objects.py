"""Wall time of the object checks of a notebook whose training cells are left out, each run in a fresh process.

.venv/bin/python benchmarks/cold_objects.py [RUNS]
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TRAINING = {
    "cell-07",
    "cell-09",
    "cell-13",
    "solution-01",
    "cell-19",
    "solution-02",
    "cell-22",
    "cell-25",
    "cell-27",
    "cell-37",
    "cell-42",
}


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    notebook = json.loads((ROOT / "reference" / "deep-learning-1" / "solution.ipynb").read_bytes())
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in TRAINING]
    with tempfile.TemporaryDirectory() as folder:
        path, report = Path(folder) / "objects.ipynb", Path(folder) / "report.json"
        path.write_text(json.dumps(notebook), encoding="utf-8")
        command = [Path(sys.executable).with_name("grader"), "grade", path, "-a", "deep-learning-1", "--output", report]
        seconds = []
        for _ in range(runs):
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - started)
        points = json.loads(report.read_bytes())["auto_score"]
    print(
        f"{runs} runs, {points} points: median {statistics.median(seconds):.1f} s, {min(seconds):.1f} to {max(seconds):.1f} s"
    )


if __name__ == "__main__":
    main()
