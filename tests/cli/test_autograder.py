"""The autograder zip, unpacked and run in a folder that is laid out as on Gradescope."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.settings import Settings
from tests.cli.test_batch import MODEL
from tests.cli.test_main import grader
from tests.reports.test_gradescope import TEST, TOP
from tests.service.test_api import notebook

SECRET = 'the course\'s $ecret \\ of "2026"'
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="Gradescope runs autograders as root")


@dataclass(frozen=True)
class Place:
    """What is `/autograder` there."""

    base: Path

    def run(self, script: Path, *before: str, **environment: str) -> str:
        """What the script says; its folder is the only thing that it is told."""
        variables = os.environ | {"AUTOGRADER": str(self.base)} | environment
        done = subprocess.run(
            [*before, "/bin/sh", script],
            cwd=self.base,
            env=variables,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done
        return done.stdout + done.stderr

    def graded(self, files: dict[str, bytes], *before: str) -> tuple[dict[str, Any], str]:
        """What Gradescope shows, and what it keeps of the script's own output."""
        for name, data in files.items():
            (self.base / "submission" / name).write_bytes(data)
        said = self.run(self.base / "run_autograder", *before)
        text = (self.base / "results" / "results.json").read_text(encoding="utf-8")
        assert SECRET not in text + said
        found: dict[str, Any] = json.loads(text)
        assert set(found) <= TOP
        assert isinstance(found["score"], int | float)
        assert all(set(test) <= TEST for test in found["tests"])
        return found, said


@pytest.fixture(scope="module")
def autograder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "made" / "autograder.zip"
    options = ("--assignment", "deep-learning-1", "--output", path, "--profile", "quick", "--minutes", "4")
    done = grader("export", "gradescope", *options, GRADER_SECRET=SECRET)
    assert (done.returncode, done.stderr) == (0, "")
    return path


def laid_out(autograder: Path, base: Path) -> Place:
    with zipfile.ZipFile(autograder) as archive:
        archive.extractall(base / "source")
    for folder in ("submission", "results"):
        (base / folder).mkdir()
    shutil.copy(base / "source" / "run_autograder", base)
    return Place(base)


@pytest.fixture
def place(autograder: Path, tmp_path: Path) -> Place:
    """With this very Python, so that nothing has to be installed, and data that is there."""
    made = laid_out(autograder, tmp_path / "autograder")
    (made.base / "venv").symlink_to(sys.prefix)
    (made.base / "datasets").symlink_to(Settings().datasets)
    return made


def test_the_zip_has_what_grading_one_assignment_takes_and_is_its_makers_alone(autograder: Path) -> None:
    assert stat.S_IMODE(autograder.stat().st_mode) == 0o600
    with zipfile.ZipFile(autograder) as archive:
        names = set(archive.namelist())
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
    assert {"setup.sh", "run_autograder", "settings.sh", "pyproject.toml", "grader/cli/main.py"} <= names
    assert {"rubrics/deep-learning-1/rubric.yaml", "reference/deep-learning-1/checks.py"} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith(("tests", "submissions", ".git"))]
    assert (modes["setup.sh"], modes["run_autograder"], modes["settings.sh"]) == (0o700, 0o700, 0o600)


def test_the_secret_comes_through_as_it_is(place: Place) -> None:
    program = f'base=b; source=s; . {place.base}/source/settings.sh; printf %s "$GRADER_SECRET"'
    assert subprocess.run(["/bin/sh", "-c", program], capture_output=True, text=True, check=True).stdout == SECRET


def test_whoever_has_no_secret_is_told_that_the_zip_has_its_own(tmp_path: Path) -> None:
    path = tmp_path / "autograder.zip"
    done = grader("export", "gradescope", "--assignment", "deep-learning-1", "--output", path)
    assert done.returncode == 0
    assert "GRADER_SECRET is not set" in done.stderr


def test_no_zip_is_made_that_would_show_notebooks_the_reference(tmp_path: Path) -> None:
    path = tmp_path / "autograder.zip"
    options = ("--assignment", "deep-learning-1", "--output", path)
    done = grader("export", "gradescope", *options, GRADER_SANDBOX="none")
    assert done.returncode == 3
    assert not path.exists()


def test_a_submission_is_graded_with_what_setup_has_prepared(place: Place) -> None:
    said = place.run(place.base / "source" / "setup.sh")
    assert "digits" in said
    assert "WARNING" not in said
    readable = [path for path in (place.base / "source").rglob("*") if path.stat().st_mode & 0o077]
    assert readable == [], "the reference and the secret are for root alone"
    (place.base / "submission" / "old.ipynb").write_bytes(notebook("x = 1"))
    os.utime(place.base / "submission" / "old.ipynb", (1, 1))
    found, _ = place.graded({"hw.ipynb": notebook(MODEL), "notes.pdf": b"x"})
    assert "There are 2 different notebooks (hw.ipynb, old.ipynb); the newest was taken: hw.ipynb." in found["output"]
    tests = {test["name"].split(":")[0]: test for test in found["tests"]}
    assert (tests["q2.linear"]["score"], tests["q2.linear"]["status"]) == (8, "passed")
    assert tests["q2.ffnet"]["status"] == "failed"
    assert found["score"] == sum(test.get("score", 0) for test in found["tests"])
    assert found["extra_data"]["environment"]["sandbox"] == "bubblewrap"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"report.pdf": b"x"}, "There is no notebook (.ipynb); what was handed in: report.pdf."),
        ({"a.ipynb": b"{"}, "JSON"),
    ],
)
def test_what_cannot_be_graded_has_no_points_and_a_sentence(place: Place, files: dict[str, bytes], words: str) -> None:
    found, _ = place.graded(files)
    assert (found["score"], found["tests"]) == (0, [])
    assert words in found["output"]


@ROOT_ONLY
def test_without_a_wall_nothing_runs_and_staff_are_told(place: Place) -> None:
    no_wall = ("setpriv", "--bounding-set", "-sys_admin")
    found, said = place.graded({"hw.ipynb": notebook("print('it ran')")}, *no_wall)
    assert (found["score"], found["tests"], found["extra_data"]["status"]) == (0, [], "failed")
    assert "The machine that grades failed. This is no fault of yours" in found["output"]
    assert "no kernel came up inside the sandbox" in said


def test_a_grading_that_takes_too_long_leaves_a_sentence(place: Place) -> None:
    settings = place.base / "source" / "settings.sh"
    settings.write_text(settings.read_text(encoding="utf-8") + "export AUTOGRADER_SECONDS=1\n", encoding="utf-8")
    found, said = place.graded({"hw.ipynb": notebook(MODEL)})
    assert found["score"] == 0
    assert "did not come to an end" in found["output"]
    assert "The grading ended with 124." in said


@pytest.mark.slow
@ROOT_ONLY
def test_setup_makes_all_of_it_from_nothing(autograder: Path, tmp_path: Path) -> None:
    place = laid_out(autograder, tmp_path / "autograder")
    # whatever index this machine uses has a torch without CUDA
    place.run(place.base / "source" / "setup.sh", PIP_EXTRA_INDEX_URL="", PYTHONPATH="")
    assert (place.base / "datasets").is_dir()
    found, _ = place.graded({"hw.ipynb": notebook(MODEL)})
    assert next(test for test in found["tests"] if test["name"].startswith("q2.linear"))["status"] == "passed"
