"""One grading in a process of its own: it talks to a kernel that may send anything, within a memory limit."""

import gc
import os
import resource
import signal
import threading
from multiprocessing.connection import Connection
from types import FrameType

from grader.engines.outcome import Outcome, failed, said
from grader.errors import GraderError, GraderFault
from grader.grading.job import Job, Watch


def work(parent: Connection, job: Job, fork_server: str) -> None:
    """Runs in the child: grade, say what came of it as JSON, end. Ends early and cleanly when it is told to, by SIGTERM,
    and when the parent is gone.
    """
    # the terminal's Ctrl-C is for the parent, which tells its children; where it is ignored, they can be told all the same
    os.setsid()
    # a sandbox's user has to reach its folders, whatever the person who asks wants of files of their own
    os.umask(0o022)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, stop)
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    limit_memory(job.settings.grading_bytes)
    # what was imported before the fork stays: looking through all of it again takes a tenth of a second each time
    gc.freeze()
    try:
        parent.send_bytes(answer(job, fork_server, lambda progress: parent.send_bytes(said(Outcome(progress)))))
    except BrokenPipeError:
        # the parent is gone, and nobody is left to be told
        return
    except KeyboardInterrupt:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)


def stop(_: int, __: FrameType | None) -> None:
    """Once is enough: a second time would break off the clearing away of the sandbox."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.raise_signal(signal.SIGINT)


def end_with(parent: Connection) -> None:
    """The parent says nothing: what comes is the end of the connection, and with it of the parent."""
    try:
        parent.recv_bytes()
    except (EOFError, OSError):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def limit_memory(size: int) -> None:
    """Of data, not of address space: torch reserves far more than it uses. The hard limit is for what this starts."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))


def answer(job: Job, fork_server: str, watch: Watch) -> bytes:
    # whoever starts this process only knows its name: grading is not for them to import
    from grader.grading.assignments import load  # noqa: PLC0415
    from grader.grading.grade import grade  # noqa: PLC0415

    try:
        assignment = load(job.settings.root, job.assignment)
        grading = grade(job.notebook, job.filename, assignment, job.settings, job.profile, fork_server, watch)
        return said(Outcome(grading=grading))
    except GraderError as error:
        return failed(error)
    except Exception as error:  # noqa: BLE001 - a bug of the grader's costs no points, and whoever waits gets an answer
        return failed(GraderFault(f"The grader failed: {type(error).__name__}: {error}"))
