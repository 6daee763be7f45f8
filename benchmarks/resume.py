"""A course's download from Moodle, a tenth of it broken, graded twice: whole, and killed in the middle and gone on with.

GRADER_CELL_SECONDS=10 GRADER_TOTAL_SECONDS=20 python -m benchmarks.resume [WHOLE] [BROKEN]
"""

import csv
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path

from grader.records.notebook import Notebook
from tests.batch.cohort import cohort
from tests.cli.test_batch import contents

FIRST = ("Noa", "נועה", "Yael", "José", "D'Arcy", "Anna Maria", "李", "Zoë", "محمد", "-Lee", "Ada, Countess", 'Bob "B"')
LAST = ("Cohen", "כהן", "Müller", "O'Neill", "van der Berg", "Łukasz", "Al-Khwarizmi", "小明", "Nguyễn", "=SUM(1)")
CELL = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": []}
PDF = b"%PDF-1.7 a scan of the notebook"


def written(notebook: Notebook, number: int) -> bytes:
    """As a file; `number` makes it one of its own."""
    cells = [
        {"cell_type": cell.kind, "id": f"c{cell.index}", "metadata": {}, "source": cell.source}
        | ({"execution_count": None, "outputs": []} if cell.kind == "code" else {})
        for cell in notebook.cells
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"number": number}, "cells": cells}).encode()


def of(*sources: str) -> bytes:
    cells = [CELL | {"id": f"c{number}", "source": source} for number, source in enumerate(sources)]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def zipped(**files: bytes) -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("__", "/"), content)
    return data.getvalue()


def broken() -> dict[str, dict[str, bytes]]:
    """What may be wrong with what somebody hands in, as files by name; the quick profile runs all that defines things."""
    return {
        "nothing at all": {},
        "an empty file": {"hw.ipynb": b""},
        "half a file": {"hw.ipynb": of("x = 1")[:-40]},
        "no JSON": {"hw.ipynb": PDF},
        "another JSON": {"hw.ipynb": b"[1, 2]"},
        "no text": {"hw.ipynb": b"\xff\xfe\x00\x01"},
        "a nest": {"hw.ipynb": b"[" * 100_000},
        "from the future": {"hw.ipynb": b'{"nbformat": 99, "cells": [], "metadata": {}}'},
        "no cells": {"hw.ipynb": of()},
        "another language": {"hw.ipynb": of("x <- c(1, 2)")},
        "a program": {"hw.py": b"x = 1"},
        "a scan": {"hw.pdf": PDF},
        "checkpoints only": {".ipynb_checkpoints/hw-checkpoint.ipynb": of("x = 1")},
        "two notebooks": {"a.ipynb": of("x = 1"), "b.ipynb": of("x = 2")},
        "a zip": {"hw.zip": zipped(work__hw=b"", work__notes=PDF)},
        "a bomb": {"hw.zip": zipped(**{f"{n}.ipynb": b"0" * 60_000_000 for n in range(3)})},
        "a broken zip": {"hw.zip": zipped(hw=PDF)[:-30]},
        "an endless loop": {"hw.ipynb": of("class MLP:\n    while True:\n        pass")},
        "a killed kernel": {"hw.ipynb": of("import os\nclass MLP:\n    os._exit(0)")},
        "all the memory": {"hw.ipynb": of("class MLP:\n    x = bytearray(1 << 40)")},
    }


def download(path: Path, whole: int, spoiled: int) -> set[str]:
    """Write the zip; the names of everybody's folders."""
    chance, everybody = random.Random(7), dict[str, dict[str, bytes]]()
    works = [{"hw 1.ipynb": written(notebook, number)} for number, notebook in enumerate(works_of(whole))]
    for number, files in enumerate([*works, *islice(cycle(broken().values()), spoiled)]):
        name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        everybody[f"{name}_{1000 + number}_assignsubmission_file"] = files
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for place, files in everybody.items():
            made.mkdir(place)
            for name, data in files.items():
                made.writestr(f"{place}/{name}", data)
    return set(everybody)


def works_of(count: int) -> list[Notebook]:
    """Independent teams, again from the first where they do not suffice: each file is one of its own."""
    return list(islice(cycle(cohort(min(count, 60))), count))


def command(source: Path, output: Path, *more: str) -> list[str]:
    program = str(Path(sys.executable).with_name("grader"))
    asked = ["--assignment", "deep-learning-1", "--output", str(output), "--profile", "quick"]
    return [program, "batch", str(source), *asked, *more]


def main(whole: int = 180, spoiled: int = 20) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        source, uninterrupted, killed = folder / "course-hw1-7.zip", folder / "whole", folder / "killed"
        everybody = download(source, whole, spoiled)
        began = time.monotonic()
        subprocess.run(command(source, uninterrupted), check=True, stdout=subprocess.DEVNULL)
        print(f"{len(everybody)} submissions in {time.monotonic() - began:.0f} s")
        with subprocess.Popen(command(source, killed), stdout=subprocess.DEVNULL) as process:
            while len(list(killed.glob("*/report.json"))) < whole // 2:
                assert process.poll() is None, "the batch ended before it was killed"
                time.sleep(0.1)
            process.send_signal(signal.SIGKILL)
        done = len(list(killed.glob("*/report.json")))
        subprocess.run(command(source, killed, "--resume"), check=True, stdout=subprocess.DEVNULL)
        with (uninterrupted / "summary.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        # a spreadsheet would take some names for formulas
        assert {row["place"].removeprefix("'") for row in rows} == everybody, "somebody is missing, or there twice"
        assert len(rows) == len(everybody)
        print(f"all in summary.csv: {dict(Counter(row['status'] for row in rows))}")
        for row in rows:
            if row["problem"]:
                print(f"  {row['status']}: {row['problem'][:110]}")
        first, second = contents(uninterrupted), contents(killed)
        different = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
        print(f"killed with {done} done and gone on with: {len(different)} of {len(first)} files differ")
        for name in different[:10]:
            print(f"  {name}")
        assert not different


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
