"""`grader batch` in a process of its own: interrupted, killed, gone on with."""

import csv
import json
import os
import re
import signal
import subprocess
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.cli.test_main import COMMAND, grader
from tests.sandbox.wall import wait_until
from tests.service.test_api import notebook

MODEL = """import torch
from torch import nn
class Linear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.randn(out_features))
    def forward(self, x):
        return x @ self.weight.T + self.bias"""
COUNT = 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five notebooks that can be graded, two of them the same, and one that cannot."""
    made = tmp_path / "submitted"
    made.mkdir()
    for number in range(COUNT):
        (made / f"student {number}.ipynb").write_bytes(notebook(MODEL, f"# {min(number, COUNT - 2)}"))
    (made / "broken.ipynb").write_bytes(b"{")
    return made


def arguments(folder: Path, output: Path) -> list[str]:
    return ["batch", str(folder), "--assignment", "deep-learning-1", "--output", str(output), "--profile", "quick"]


def summary(output: Path) -> dict[str, dict[str, str]]:
    with (output / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def contents(output: Path) -> dict[str, str]:
    """All files by their names, those in zips too, without the times in them and who took longest."""
    found = {}
    for path in sorted(output.rglob("*")):
        name = str(path.relative_to(output))
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as packed:
                found.update({f"{name}/{one}": timeless(packed.read(one)) for one in packed.namelist()})
        elif path.is_file():
            found[name] = timeless(path.read_bytes())
    return found


def timeless(data: bytes) -> str:
    text = data.decode("utf-8").partition("<h2>Slowest</h2>")[0]
    text = re.sub(r'"(duration_s|kernel_start)": ("\w+"|[\d.]+)', "", text)
    return re.sub(r'\d+(\.\d+)? s\b|warm|cold|time="[\d.]+"', "", text)


def started(folder: Path, output: Path) -> "subprocess.Popen[str]":
    """A batch that has finished with somebody, and not with everybody."""
    # whatever these tests were started with: what a shell puts into the background ignores interrupts
    command = ["env", "--default-signal=INT", str(COMMAND), *arguments(folder, output)]
    # somebody who lets nobody read their files; the sandbox's user has to reach its own all the same
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, umask=0o077)
    if not wait_until(lambda: any(output.glob("student*/report.json")), 60):
        process.kill()
        raise AssertionError(process.communicate())
    return process


def test_everybody_is_in_the_summary_and_a_killed_batch_goes_on_to_the_same_end(folder: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    done = grader(*arguments(folder, whole))
    assert done.returncode == 0, done.stderr
    rows = summary(whole)
    assert len(rows) == COUNT + 1
    assert rows.pop("broken")["status"] == "not gradable"
    assert {row["status"] for row in rows.values()} == {"graded"}
    assert len({row["score"] for row in rows.values()}) == 1
    links = re.findall(r'href="([^"]*)"', (whole / "cohort.html").read_text(encoding="utf-8"))
    assert {whole / unquote(link) for link in links} == set(whole.glob("*/report.html"))
    with (whole / "similarity.csv").open(encoding="utf-8", newline="") as file:
        (pair,) = csv.DictReader(file)
    assert (pair["first"], pair["second"], pair["similarity"]) == ("student_3", "student_4", "1")

    with started(folder, killed) as process:
        process.kill()
    ready = {path: path.stat().st_mtime_ns for path in killed.glob("*/report.json")}
    again = grader(*arguments(folder, killed), "--resume")
    assert again.returncode == 0, again.stderr
    assert all(path.stat().st_mtime_ns == at for path, at in ready.items())
    assert contents(killed) == contents(whole)


def test_what_has_changed_since_is_graded_anew(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    grader(*arguments(folder, output))
    report = output / "student_0" / "report.json"
    other = output / "student_1" / "report.json"
    before = other.stat().st_mtime_ns
    changed = json.loads(report.read_text(encoding="utf-8"))
    changed["environment"]["rubric_sha256"] = "of another rubric"
    report.write_text(json.dumps(changed), encoding="utf-8")
    (folder / "student 2.ipynb").write_bytes(notebook("x = 1"))
    # as a batch that was killed while it wrote leaves it
    for place in (output, report.parent):
        (place / ".draft-1").touch()
    assert grader(*arguments(folder, output), "--resume").returncode == 0
    assert json.loads(report.read_text(encoding="utf-8"))["environment"]["rubric_sha256"] != "of another rubric"
    assert summary(output)["student_2"]["score"] != summary(output)["student_1"]["score"]
    assert other.stat().st_mtime_ns == before
    assert not list(output.rglob(".draft-*"))


def test_an_interrupted_batch_ends_cleanly_and_says_who_is_left(folder: Path, tmp_path: Path) -> None:
    for number in range(4):
        (folder / f"the slow {number}.ipynb").write_bytes(
            notebook(f"import time\nclass A{number}:\n    time.sleep(60)")
        )
    output = tmp_path / "out"
    with started(folder, output) as process:
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(60) == 130
    rows = summary(output)
    assert len(rows) == COUNT + 5
    left = [row for row in rows.values() if row["problem"] == "Not graded yet."]
    assert left
    assert "graded" in {row["status"] for row in rows.values()}


def test_a_roster_that_cannot_be_read_stops_the_batch_before_anything_runs(folder: Path, tmp_path: Path) -> None:
    roster = tmp_path / "teams.csv"
    roster.write_text("email,team\n", encoding="utf-8")
    refused = grader(*arguments(folder, tmp_path / "out"), "--roster", roster)
    assert refused.returncode == 3
    assert "The roster lacks the columns id, name, role" in refused.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_things_is_not_written_into(folder: Path, tmp_path: Path) -> None:
    refused = grader(*arguments(folder, folder))
    assert refused.returncode == 2
    assert "is not empty" in refused.stderr
    missing = grader(*arguments(tmp_path / "nowhere", tmp_path / "out"))
    assert missing.returncode == 2
    assert "is not there" in missing.stderr
