"""The engine of one machine: each grading is a child process, some of them at a time."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from importlib.util import find_spec
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection, wait
from pkgutil import iter_modules

from grader.engines.child import work
from grader.engines.forks import CHANCES, Forks
from grader.engines.outcome import understood
from grader.errors import GraderError, GraderFault, InfrastructureFault, KernelNotStarted
from grader.grading.job import Job, Submit, Watch, unwatched
from grader.records.grading import Grading
from grader.records.progress import Begun, Progress
from grader.settings import Settings

AT_ONCE = 2
CHILD = ("grader.engines.child", "grader.grading.grade")
WARM = ("torch", "scipy.spatial", "ctypes.util", "grader.sandbox.forked")
"""What children have imported from the start: what is warm takes seconds, which only many of them are worth."""
GRACE_SECONDS = 15.0
"""How long a grading that is told to end may take to clear its sandbox away, before it is killed."""
UNKNOWN = 255
"""The exit code of a child of which nobody knows any more how it ended."""


def room(settings: Settings) -> int:
    """How many gradings this machine has cores and GPUs for; two at least, as a kernel seldom keeps its threads busy."""
    cores = max(AT_ONCE, len(os.sched_getaffinity(0)) // settings.threads)
    if settings.gpus in ("", "all"):
        return cores
    return min(cores, len(settings.gpus.split(",")) * settings.kernels_per_gpu)


class Gradings:
    """Those that run now. They are told to end by the end of a pipe, which all who wait for one see."""

    def __init__(self, forks: Forks) -> None:
        self.stopped, self.stop = Pipe(duplex=False)
        self.forks = forks

    def graded(self, job: Job, watch: Watch) -> Grading:
        """Wait for one grading in a process of its own.

        Raises the GraderError that it ended with; InfrastructureFault where the process was killed or cannot be had, and
        GraderFault where it ended by itself without an answer, or does not come to an end.
        """
        try:
            address = self.forks.address(job.settings)
            try:
                grading = self.answer(job, address, watch)
            except KernelNotStarted:
                if not address:
                    raise
                grading = self.answer(job, "", watch)
        except GraderError:
            raise
        except (OSError, EOFError) as error:
            raise InfrastructureFault(f"the grading's process was lost: {type(error).__name__} {error}") from error
        except Exception as error:
            raise GraderFault(f"the grading's process gave no answer: {type(error).__name__}: {error}") from error
        self.forks.served(address, warm=grading.execution.environment.kernel_start == "warm")
        return grading

    def answer(self, job: Job, fork_server: str, watch: Watch) -> Grading:
        here, there = Pipe()
        child = get_context("forkserver").Process(target=work, args=(there, job, fork_server), daemon=True)
        with here, there:
            child.start()
            process, patience = os.pidfd_open(child.pid or 0), 0.0
            there.close()
            try:
                seconds = job.settings.total_seconds + job.settings.grading_seconds
                said = self.end_of(here, seconds, watch)
                patience = GRACE_SECONDS
            except EOFError:
                child.join(GRACE_SECONDS)
                raise silent(child.exitcode) from None
            finally:
                # the connection's end is what tells a child to give up: it stays until the child has ended
                end(process, patience)
                os.close(process)
                child.join(GRACE_SECONDS)
        if isinstance(said, GraderError):
            raise said
        return said

    def end_of(self, child: Connection, seconds: float, watch: Watch) -> Grading | GraderError:
        """What a child says in the end; what it says before is told to `watch`. It has `seconds` for each run of the
        notebook, and to begin.
        """
        deadline, begun = time.monotonic() + seconds, False
        while ready := wait([child, self.stopped], max(0.0, deadline - time.monotonic())):
            if child not in ready:
                raise InfrastructureFault("the grading was told to end")
            said = understood(child.recv_bytes())
            if not isinstance(said, Progress):
                return said
            if isinstance(said, Begun):
                deadline, begun = time.monotonic() + seconds, True
            watch(said)
        if not begun:
            raise InfrastructureFault(f"the grading did not begin within {seconds:g} s: is a GPU kept by others?")
        raise GraderFault(f"the grading did not come to an end within {seconds:g} s")


def end(process: int, patience: float) -> None:
    """Wait until it ends by itself; tell it to, and let it clear its sandbox away; kill it where it does not come to that.

    `process` is a file descriptor: it stands for no other process, however late it is.
    """
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, GRACE_SECONDS)):
        if wait([process], seconds):
            return
        # it may end at this moment
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(process, number)


def silent(exitcode: int | None) -> GraderFault | InfrastructureFault:
    if exitcode is None or exitcode == UNKNOWN:
        return InfrastructureFault("the grading's process was lost")
    if exitcode < 0:
        return InfrastructureFault(f"the grading's process was ended by signal {-exitcode}")
    return GraderFault(f"the grading's process ended without an answer (exit code {exitcode})")


def checks() -> list[str]:
    """The names of all modules with checks, none of which is imported here."""
    spec = find_spec("grader.checks")
    places = spec.submodule_search_locations if spec else None
    return [f"grader.checks.{module.name}" for module in iter_modules(places)]


def warmed(warm: bool = True) -> Forks:
    """The fork servers of an engine whose children share one import of torch, and its kernels one of all that notebooks
    use, from the first grading on; without `warm`, both import for themselves.
    """
    get_context("forkserver").set_forkserver_preload([*CHILD, *WARM, *checks()] if warm else list(CHILD))
    return Forks(CHANCES if warm else 0)


@contextmanager
def open_with(forks: Forks, at_once: int) -> Iterator[Submit]:
    """Grade on this machine, up to `at_once` gradings at a time. Leaving the block by an exception ends them all."""
    gradings = Gradings(forks)
    with gradings.stopped, gradings.stop, ThreadPoolExecutor(at_once) as watchers:
        try:
            yield lambda job, watch=unwatched: watchers.submit(gradings.graded, job, watch)
        except BaseException:  # a Ctrl-C as much as an error: nobody waits for the gradings any more, and it goes on up
            watchers.shutdown(wait=False, cancel_futures=True)
            gradings.stop.close()
            raise


@contextmanager
def open_local(at_once: int = AT_ONCE, warm: bool = True) -> Iterator[Submit]:
    """`open_with` fork servers of its own. A single grading does better when not `warm`: it imports torch while its
    kernel starts.
    """
    with closing(warmed(warm)) as forks, open_with(forks, at_once) as submit:
        yield submit
