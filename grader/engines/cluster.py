"""The engine of several machines: each grading is a task of a Ray cluster, on a node that has room for it."""

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import ray
from ray import ObjectRefGenerator
from ray.exceptions import RayError, TaskCancelledError

from grader.engines import node
from grader.engines.errand import written
from grader.engines.outcome import understood
from grader.errors import GraderError, GraderFault, InfrastructureFault
from grader.grading.job import Job, Submit, Watch, unwatched
from grader.records.grading import Grading
from grader.records.progress import Progress
from grader.settings import Settings
from grader.text import one_line

GRACE_SECONDS, LOOK_SECONDS = 20.0, 0.1
"""How long a grading on a node may take to end when it is told to; and how often to look."""

log = logging.getLogger(__name__)


class Gradings:
    """Those that run now, or wait for a node."""

    def __init__(self) -> None:
        self.running: set[ObjectRefGenerator] = set()
        self.stopped = False
        self.lock = threading.Lock()
        # a node's loss is told to whoever handed out: they know how often a grading has been tried
        self.task = ray.remote(max_retries=0, num_returns="streaming", scheduling_strategy="SPREAD")(node.graded)

    def graded(self, job: Job, watch: Watch) -> Grading:
        """Wait for one grading on a node.

        Raises the GraderError that it ended with; InfrastructureFault where the node or its worker is lost, and
        GraderFault where there is no answer.
        """
        try:
            return self.answer(self.started(job), watch)
        except GraderError:
            raise
        except TaskCancelledError as error:
            raise InfrastructureFault("the grading was told to end") from error
        except RayError as error:
            lost = "the grading was told to end" if self.stopped else "the grading's node was lost"
            raise InfrastructureFault(f"{lost}: {type(error).__name__}") from error
        except (OSError, EOFError) as error:
            raise InfrastructureFault(f"the grading's cluster was lost: {type(error).__name__}") from error
        except Exception as error:
            raise GraderFault(f"the grading's node gave no answer: {type(error).__name__}") from error

    def started(self, job: Job) -> ObjectRefGenerator:
        errand, needs = written(job), resources(job.settings)
        if not fits(needs):
            log.warning("no node of the cluster has %s: a grading waits for one", needs)
        with self.lock:
            if self.stopped:
                raise InfrastructureFault("the grading was told to end")
            answers: ObjectRefGenerator = self.task.options(num_cpus=needs["CPU"], num_gpus=needs["GPU"]).remote(errand)
            self.running.add(answers)
        return answers

    def answer(self, answers: ObjectRefGenerator, watch: Watch) -> Grading:
        try:
            for answer in answers:
                said = understood(ray.get(answer))
                if isinstance(said, GraderError):
                    raise said
                if not isinstance(said, Progress):
                    return said
                watch(said)
        finally:
            with self.lock:
                self.running.discard(answers)
        raise GraderFault("the grading's node ended without an answer")

    def stop(self) -> None:
        """Tell all to end: each clears its sandbox away first. A worker that does not listen is killed, and its gradings
        notice that it is gone.
        """
        with self.lock:
            self.stopped = True
            for answers in self.running:
                ray.cancel(answers)
        deadline = time.monotonic() + GRACE_SECONDS
        while self.running and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        with self.lock:
            for answers in self.running:
                ray.cancel(answers, force=True)


def resources(settings: Settings) -> dict[str, float]:
    """What Ray keeps for a grading: the cores of its kernel's threads, and its part of a GPU."""
    return {"CPU": settings.threads, "GPU": 1 / settings.kernels_per_gpu if settings.gpus else 0}


def fits(needs: dict[str, float]) -> bool:
    """Whether there is a node that has so much, whatever runs there now."""
    return any(
        found["Alive"] and all(found["Resources"].get(name, 0) >= amount for name, amount in needs.items())
        for found in ray.nodes()
    )


@contextmanager
def connected() -> Iterator[None]:
    """With the cluster that Ray's own `RAY_ADDRESS` names, one that runs on this machine, or one of its own.

    To be entered by the main thread. Raises InfrastructureFault where there is no such cluster.
    """
    try:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        raise InfrastructureFault(
            f"There is no Ray cluster to grade on: {one_line(str(error)).rstrip('.')}."
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def open_ray(at_once: int) -> Iterator[Submit]:
    """Grade on the cluster, up to `at_once` gradings at a time. Leaving the block by an exception ends them all."""
    gradings = Gradings()
    with ThreadPoolExecutor(at_once) as watchers:
        try:
            yield lambda job, watch=unwatched: watchers.submit(gradings.graded, job, watch)
        except BaseException:  # a Ctrl-C as much as an error: nobody waits for the gradings any more, and it goes on up
            watchers.shutdown(wait=False, cancel_futures=True)
            gradings.stop()
            raise
