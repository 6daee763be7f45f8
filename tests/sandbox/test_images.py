"""The project's own images, built as their users build them, but without a registry: from the engine's test image."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.grading.grade import grade
from grader.grading.verify import declarations, differences
from grader.notebooks.read import read
from grader.records.assignment import Assignment
from grader.records.report import Report
from grader.settings import Settings
from tests.sandbox.engines import run
from tests.sandbox.wall import IMAGE, ROOT

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "submissions" / "deep-learning-1" / "partial.ipynb"
WITH_PIP, KERNEL, SERVICE = (f"localhost/grader-test-{name}" for name in ("pip", "kernel", "service"))


def pip_settings() -> dict[str, str]:
    """How this machine's pip finds packages: in a container it has to do the same."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    values = (line.partition("=") for line in listed.splitlines())
    return {name.rpartition(".")[2]: ast.literal_eval(value) for name, _, value in values}


def lay_out(context: Path) -> None:
    """A folder to build an image from that adds to the test image what pip needs: its settings, and what they name."""
    settings = pip_settings()
    files = context / "files"
    (files / "etc").mkdir(parents=True)
    lines = [f"{name} = {value}" for name, value in settings.items()]
    (files / "etc" / "pip.conf").write_text("\n".join(["[global]", *lines, ""]))
    for name in ("cert", "constraint", "find-links"):
        for word in settings.get(name, "").split():
            source = Path(word)
            target = files / source.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy(source, target)
    (context / "Dockerfile").write_text(f"FROM {IMAGE}\nCOPY files /\n")


@pytest.fixture(scope="module")
def engine(docker: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The engine's command, when it has both images."""
    context = tmp_path_factory.mktemp("pip")
    lay_out(context)
    build = f"{docker} build --network host --tag"
    base = ("--build-arg", f"BASE={WITH_PIP}", "--build-arg", "TORCH=constraints-cpu.txt")
    for tag, arguments in {
        WITH_PIP: (context,),
        KERNEL: (*base, "--target", "kernel", ROOT),
        SERVICE: (*base, "--target", "service", ROOT),
    }.items():
        built = run(f"{build} {tag}", *arguments)
        assert built.returncode == 0, (built.stdout + built.stderr)[-2000:]
    return docker


def test_an_example_gets_what_it_declares_in_the_kernels_image(engine: str, assignment: Assignment) -> None:
    settings = Settings(sandbox="container", engine=engine, image=KERNEL, python="/opt/python/bin/python")
    report = grade(read(EXAMPLE.read_bytes()), EXAMPLE.name, assignment, settings, "quick").report
    check(report, assignment)
    assert report.environment.sandbox == "container"
    assert (report.environment.sandbox_lacks == ()) == (os.geteuid() == 0)


def test_an_example_gets_what_it_declares_in_the_services_image(engine: str, assignment: Assignment) -> None:
    """bubblewrap builds its wall inside of a container that lets it make namespaces and mount a /proc of its own."""
    allowed = ["--security-opt", "seccomp=unconfined", "--security-opt", "systempaths=unconfined", "--network", "none"]
    command = ["grade", "/opt/grader/submissions/deep-learning-1/partial.ipynb", "--assignment", "deep-learning-1"]
    done = run(f"{engine} run --rm", *allowed, SERVICE, *command, "--profile", "quick", "--json")
    assert done.returncode == 0, done.stderr
    check(Report.model_validate_json(done.stdout), assignment)


@pytest.mark.parametrize("image", [KERNEL, SERVICE])
def test_nobody_is_root_in_an_image(engine: str, image: str) -> None:
    found = run(f"{engine} run --rm --network none --entrypoint id {image} --user")
    assert found.stdout.strip() == "1000"


def test_the_kernels_image_holds_nothing_of_the_project(engine: str) -> None:
    source = "import importlib.util, json; print(json.dumps([importlib.util.find_spec(n) is not None for n in ('torch', 'grader')]))"
    found = run(f"{engine} run --rm --network none {KERNEL} python -c", source)
    assert json.loads(found.stdout) == [True, False]
    searched = run(f"{engine} run --rm --network none {KERNEL} find / -xdev -name expected.yaml -o -xdev -name rubrics")
    assert searched.stdout == ""


def check(report: Report, assignment: Assignment) -> None:
    declared = declarations(EXAMPLE.parent, assignment)[EXAMPLE.stem]
    assert differences(report, declared) == ()
    assert report.auto_score > 0
