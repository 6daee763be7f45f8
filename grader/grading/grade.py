"""One submission's way: Notebook, Execution, Findings, Report."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass

from jupyter_client.kernelspec import KernelSpec

from grader.datasets.prepare import Size, find
from grader.datasets.store import Dataset
from grader.execution.session import Session, open_session
from grader.execution.student import Student
from grader.grading.assignments import in_profile, objects
from grader.grading.clean import clean
from grader.grading.crowded import crowded
from grader.grading.job import Watch, unwatched
from grader.grading.limits import hidden_by, limits_of
from grader.grading.misled import explained
from grader.grading.plan import Plan, plan
from grader.grading.probe import Bench, bounded, inputs_key, probe
from grader.grading.reference import reference_face
from grader.grading.report import make_report
from grader.grading.run import run
from grader.grading.score import score_item
from grader.grading.size import why_full, why_full_after
from grader.grading.walk import Probe
from grader.notebooks.align import align, starter_regions
from grader.notebooks.facts import bound_names, code_of, definitions
from grader.notebooks.suspects import tampers
from grader.records.assignment import Assignment
from grader.records.execution import CellRun, Execution, Profile
from grader.records.findings import Finding
from grader.records.grading import Grading
from grader.records.notebook import Notebook
from grader.records.progress import Begun, ItemJudged
from grader.records.rubric import Item
from grader.records.submission import Submission
from grader.sandbox.engine import Engine
from grader.sandbox.gpus import seat
from grader.sandbox.start import kernel_spec
from grader.settings import Settings


@dataclass(frozen=True)
class Reading:
    """What the code says before anything runs: the items that this profile judges, when, and each cell's definitions."""

    items: tuple[Item, ...]
    plan: Plan
    definitions: tuple[str, ...]
    apart: frozenset[str]
    """The items to judge in a fresh kernel, because the notebook tampers with this one."""


def grade(
    notebook: Notebook,
    filename: str,
    assignment: Assignment,
    settings: Settings,
    profile: Profile,
    fork_server: str = "",
    watch: Watch = unwatched,
) -> Grading:
    """Run a notebook behind the wall and judge it. Kernels are forked where `fork_server` is the address of a server.

    Raises InfrastructureFault when the machine is to blame, and GraderFault when the assignment is.
    """

    def graded(kernels_per_gpu: int) -> Grading:
        alone = kernels_per_gpu < settings.kernels_per_gpu
        with seat(settings.gpus, settings.kernels_per_gpu, alone) as gpu:
            seated = settings.model_copy(update={"gpus": gpu, "kernels_per_gpu": kernels_per_gpu})
            return grade_here(notebook, filename, assignment, seated, profile, fork_server, watch)

    grading = graded(settings.kernels_per_gpu)
    return graded(1) if settings.kernels_per_gpu > 1 and crowded(grading) else grading


def grade_here(
    notebook: Notebook,
    filename: str,
    assignment: Assignment,
    settings: Settings,
    profile: Profile,
    fork_server: str,
    watch: Watch,
) -> Grading:
    """`grade`, with the GPU of `settings` at hand."""
    submission = submission_of(notebook, assignment)
    size: Size = "full" if settings.data == "full" else "small"
    reason = why_full(notebook, assignment.rubric) if settings.data == "auto" and profile == "full" else None
    # before the thread starts: Python 3.11 cannot build two syntax trees at once, and the reference's imports build some
    reading = read_ahead(submission, assignment, profile)
    with ThreadPoolExecutor(1) as pool:
        # the reference's imports take as long as the kernel's own, so both run at once
        reference = pool.submit(reference_face, assignment)

        def judged(dataset: Dataset) -> tuple[Execution, dict[str, tuple[Finding, ...]]]:
            watch(Begun())
            return judge(submission, reading, assignment, settings, profile, dataset, reference, fork_server, watch)

        dataset = find(settings.datasets, "full" if reason else size)
        execution, findings = judged(dataset)
        if settings.data == "auto" and not reason and (reason := why_full_after(notebook, execution, dataset)):
            dataset = find(settings.datasets, "full")
            execution, findings = judged(dataset)
    report = make_report(submission, filename, assignment, execution, findings, dataset, reason, settings.sandbox)
    return Grading(report, notebook, execution)


def submission_of(notebook: Notebook, assignment: Assignment) -> Submission:
    starter, regions = assignment.starter, assignment.rubric.regions
    homes = tuple(starter_regions(starter, regions))
    return Submission(notebook, align(notebook, starter, regions), starter, homes)


def read_ahead(submission: Submission, assignment: Assignment, profile: Profile) -> Reading:
    items = (in_profile(item, assignment.checks, profile) for item in assignment.rubric.items)
    judged = tuple(item for item in items if item.checks)
    bare = definitions(code_of(submission.notebook), objects(assignment.rubric.items))
    defined = {name for source in bare for name in bound_names(source)}
    apart = {item.id for item in judged if item.object in defined} if tampers(submission.notebook) else ()
    return Reading(judged, plan(submission, judged), tuple(bare), frozenset(apart))


def judge(
    submission: Submission,
    reading: Reading,
    assignment: Assignment,
    settings: Settings,
    profile: Profile,
    dataset: Dataset,
    reference: Future[Student],
    fork_server: str,
    watch: Watch,
) -> tuple[Execution, dict[str, tuple[Finding, ...]]]:
    """One run with one data set, and the findings by item; items that this profile leaves out have none."""
    key = inputs_key(settings.secret.get_secret_value(), submission.notebook.sha256)

    def bench(student: Student | None, runs: Sequence[CellRun]) -> Bench:
        return Bench(student, reference.result(), submission, runs, assignment.checks, assignment.bands, dataset, key)

    def told(item: Item, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        watch(ItemJudged(clean(score_item(item, findings))))
        return findings

    def probe_in(session: Session) -> Probe:
        def probed(item: Item, runs: Sequence[CellRun]) -> tuple[Finding, ...]:
            student = Student(bounded(session.ask, settings.item_seconds), seconds=settings.call_seconds)
            return told(item, probe(item, bench(student, runs)))

        return probed

    execution, findings = run(
        submission.notebook,
        reading.plan,
        reading.definitions,
        reading.apart,
        profile,
        lambda: session_for(settings, dataset, fork_server),
        probe_in,
        settings,
        watch,
    )
    at_the_end = {
        item.id: told(item, probe(item, bench(None, execution.cells))) for item in reading.items if item.object is None
    }
    return execution, explained(execution, {**findings, **at_the_end}, assignment.rubric.misleading)


def kernel_of(settings: Settings, data: str, fork_server: str = "") -> KernelSpec:
    """The kernel that the settings ask for, with the folder `data` in its working folder."""
    engine = Engine(settings.engine, settings.image)
    limits, hidden = limits_of(settings), hidden_by(settings)
    return kernel_spec(settings.sandbox, limits, data, settings.python, hidden, settings.gpus, engine, fork_server)


def session_for(settings: Settings, dataset: Dataset, fork_server: str = "") -> AbstractContextManager[Session]:
    """A kernel as the settings want it, with the data set in its working folder."""
    return open_session(kernel_of(settings, str(dataset.root), fork_server))
