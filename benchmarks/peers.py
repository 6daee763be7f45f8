"""What one submission costs here and with other graders, which get an environment of their own."""

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measure import Row, taken
from benchmarks.small import small

PACKAGES = [
    "torch==2.13.0",
    "numpy",
    "matplotlib",
    "otter-grader==7.0.0",
    "nbgrader==0.9.6",
    "nbclient==0.11.0",
    "ipykernel",
]
BATCH = 20
TEST = {
    "name": "q1",
    "points": 1,
    "suites": [{"cases": [{"code": ">>> Linear(3, 2)(torch.ones(3)).shape[0]\n2"}], "type": "doctest"}],
}
GRADED = {
    "grade": True,
    "grade_id": "q1",
    "locked": True,
    "points": 1,
    "schema_version": 3,
    "solution": False,
    "task": False,
}


def environment(folder: Path) -> Path:
    """The folder of the other graders' programs, installed if they are not there."""
    programs = folder / "bin"
    if not (programs / "otter").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([programs / "pip", "install", "--quiet", *PACKAGES], check=True)
    return programs


def run(folder: Path, *command: object) -> None:
    # nbgrader calls alembic by its name
    path = {"PATH": f"{Path(str(command[0])).parent}:/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run(list(map(str, command)), cwd=folder, env=path, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}\n{done.stderr}")


def otter(programs: Path, folder: Path) -> Callable[[], None]:
    (folder / "tests").mkdir(parents=True)
    (folder / "tests" / "q1.py").write_text(f"OK_FORMAT = True\ntest = {TEST!r}\n")
    (folder / "small.ipynb").write_bytes(small())
    run(folder, programs / "otter", "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment")
    return lambda: run(folder, programs / "otter", "run", "-a", "autograder.zip", "small.ipynb")


def nbgrader(programs: Path, folder: Path) -> Callable[[], None]:
    (folder / "source" / "one").mkdir(parents=True)
    (folder / "source" / "one" / "small.ipynb").write_bytes(small(nbgrader=GRADED))
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'course'\n")
    run(folder, programs / "nbgrader", "generate_assignment", "one")
    shutil.copytree(folder / "release" / "one", folder / "submitted" / "student" / "one")
    return lambda: run(folder, programs / "nbgrader", "autograde", "one", "--force")


def nbclient(programs: Path, folder: Path) -> Callable[[], None]:
    folder.mkdir()
    (folder / "small.ipynb").write_bytes(small())
    return lambda: run(folder, programs / "jupyter", "execute", "small.ipynb")


def grader_batch(folder: Path) -> Callable[[], None]:
    """The cold start of everything included, in a process of its own."""
    (folder / "submitted").mkdir(parents=True)
    for number in range(BATCH):
        (folder / "submitted" / f"student {number}.ipynb").write_bytes(small(number))

    def graded() -> None:
        output = folder / "graded"
        shutil.rmtree(output, ignore_errors=True)
        program = Path(sys.executable).with_name("grader")
        command = [program, "batch", folder / "submitted", "--assignment", "deep-learning-1", "--output", output]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"GRADER_DATA": "small"})
        for report in output.glob("*/report.json"):
            assert json.loads(report.read_text())["auto_score"] > 20

    return graded


def rows(folder: Path, peers: Path, rounds: int) -> Iterator[Row]:
    programs = environment(peers)
    tools = {name: tool(programs, folder / name) for name, tool in TOOLS.items()} | {
        "this": grader_batch(folder / "this")
    }
    wall: dict[str, list[float]] = {name: [] for name in tools}
    cpu: dict[str, list[float]] = {name: [] for name in tools}
    for _ in range(rounds):
        for name, tool in tools.items():
            with taken() as found:
                tool()
            count = BATCH if name == "this" else 1
            wall[name].append(found.wall / count)
            cpu[name].append(found.cpu / count)
    for name in tools:
        what = f"grader batch, each of {BATCH}, two at a time" if name == "this" else name
        yield Row(f"{what}: processors", "s", cpu[name])
        yield Row(f"{what}: clock", "s", wall[name])
    for name in TOOLS:
        yield Row(
            f"{name} / grader batch: processors", "times", [a / b for a, b in zip(cpu[name], cpu["this"], strict=True)]
        )


TOOLS = {"otter run": otter, "nbgrader autograde": nbgrader, "jupyter execute": nbclient}
