"""The engine of one machine: each grading is a child process, some of them at a time."""

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess

from grader.engines.child import understood, work
from grader.errors import GraderFault, InfrastructureFault
from grader.grading.job import Job, Submit
from grader.records.grading import Grading

AT_ONCE = 2
CHILD, WARM = "grader.engines.child", "torch"
"""What children have imported from the start: the second, which takes seconds, only where there will be many of them."""
GRACE_SECONDS = 15.0
"""How long a grading that is told to end may take to clear its sandbox away, before it is killed."""


class Children:
    """The gradings that run now."""

    def __init__(self, imported: list[str]) -> None:
        self.imported = imported
        self.running: set[ForkServerProcess] = set()
        self.stopped = threading.Event()

    def graded(self, job: Job) -> Grading:
        """Wait for one grading in a process of its own.

        Raises the GraderError that it ended with; InfrastructureFault where the process was killed, and GraderFault
        where it ended by itself without an answer, or does not come to an end.
        """
        context = get_context("forkserver")
        context.set_forkserver_preload(self.imported)
        here, there = context.Pipe()
        child = context.Process(target=work, args=(there, job), daemon=True)
        with here:
            child.start()
            there.close()
            self.running.add(child)
            try:
                if self.stopped.is_set():
                    child.terminate()
                if not here.poll(job.settings.grading_seconds):
                    end(child)
                    raise GraderFault(f"the grading did not come to an end within {job.settings.grading_seconds:g} s")
                said = here.recv_bytes()
            except EOFError:
                child.join()
                raise silent(child.exitcode or 0) from None
            finally:
                self.running.discard(child)
            # the connection's end is what tells a child to give up
            child.join()
        return understood(said)

    def stop(self) -> None:
        self.stopped.set()
        running = list(self.running)
        for child in running:
            child.terminate()
        for child in running:
            end(child)


def end(child: ForkServerProcess) -> None:
    """Let it clear its sandbox away, or kill it where it does not come to that."""
    child.terminate()
    child.join(GRACE_SECONDS)
    child.kill()


def silent(exitcode: int) -> GraderFault | InfrastructureFault:
    if exitcode < 0:
        return InfrastructureFault(f"the grading's process was ended by {signal.Signals(-exitcode).name}")
    return GraderFault(f"the grading's process ended without an answer (exit code {exitcode})")


@contextmanager
def open_local(at_once: int = AT_ONCE, warm: bool = True) -> Iterator[Submit]:
    """Grade on this machine, up to `at_once` gradings at a time. Leaving the block by an exception ends them all.

    With `warm`, children share one import of torch. A single grading does better without: it imports it while its kernel
    starts.
    """
    children = Children([CHILD, WARM] if warm else [CHILD])
    with ThreadPoolExecutor(at_once) as watchers:
        try:
            yield lambda job: watchers.submit(children.graded, job)
        except BaseException:
            watchers.shutdown(wait=False, cancel_futures=True)
            children.stop()
            raise
