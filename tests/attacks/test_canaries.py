"""What must never enter a sandbox is marked, and a notebook looks for the marks wherever it can (T1, T2, T3, T6)."""

import json
import re
import secrets
import shutil
from pathlib import Path

import pytest

from grader.grading.assignments import load
from grader.grading.grade import grade
from grader.records.assignment import Assignment
from grader.settings import Settings
from tests.conftest import ROOT
from tests.grading.test_grade import notebook_of, solution
from tests.sandbox.wall import inside, open_wall

SEARCH = """
import gc, os, pathlib, re, sys
found = set()
MARK = re.compile(b"(?:" + bytes(reversed(b"YRANAC")) + b")-([0-9a-z]{16})-([a-z]+)")

def note(data, where):
    found.update((match[1].decode(), match[2].decode(), where) for match in MARK.finditer(data))

def search_memory():
    for line in open("/proc/self/maps").read().splitlines():
        span, rights, *_ = line.split()
        first, last = (int(part, 16) for part in span.split("-"))
        if rights.startswith("rw") and (last - first < 64 << 20 or "[heap]" in line):
            try:
                with open("/proc/self/mem", "rb", buffering=0) as memory:
                    memory.seek(first)
                    note(memory.read(last - first), "memory")
            except (OSError, ValueError, OverflowError):
                pass

def search_files():
    for folder, below, files in os.walk("/"):
        if folder in ("/dev", "/usr", "/sys", sys.prefix, sys.base_prefix):
            below.clear()
        if folder.startswith("/proc/") and folder.count("/") > 2:
            below.clear()
        for name in files:
            path = os.path.join(folder, name)
            if folder == "/dev":
                continue
            if folder.startswith("/proc") and name not in ("environ", "cmdline", "mountinfo", "maps"):
                continue
            try:
                with open(path, "rb") as file:
                    note(file.read(4 << 20), path)
            except OSError:
                pass

note(repr(dict(os.environ)).encode(), "environment")
search_files()
"""
PROBED = """
class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU(), nn.Linear(400, 10))
    def forward(self, x):
        global looked
        if not globals().get("looked"):
            looked = True
            search_memory()
        return self.layers(x)
"""
TELL = "search_memory(); search_files(); print('MARKS', sorted({mark[1] for mark in found}), sorted(found)[:20])"


def mark(what: str) -> str:
    return f"CANARY-{secrets.token_hex(8)}-{what}"


@pytest.fixture
def marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, Assignment]:
    """The project with a mark in its environment, in the solution, in each file of checks, and in the rubric."""
    for folder in ("reference", "rubrics"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    reference = tmp_path / "reference" / "deep-learning-1"
    for path in reference.glob("*.py"):
        path.write_text(f"{path.read_text()}\n\nMARK = {mark('check')!r}\n")
    path = reference / "solution.ipynb"
    document = json.loads(path.read_text())
    for cell in document["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = ["".join(cell["source"]), f"\nMARK = {mark('solution')!r}\n"]
    path.write_text(json.dumps(document))
    rubric = tmp_path / "rubrics" / "deep-learning-1" / "rubric.yaml"
    rubric.write_text(f"{rubric.read_text()}\n# {mark('rubric')}\n")
    monkeypatch.setenv("SOME_TOKEN", mark("environment"))
    monkeypatch.setenv("GRADER_SECRET", mark("secret"))
    settings = Settings(root=tmp_path)
    return settings, load(tmp_path, "deep-learning-1")


def test_no_mark_is_found_in_a_sandbox_but_its_own(
    marked: tuple[Settings, Assignment], assignment: Assignment, start: str
) -> None:
    """While another submission runs beside it."""
    settings, marked_assignment = marked
    setup, linear = solution(assignment, "cell-03", "cell-31")
    with open_wall("bubblewrap") as other:
        inside(other, "open('own', 'w').write(own)\nresult = 1", own=mark("other"))
        hide = f"own = {mark('own')!r}\nopen('own', 'w').write(own)"
        notebook = notebook_of([setup, hide, SEARCH, PROBED, linear, TELL])
        found = grade(notebook, "snoop.ipynb", marked_assignment, settings, "full", start)

    printed = "".join(output.text for run in found.execution.cells for output in run.outputs)
    assert re.findall(r"MARKS (\[.*?\])", printed) == ["['own']"], printed[-2000:]
    assert {item.id: item.points for item in found.report.items}["q2.linear"] == 8
