"""Everybody's notebooks through an engine: each is accounted for, and none is in another's way."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path

from grader.batch.handed import HandedIn
from grader.batch.keep import Version, forget, keep, keep_report, kept
from grader.batch.result import Result
from grader.engines.interface import Job, Submit
from grader.errors import BadNotebook, GraderError, GraderFault, InfrastructureFault
from grader.grading.failure import failed_report
from grader.notebooks.read import read
from grader.records.grading import Grading
from grader.records.progress import Progress
from grader.records.rubric import Rubric
from grader.settings import Settings

CHANCES = 3
"""How often a grading is tried that the machine fails."""


@dataclass(frozen=True)
class Task:
    """What everybody's notebooks are graded for, and how."""

    rubric: Rubric
    version: Version
    settings: Settings
    at_once: int


Watch = Callable[[str, Progress], None]
"""Is told of each submission, by its key, how far it is; in a thread of the engine's."""


@dataclass
class Work:
    """One notebook, and all who handed it in."""

    whose: list[HandedIn]
    tries: int = 0


def run(
    everybody: Iterable[HandedIn], task: Task, submit: Submit, output: Path, resume: bool, watch: Watch
) -> Iterator[Result]:
    """A result for each, as they come. Files are written below `output`, in a folder for each.

    With `resume`, what an earlier run has finished is taken as it is. Raises OSError where nothing can be written.
    """
    works: dict[str, Work] = {}
    for handed in everybody:
        report = kept(output / handed.key, handed.sha256, task.version) if resume and handed.read else None
        if not report:
            forget(output / handed.key)
        if handed.read is None or report:
            yield Result(handed, report, handed.problem)
        else:
            works.setdefault(handed.sha256, Work([])).whose.append(handed)
    waiting, running = deque(works.values()), dict[Future[Grading], Work]()
    while waiting or running:
        # a few more than run at a time, so that no worker waits for this loop
        while waiting and len(running) < task.at_once + 2:
            work = waiting.popleft()
            try:
                running[submitted(work, task, submit, watch)] = work
            except BadNotebook as error:
                yield from (Result(handed, None, str(error)) for handed in work.whose)
        for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
            work = running.pop(future)
            wrong = failure(future)
            if isinstance(wrong, InfrastructureFault) and work.tries < CHANCES:
                waiting.append(work)
            elif wrong is not None:
                yield from (failed(handed, task, wrong, output / handed.key) for handed in work.whose)
            else:
                for handed in work.whose:
                    yield Result(handed, keep(output / handed.key, future.result(), handed.filename))


def submitted(work: Work, task: Task, submit: Submit, watch: Watch) -> Future[Grading]:
    """Raises BadNotebook."""
    first = work.whose[0]
    assert first.read is not None
    notebook = read(first.read())
    work.tries += 1
    job = Job(notebook, first.filename, task.rubric.id, task.settings, task.version.profile)
    return submit(job, lambda progress: watch(first.key, progress))


def failure(future: Future[Grading]) -> GraderError | None:
    error = future.exception()
    if error is None or isinstance(error, GraderError):
        return error
    return GraderFault(f"the grading gave no answer: {type(error).__name__}: {error}")


def failed(handed: HandedIn, task: Task, error: GraderError, folder: Path) -> Result:
    report = failed_report(
        task.rubric.id, task.rubric.items, handed.sha256, handed.filename, error, task.settings.sandbox
    )
    keep_report(folder, report)
    return Result(handed, report, str(error))
