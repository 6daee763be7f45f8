"""The same submissions graded on this machine, and by a Ray cluster of three nodes one of which is killed on the way.

python -m benchmarks.engines [SUBMISSIONS]
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ray.cluster_utils import Cluster

from benchmarks.determinism import rubric
from benchmarks.small import KERNELSPEC
from grader.batch.handed import HandedIn
from grader.batch.intake import intake
from grader.batch.keep import Version
from grader.batch.run import Task, run
from grader.engines.cluster import connected, open_ray
from grader.engines.interface import Submit
from grader.engines.local import open_local
from grader.grading.assignments import load, objects
from grader.notebooks.facts import definitions
from grader.records.progress import Begun, Progress
from grader.settings import Settings
from tests.assemble import assemble

ASSIGNMENT, NODES = "deep-learning-1", 3
TESTS = Path(__file__).resolve().parent.parent / "tests"


def notebooks(settings: Settings) -> Iterator[bytes]:
    """The examples, complete solutions in several styles, and the reference with definitions that differ or are wrong."""
    for example in sorted((settings.root / "submissions" / ASSIGNMENT).glob("*.ipynb")):
        yield example.read_bytes()
    starter = json.loads((settings.root / "rubrics" / ASSIGNMENT / "starter.ipynb").read_bytes())
    for style in sorted((TESTS / "solutions").glob("*.py")):
        yield json.dumps(assemble(style, starter)).encode()
    assignment = load(settings.root, ASSIGNMENT)
    code = [cell.source for cell in assignment.solution.cells if cell.kind == "code"]
    whole = definitions(code, objects(assignment.rubric.items))
    # by turns correct and wrong, and of all objects
    for variant in sorted((TESTS / "variants").rglob("*.py"), key=lambda path: path.stem[::-1]):
        sources = [*whole, variant.read_text(encoding="utf-8")]
        cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in sources]
        document = {"nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": KERNELSPEC}, "cells": cells}
        yield json.dumps(document).encode()


class Course:
    """Everybody's submissions, and what becomes of them."""

    def __init__(self, everybody: list[HandedIn], settings: Settings) -> None:
        assignment = load(settings.root, ASSIGNMENT)
        version = Version(ASSIGNMENT, assignment.rubric_sha256, "quick")
        self.everybody, self.task = everybody, Task(assignment.rubric, version, settings, NODES)

    def graded(self, submit: Submit, cluster: Cluster | None = None) -> dict[str, str]:
        """Everybody's report without its times. Of a cluster, a node is killed when half of them are there."""
        begun, found, started = list[str](), dict[str, str](), time.monotonic()

        def hear(key: str, progress: Progress) -> None:
            begun.extend([key] if isinstance(progress, Begun) else [])

        with tempfile.TemporaryDirectory() as output:
            for result in run(self.everybody, self.task, submit, Path(output), False, hear):
                key = result.handed.key
                assert key not in found, f"{key} has two results"
                assert result.report is not None, result.problem
                found[key] = rubric(result.report)
                if cluster and len(found) == len(self.everybody) // 2:
                    cluster.remove_node(min(cluster.worker_nodes, key=lambda node: node.node_id), allow_graceful=False)
        again = len(begun) - len(self.everybody)
        print(f"{len(found)} reports in {time.monotonic() - started:.0f} s, {again} gradings begun again", flush=True)
        return found


def main(count: int = 40) -> None:
    settings = Settings(data="small")
    cluster = Cluster()
    for _ in range(NODES):
        cluster.add_node(num_cpus=settings.threads, include_dashboard=False)
    os.environ["RAY_ADDRESS"] = cluster.address
    with tempfile.TemporaryDirectory() as folder:
        for number, notebook in enumerate(islice(notebooks(settings), count)):
            Path(folder, f"student {number}.ipynb").write_bytes(notebook)
        course = Course(intake(Path(folder), ASSIGNMENT), settings)
        with open_local() as submit:
            here = course.graded(submit)
        with connected(), open_ray(NODES) as submit:
            there = course.graded(submit, cluster)
    cluster.shutdown()
    different = [key for key in here if here[key] != there.get(key)]
    print(f"{len(here)} submissions, {len(there)} reports of the cluster, {len(different)} of them different")
    assert len(here) == len(there) == count, "somebody has no report"
    assert not different, (here[different[0]], there[different[0]])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
