"""A grading in a child process: what comes back, what its memory is, and that it never stays behind."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from grader.engines.local import open_local, room
from grader.errors import AssignmentError, GraderFault, InfrastructureFault, SandboxError
from grader.grading.grade import grade
from grader.grading.job import Job, Submit
from grader.records.assignment import Assignment
from grader.records.grading import Grading
from grader.records.progress import CellStarted, ItemJudged, Progress
from grader.sandbox.provisioner import base_folder
from grader.settings import Settings
from tests.grading.test_grade import notebook_of
from tests.sandbox.wall import ROOT, processes, wait_until

GIGABYTE = 1 << 30


def job_of(sources: list[str], settings: Settings) -> Job:
    return Job(notebook_of(sources), "small.ipynb", "deep-learning-1", settings, "full")


def sleeping(marker: str) -> list[str]:
    """A notebook that starts a process and then never ends."""
    return [
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)', {marker!r}])",
        "import time\ntime.sleep(1000)",
    ]


def sandboxes() -> set[Path]:
    return set(base_folder().glob("grader-*"))


def test_a_grading_comes_back_whole(assignment: Assignment, settings: Settings, submit: Submit) -> None:
    drawn = "import matplotlib.pyplot as plt\nplt.plot([1, float('nan'), float('inf')])\nplt.show()"
    job = job_of(["x = float('nan')\nprint(x)\n1 / 0", drawn], settings)
    here = grade(job.notebook, job.filename, assignment, settings, job.profile)
    there = submit(job).result()
    assert there.notebook == here.notebook
    assert there.report.items == here.report.items
    assert there.report.flags == here.report.flags
    # no number equals itself when it is none
    ran, ran_here = ([repr(run.outputs) for run in grading.execution.cells] for grading in (there, here))
    assert ran == ran_here
    assert "nan" in ran[1]


def test_it_says_how_far_it_is(settings: Settings, submit: Submit) -> None:
    heard: list[Progress] = []
    report = submit(job_of(["x = 1", "y = 2"], settings), heard.append).result().report
    started = [step for step in heard if isinstance(step, CellStarted)]
    assert started == [CellStarted(0, 1, 2), CellStarted(1, 2, 2)]
    judged = {step.item.id: step.item for step in heard if isinstance(step, ItemJudged)}
    automatic = [item for item in report.items if item.status != "manual"]
    assert [judged[item.id].points for item in automatic] == [item.points for item in automatic]


def test_a_failure_comes_back_as_what_it_was(settings: Settings, submit: Submit) -> None:
    broken = settings.model_copy(update={"python": "/usr/bin/false"})
    with pytest.raises(SandboxError, match="no kernel came up"):
        submit(job_of(["x = 1"], broken)).result()
    with pytest.raises(AssignmentError, match="no assignment 'nothing'"):
        submit(Job(notebook_of(["x = 1"]), "small.ipynb", "nothing", settings, "quick")).result()


@pytest.mark.parametrize(("gigabytes", "status"), [(1, "error"), (4, "passed")])
def test_a_grading_has_a_limit_on_its_own_memory(
    settings: Settings, submit: Submit, tmp_path: Path, gigabytes: int, status: str
) -> None:
    """Here with checks that need three gigabytes, which is nobody's fault but theirs."""
    for name in ("rubrics", "reference"):
        shutil.copytree(settings.root / name, tmp_path / name)
    with (tmp_path / "reference" / "deep-learning-1" / "checks.py").open("a", encoding="utf-8") as checks:
        checks.write("\nCHECKS = dict.fromkeys(CHECKS, lambda: __import__('numpy').zeros(3 << 30, 'u1'))\n")
    hungry = settings.model_copy(update={"root": tmp_path, "grading_bytes": gigabytes * GIGABYTE})
    report = submit(job_of(["x = 1"], hungry)).result().report
    assert next(item for item in report.items if item.id == "q2.xor").checks[0].status == status


def test_a_grading_that_does_not_come_to_an_end_is_ended(settings: Settings, submit: Submit, marker: str) -> None:
    short = settings.model_copy(update={"total_seconds": 1.0, "grading_seconds": 1.0})
    with pytest.raises(GraderFault, match="did not come to an end within 2 s"):
        submit(job_of(sleeping(marker), short)).result()
    assert not processes(marker)


@pytest.mark.parametrize("sandbox", ["bubblewrap", "none"])
def test_that_limit_is_not_the_students(settings: Settings, submit: Submit, sandbox: str) -> None:
    tight = settings.model_copy(update={"grading_bytes": GIGABYTE, "sandbox": sandbox})
    grading = submit(job_of(["x = bytearray(3 << 29)\nprint(len(x))"], tight)).result()
    assert [output.text for output in grading.execution.cells[0].outputs] == [f"{3 << 29}\n"]


def test_a_killed_grading_is_the_machines_doing_and_leaves_nothing_running(
    settings: Settings, submit: Submit, marker: str
) -> None:
    grading = submit(job_of(sleeping(marker), settings))
    assert wait_until(lambda: bool(processes(marker)))
    (child,) = multiprocessing.active_children()
    child.kill()
    with pytest.raises(InfrastructureFault, match="ended by signal 9"):
        grading.result()
    assert wait_until(lambda: not processes(marker))


def test_a_grading_that_is_told_to_end_starts_nothing_more_and_blames_nobody(
    settings: Settings, submit: Submit, marker: str
) -> None:
    """What it would go on with is a fresh kernel for the definitions, which here start another process."""
    before = sandboxes()
    sleeper, endless = sleeping(marker)
    started = sleeper.partition("\n")[2]
    defined = f"import subprocess, sys\ndef logistic_regression(x={started}):\n    return x"
    grading = submit(job_of([defined, sleeper, endless], settings))
    assert wait_until(lambda: len(processes(marker)) == 2)
    (child,) = multiprocessing.active_children()
    child.terminate()
    with pytest.raises(InfrastructureFault, match="ended by signal 15"):
        grading.result()
    assert not processes(marker)
    assert sandboxes() <= before


def test_leaving_early_ends_all_gradings_and_clears_their_sandboxes_away(settings: Settings, marker: str) -> None:
    before = sandboxes()

    def leave() -> None:
        with open_local(1) as submit:
            gradings.extend(submit(job_of(sleeping(marker), settings)) for _ in range(2))
            assert wait_until(lambda: bool(processes(marker)))
            raise KeyboardInterrupt

    gradings: list[Future[Grading]] = []
    with pytest.raises(KeyboardInterrupt):
        leave()
    assert not processes(marker)
    assert sandboxes() <= before
    assert gradings[1].cancelled(), "what has not begun does not begin any more"


PARENT = """
import sys
from grader.engines.local import open_local
from grader.settings import Settings
from tests.engines.test_local import job_of, sleeping
with open_local() as submit:
    submit(job_of(sleeping(sys.stdin.readline().strip()), Settings())).result()
"""


@contextmanager
def parent_of_a_grading(handlers: str, marker: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that waits for a grading, whose notebook runs; `handlers` says what becomes of signals there."""
    command = [sys.executable, "-c", f"import signal\n{handlers}{PARENT}"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, **options) as parent:
        assert parent.stdin is not None
        parent.stdin.write(f"{marker}\n".encode())
        parent.stdin.flush()
        assert wait_until(lambda: bool(processes(marker)))
        yield parent


@pytest.mark.parametrize("interrupts", ["heard", "ignored"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_grading_ends_cleanly_when_its_parent_is_gone(number: signal.Signals, interrupts: str, marker: str) -> None:
    """A shell's script starts what it puts into the background with interrupts ignored."""
    before = sandboxes()
    handler = "SIG_IGN" if interrupts == "ignored" else "default_int_handler"
    # whatever these tests were started with
    handlers = f"signal.signal({int(number)}, signal.SIG_DFL)" if number != signal.SIGKILL else ""
    handlers += f"\nsignal.signal(signal.SIGINT, signal.{handler})"
    with parent_of_a_grading(handlers, marker) as parent:
        os.kill(parent.pid, number)
        parent.wait()
    assert wait_until(lambda: not processes(marker))
    assert wait_until(lambda: sandboxes() <= before)


def test_a_ctrl_c_in_the_terminal_ends_the_command_and_clears_the_sandbox_away(marker: str) -> None:
    before = sandboxes()
    handlers = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    with parent_of_a_grading(handlers, marker, stderr=subprocess.PIPE, start_new_session=True) as parent:
        # a terminal tells all processes of its foreground group
        os.killpg(parent.pid, signal.SIGINT)
        parent.communicate()
    assert not processes(marker)
    assert sandboxes() <= before


@pytest.mark.parametrize(
    ("threads", "gpus", "kernels_per_gpu", "wanted"),
    [(2, "", 1, 4), (1, "", 1, 8), (8, "", 1, 2), (1, "0", 1, 1), (1, "0,2", 2, 4), (1, "all", 1, 8)],
)
def test_as_many_run_at_once_as_there_are_cores_and_gpus_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, threads: int, gpus: str, kernels_per_gpu: int, wanted: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    asked = {"threads": threads, "gpus": gpus, "kernels_per_gpu": kernels_per_gpu}
    assert room(settings.model_copy(update=asked)) == wanted
