"""What a worker process of Ray's does on a node: the same as the engine of one machine, one grading after another."""

import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from functools import cache
from queue import Empty, SimpleQueue

import ray

from grader.engines.errand import taken_on
from grader.engines.forks import Forks
from grader.engines.local import open_with, warmed
from grader.engines.outcome import Outcome, failed, said
from grader.errors import GraderError
from grader.grading.job import Job
from grader.records.grading import Grading

LISTEN_SECONDS = 0.2
"""Ray's word to give up is heard between two waits of this length: it does not wake who waits."""


def graded(errand: bytes) -> Iterator[bytes]:
    """A task of Ray's: yields what a grading's process says, in the end its grading or the GraderError it ended with."""
    # Ray starts its workers with interrupts blocked, and a script's background with all ignored: by one a task is
    # cancelled, and kernels are interrupted, too
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        job = taken_on(errand, ",".join(ray.get_runtime_context().get_accelerator_ids()["GPU"]))
    except GraderError as error:
        yield failed(error)
    else:
        yield from steps(job)


def steps(job: Job) -> Iterator[bytes]:
    heard = SimpleQueue[bytes | Future[Grading]]()
    with open_with(forks(), 1) as submit:
        submit(job, lambda progress: heard.put(said(Outcome(progress)))).add_done_callback(heard.put)
        while isinstance(step := next_of(heard), bytes):
            yield step
    try:
        yield said(Outcome(grading=step.result()))
    except GraderError as error:
        yield failed(error)


def next_of(heard: "SimpleQueue[bytes | Future[Grading]]") -> "bytes | Future[Grading]":
    while True:
        try:
            return heard.get(timeout=LISTEN_SECONDS)
        except Empty:
            continue


@cache
def forks() -> Forks:
    """This worker's, for all gradings that it is given; they end with it."""
    # else each grading's process would run Ray's worker script again, and import Ray
    vars(sys.modules["__main__"]).pop("__file__", None)
    return warmed()
