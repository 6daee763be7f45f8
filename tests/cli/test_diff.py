"""`grader diff` over two folders, as a person and a script read it."""

import csv
import json
from pathlib import Path

import pytest

from grader.records.report import Report
from tests.batch.test_diff import FAILED, PASSED, check, item, report
from tests.cli.test_main import grader

HOSTILE = "Expected [red]\x1b[2J\n=1 | forged"


def output(folder: Path, **reports: Report) -> Path:
    for key, each in reports.items():
        (folder / key).mkdir(parents=True)
        (folder / key / "report.json").write_text(each.model_dump_json(), encoding="utf-8")
    return folder


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return output(tmp_path / "old", ada=report(PASSED), bob=report(PASSED))


def test_points_that_changed_are_told_with_their_reason_and_end_with_1(old: Path, tmp_path: Path) -> None:
    worse = report(item("a", 0, check("failed", HOSTILE)), data="MNIST")
    new, table = output(tmp_path / "new", ada=worse, bob=report(PASSED)), tmp_path / "sub" / "diff.csv"
    done = grader("diff", old, new, "--csv", table, COLUMNS="200")
    assert done.returncode == 1
    for words in ("ada", "5 -> 0", "values: passed -> failed", "data: digits -> MNIST", "1 with other points"):
        assert words in done.stdout
    assert "bob" not in done.stdout
    assert "\x1b" not in done.stdout
    assert "[red]" in done.stdout
    with table.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["key"], row["item"], row["old_points"], row["new_points"]) == ("ada", "a", "5", "0")
    assert "\n" not in row["checks"]
    (found,) = json.loads(grader("diff", old, new, "--json").stdout)
    assert (found["key"], found["points_changed"], found["causes"]) == ("ada", True, ["data: digits -> MNIST"])


def test_the_same_points_end_with_0(old: Path) -> None:
    done = grader("diff", old, old)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 with other points" in done.stdout


def test_a_report_that_cannot_be_read_is_named_and_not_compared(old: Path, tmp_path: Path) -> None:
    new = output(tmp_path / "new", ada=report(PASSED), bob=report(FAILED))
    (new / "bob" / "report.json").write_bytes(b"{")
    done = grader("diff", old, new)
    assert done.returncode == 0
    assert "bob/report.json is no report" in done.stderr


def test_a_folder_without_reports_is_no_output(old: Path, tmp_path: Path) -> None:
    done = grader("diff", old, tmp_path / "nowhere")
    assert done.returncode == 2
    assert "has no reports" in done.stderr
