"""Gradings on the nodes of a real Ray cluster, all of them on this machine: what comes back, and what is lost with a node."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr
from ray._private.node import Node
from ray.cluster_utils import Cluster

from grader.batch.handed import HandedIn
from grader.batch.keep import Version
from grader.batch.run import Task, run
from grader.cli.options import engine_of
from grader.engines.cluster import connected, open_ray
from grader.engines.local import open_local
from grader.errors import AssignmentError, GraderFault, InfrastructureFault, SandboxError
from grader.grading.job import Job, Submit
from grader.records.grading import Grading
from grader.records.progress import Begun, CellStarted, ItemJudged, Progress
from grader.rubrics import load_rubric
from grader.sandbox.provisioner import base_folder
from grader.settings import Settings
from tests.batch.sources import laid
from tests.cli.test_batch import MODEL, arguments, contents
from tests.cli.test_main import COMMAND
from tests.engines.test_local import job_of, sleeping
from tests.grading.test_grade import notebook_of
from tests.sandbox.wall import processes, wait_until
from tests.service.test_api import notebook

SECRET, DATABASE = "canary-b7f1-course", "canary-b7f1-database"
NODES = 3


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Nodes with room for one grading each, and with a GPU that is none."""
    cluster = Cluster(shutdown_at_exit=False)
    try:
        for _ in range(NODES):
            cluster.add_node(num_cpus=2, num_gpus=1, include_dashboard=False, env_vars={"GRADER_SECRET": SECRET})
        yield cluster
    finally:
        cluster.shutdown()


@pytest.fixture(scope="module")
def settings(cluster: Cluster) -> Settings:
    """The cluster's, of the machine that hands out."""
    return Settings(secret=SecretStr(SECRET), database=SecretStr(f"postgresql://grader:{DATABASE}@/grader"))


@pytest.fixture(scope="module")
def near(cluster: Cluster) -> Iterator[None]:
    """Connected with the cluster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ADDRESS", cluster.address)
        with connected():
            yield


@pytest.fixture
def submit(near: None) -> Iterator[Submit]:
    with open_ray(NODES) as submit:
        yield submit


def folders_of(marker: str) -> set[Path]:
    """The folders of the sandboxes that processes with the marker are in."""
    mounts = [Path(f"/proc/{pid}/mountinfo").read_text(encoding="utf-8") for pid in processes(marker)]
    return {base_folder() / name for text in mounts for name in re.findall(r"/(grader-[0-9a-f]{16})/", text)}


def test_it_says_how_far_it_is(settings: Settings, submit: Submit) -> None:
    heard: list[Progress] = []
    report = submit(job_of(["x = 1", "y = 2"], settings), heard.append).result().report
    assert [step for step in heard if isinstance(step, CellStarted)] == [CellStarted(0, 1, 2), CellStarted(1, 2, 2)]
    judged = {step.item.id for step in heard if isinstance(step, ItemJudged)}
    assert judged == {item.id for item in report.items if item.status != "manual"}


def test_a_failure_comes_back_as_what_it_was(settings: Settings, submit: Submit) -> None:
    with pytest.raises(AssignmentError, match="no assignment 'nothing'"):
        submit(Job(notebook_of(["x = 1"]), "small.ipynb", "nothing", settings, "quick")).result()
    # the number of the GPU is Ray's choice, and the node's word about it comes back
    seated = settings.model_copy(update={"gpus": "7"})
    with pytest.raises(SandboxError, match="nvidia0 is not in /dev"):
        submit(job_of(["x = 1"], seated)).result()


def test_a_node_that_would_give_another_report_gives_none(settings: Settings, submit: Submit, tmp_path: Path) -> None:
    for name in ("rubrics", "reference"):
        shutil.copytree(settings.root / name, tmp_path / name)
    (tmp_path / "reference" / "deep-learning-1" / "new.py").touch()
    other = settings.model_copy(update={"root": tmp_path, "secret": SecretStr("another")})
    with pytest.raises(InfrastructureFault, match="a node has other files of the assignment, another GRADER_SECRET"):
        submit(job_of(["x = 1"], other)).result()


def test_no_secret_is_in_rays_files_or_in_a_command(cluster: Cluster, settings: Settings, submit: Submit) -> None:
    assert submit(job_of(["x = 1"], settings)).result().report.status == "graded"
    with pytest.raises(AssignmentError):
        submit(Job(notebook_of(["x = 1"]), "small.ipynb", "nothing", settings, "quick")).result()
    assert cluster.head_node is not None
    session = Path(cluster.head_node.get_session_dir_path())
    files = [path for path in session.rglob("*") if path.is_file()]
    assert any("worker" in path.name for path in files), "the workers' logs are among them"
    assert not [path for path in files if b"canary" in path.read_bytes()]
    assert not processes("canary")


def test_leaving_early_ends_all_gradings_and_clears_their_sandboxes_away(
    near: None, settings: Settings, marker: str
) -> None:
    def leave() -> None:
        with open_ray(NODES + 1) as submit:
            gradings.extend(submit(job_of(sleeping(marker), settings)) for _ in range(NODES + 1))
            assert wait_until(lambda: len(processes(marker)) == NODES, 60)
            folders.update(folders_of(marker))
            raise KeyboardInterrupt

    gradings, folders = list[Future[Grading]](), set[Path]()
    with pytest.raises(KeyboardInterrupt):
        leave()
    assert not processes(marker)
    assert len(folders) == NODES
    assert not [folder for folder in folders if folder.exists()]
    for grading in gradings:
        with pytest.raises(InfrastructureFault, match="told to end"):
            grading.result()


def test_gradings_end_cleanly_when_the_command_that_handed_them_out_is_killed(
    cluster: Cluster, tmp_path: Path, marker: str
) -> None:
    source = laid(tmp_path / "all", {"student.ipynb": notebook(*sleeping(marker))})
    environment = os.environ | {"RAY_ADDRESS": cluster.address, "GRADER_SECRET": SECRET}
    command = [str(COMMAND), *arguments(source, tmp_path / "out"), "--profile", "full", "--engine", "ray"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as batch:
        assert wait_until(lambda: bool(processes(marker)) or batch.poll() is not None, 60)
        (folder,) = folders_of(marker)
        batch.kill()
    assert wait_until(lambda: not processes(marker))
    assert wait_until(lambda: not folder.exists())


def test_who_has_no_ray_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "grader.engines.cluster")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(GraderFault, match=r"pip install '.\[ray\]'"), engine_of("ray", 1):
        pass


def handed(number: int, *sources: str) -> HandedIn:
    key, data = f"student {number}", notebook(*sources)
    return HandedIn(key, key, "", "", key, False, f"{key}.ipynb", key, lambda: data)


def runs_on(node: Node, marker: str) -> bool:
    """Whether a sandbox with this marker is a descendant of the node's own process."""
    own = node.all_processes["raylet"][0].process.pid
    with suppress(psutil.NoSuchProcess):
        return any(own == parent.pid for pid in processes(marker) for parent in psutil.Process(pid).parents())
    return False


def test_with_a_node_killed_all_have_the_reports_of_one_machine_and_each_once(
    cluster: Cluster, near: None, settings: Settings, tmp_path: Path, marker: str
) -> None:
    sleeper = f"class A:\n    {sleeping(marker)[0].replace(chr(10), '; ')}; import time; time.sleep(1)"
    everybody = [handed(number, MODEL, f"# {number}\n{sleeper}") for number in range(4)]
    everybody += [handed(4, f"{sleeper}\n1 / 0")]
    rubric, sha256 = load_rubric(settings.root, "deep-learning-1")
    task = Task(rubric, Version("deep-learning-1", sha256, "", "quick"), settings, NODES)
    begun: list[str] = []

    def hear(key: str, progress: Progress) -> None:
        begun.extend([key] if isinstance(progress, Begun) else [])

    def keys(submit: Submit, output: Path) -> list[str]:
        return sorted(result.handed.key for result in run(everybody, task, submit, output, False, hear))

    def kill() -> bool:
        assert wait_until(lambda: any(runs_on(node, marker) for node in cluster.worker_nodes), 60)
        cluster.remove_node(next(node for node in cluster.worker_nodes if runs_on(node, marker)), allow_graceful=False)
        return True

    with open_local(2) as submit:
        here = keys(submit, tmp_path / "here")
    begun.clear()
    with ThreadPoolExecutor(1) as pool, open_ray(NODES) as submit:
        killed = pool.submit(kill)
        there = keys(submit, tmp_path / "there")
    assert killed.result()
    assert there == here == [one.key for one in everybody]
    assert len(begun) > len(everybody), "a grading was lost with its node, and began again"
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert not processes(marker)
