"""The real command in a process of its own, as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from grader.records.report import Report
from grader.settings import Settings

ROOT = Path(__file__).resolve().parent.parent.parent
STARTER = ROOT / "rubrics" / "deep-learning-1" / "starter.ipynb"
COMMAND = Path(sys.executable).with_name("grader")


def grader(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=os.environ | environment,
    )


def grade(notebook: Path, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return grader("grade", notebook, "--assignment", "deep-learning-1", *arguments, **environment)


def edited(**changes: object) -> bytes:
    return json.dumps(json.loads(STARTER.read_bytes()) | changes).encode()


def without(key: str) -> bytes:
    return json.dumps({k: v for k, v in json.loads(STARTER.read_bytes()).items() if k != key}).encode()


CELL: dict[str, object] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
BAD = {
    "empty file": (b"", "empty"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not JSON"),
    "half a JSON": (STARTER.read_bytes()[:5000], "broken JSON"),
    "200,000 nested brackets": (b"[" * 200_000, "levels deep"),
    "no cells": (without("cells"), "no `cells`"),
    "cells not a list": (edited(cells={}), "not a list"),
    "wrong types": (edited(cells=[CELL | {"source": 5}]), "Cell 1"),
    "an R kernel": (edited(metadata={"kernelspec": {"name": "ir", "language": "R"}}), "written for R"),
    "broken UTF-8": (STARTER.read_bytes().replace(b"torch", b"\xff\xfe", 1), "UTF-8"),
    "NaN version": (STARTER.read_bytes().replace(b'"nbformat": 4', b'"nbformat": NaN'), "version"),
    "nbformat 99": (edited(nbformat=99), "99"),
}


@pytest.mark.parametrize(("content", "words"), BAD.values(), ids=BAD)
def test_what_is_no_notebook_ends_with_one_sentence(content: bytes, words: str, tmp_path: Path) -> None:
    notebook, output = tmp_path / "upload.ipynb", tmp_path / "report.json"
    notebook.write_bytes(content)
    done = grade(notebook, "--output", output)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.strip().endswith(".")
    assert done.stdout == ""
    assert not output.exists()


def test_a_missing_file_is_no_notebook(tmp_path: Path) -> None:
    done = grade(tmp_path / "nowhere.ipynb")
    assert done.returncode == 2
    assert "cannot be read" in done.stderr


def test_a_grading_leaves_report_page_and_executed_notebook(tmp_path: Path) -> None:
    output, page = tmp_path / "out" / "report.json", tmp_path / "out" / "report.html"
    done = grade(STARTER, "--output", output, "--html", page, "--profile", "quick")
    assert done.returncode == 0, done.stderr
    report = Report.model_validate_json(output.read_bytes())
    assert report.status == "graded"
    assert report.submission.filename == "starter.ipynb"
    assert report.max_score == 100
    assert report.auto_max == 80
    assert report.auto_score <= 0.15 * report.auto_max
    assert "q2.calc_gradients" in done.stdout
    assert "q2.calc_gradients" in page.read_text(encoding="utf-8")
    assert report.executed_notebook == str(tmp_path / "out" / "report.executed.ipynb")
    nbformat.validate(nbformat.read(report.executed_notebook, as_version=4))


@pytest.mark.parametrize(
    ("environment", "assignment", "blame"),
    [
        ({"GRADER_SANDBOX": "cardboard"}, "deep-learning-1", "infrastructure"),
        ({"GRADER_DATASETS": "/proc/nowhere"}, "deep-learning-1", "infrastructure"),
        ({"GRADER_PYTHON": "/bin/false"}, "deep-learning-1", "infrastructure"),
        ({}, "no-such-assignment", None),
        ({}, "../rubrics/deep-learning-1", None),
    ],
    ids=["no such sandbox", "no place for data", "no Python", "no such assignment", "a path as assignment"],
)
def test_what_is_not_the_students_fault_ends_with_3_and_a_report(
    environment: dict[str, str], assignment: str, blame: str | None, tmp_path: Path
) -> None:
    output = tmp_path / "report.json"
    done = grader("grade", STARTER, "--assignment", assignment, "--output", output, "--profile", "quick", **environment)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    report = Report.model_validate_json(output.read_bytes())
    assert report.status == "failed"
    assert report.execution is None
    assert {item.blame for item in report.items if item.status == "error"} == ({blame} if blame else set())
    assert all(item.points is None for item in report.items)
    assert report.flags[0].message in done.stderr


HOSTILE = b"[red]\x1b[2J\x9b\xff\nq1.data: passed\xe2\x80\xaegnp.\rscore: 100<script>.ipynb"
"""Markup of the table's library, control characters, half a character, forged lines, an override of direction."""
FORGING = set("\x1b\x9b\u202e\r\0") | set(map(chr, range(0xD800, 0xE000)))
RAISES = r"""
def logistic_regression(*arguments, **options):
    name = "[/]\x1b[2J\x9b\nq1.data: passed\u202egnp.\rscore: 100<script>"
    raise type(name, (Exception,), {})(name)
"""


def named(folder: Path, name: bytes, content: bytes) -> Path:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    path.write_bytes(content)
    return path


def test_a_hostile_name_and_error_are_printed_as_text(tmp_path: Path) -> None:
    notebook = named(tmp_path, HOSTILE, edited(cells=[CELL | {"source": RAISES}]))
    output, page = tmp_path / "report.json", tmp_path / "report.html"
    done = grade(notebook, "--output", output, "--html", page, "--profile", "quick")
    assert done.returncode == 0, done.stderr
    printed = done.stdout + done.stderr
    assert not FORGING & set(printed)
    assert not [line for line in printed.splitlines() if line.strip().startswith(("q1.data: passed", "score: 100"))]
    report = Report.model_validate_json(output.read_bytes())
    assert "q1.data: passed" in report.submission.filename
    assert "\n" not in report.submission.filename
    messages = [check.message for item in report.items if item.id == "q1.logistic_regression" for check in item.checks]
    assert any("q1.data: passed" in message for message in messages), "the error is not quoted at all"
    assert not FORGING & set("".join([report.submission.filename, *messages]))


def test_a_hostile_name_of_what_is_no_notebook_is_one_line(tmp_path: Path) -> None:
    done = grade(named(tmp_path, HOSTILE.replace(b".ipynb", b""), b"[]"))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_hostile_name_of_a_missing_file_is_one_line(tmp_path: Path) -> None:
    done = grade(Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + HOSTILE)))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert not FORGING & set(done.stderr)


def test_json_goes_to_stdout_alone(tmp_path: Path) -> None:
    done = grade(STARTER, "--profile", "quick", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["schema_version"] == "1"


def test_the_schema_is_that_of_reports() -> None:
    schema = json.loads(grader("schema").stdout)
    assert {"schema_version", "items", "execution", "environment"} <= schema["properties"].keys()
    assert set(schema["required"]) >= {"assignment", "status", "items", "flags"}


def test_no_wall_is_only_had_by_name_and_says_so() -> None:
    done = grade(STARTER, "--profile", "quick", "--sandbox", "none")
    assert done.returncode == 0, done.stderr
    assert "protects nothing" in done.stderr


def test_the_doctor_knows_this_machine() -> None:
    done = grader("doctor")
    assert done.returncode == 0, done.stdout
    for words in ("bubblewrap", "torch 2.", "torchvision", "data, small", "deep-learning-1"):
        assert words in done.stdout


def test_the_doctor_shows_all_settings_and_no_secret() -> None:
    said = grader("doctor", GRADER_SECRET="hush", GRADER_DATABASE="postgresql://u:hush@/x", GRADER_THREADS="1").stdout
    assert "hush" not in said
    lines = {line.split()[0]: line.split()[1:] for line in said.partition("Settings:")[2].splitlines() if line}
    assert lines.keys() == {f"GRADER_{name.upper()}" for name in Settings.model_fields}
    assert lines["GRADER_THREADS"] == ["1", "(given)"]
    assert lines["GRADER_SECRET"] == ["hidden", "(given)"]
    assert lines["GRADER_PROCESSES"] == ["512"]


def test_a_setting_that_makes_no_sense_is_named() -> None:
    done = grade(STARTER, "--profile", "quick", GRADER_CELL_SECONDS="soon")
    assert done.returncode == 3
    assert "GRADER_CELL_SECONDS" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_place_that_cannot_be_written_is_named_before_the_notebook_runs(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = grade(STARTER, "--output", tmp_path / "file" / "report.json")
    assert done.returncode == 3
    assert "cannot be written" in done.stderr
