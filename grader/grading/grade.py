"""One submission's way: Notebook, Execution, Findings, Report."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass

from jupyter_client.kernelspec import KernelSpec

from grader import __version__
from grader.datasets.prepare import find
from grader.datasets.store import Dataset
from grader.execution.session import Session, open_session
from grader.execution.student import Student
from grader.grading.assignments import wanted_objects
from grader.grading.plan import plan
from grader.grading.probe import Bench, bounded, inputs_key, probe
from grader.grading.reference import reference_face
from grader.grading.run import run
from grader.grading.score import score_item
from grader.grading.walk import Probe
from grader.notebooks.align import align
from grader.records.assignment import Assignment
from grader.records.execution import Execution, Profile
from grader.records.findings import Finding
from grader.records.notebook import Notebook
from grader.records.report import (
    CellReport,
    EnvironmentReport,
    ExecutionReport,
    FlagReport,
    Report,
    SubmissionReport,
)
from grader.records.rubric import Item
from grader.sandbox.limits import Limits
from grader.sandbox.start import kernel_spec
from grader.settings import Settings


@dataclass(frozen=True)
class Grading:
    """A report, and the run that it speaks of."""

    report: Report
    notebook: Notebook
    execution: Execution


def grade(notebook: Notebook, filename: str, assignment: Assignment, settings: Settings, profile: Profile) -> Grading:
    """Run a notebook behind the wall and judge it.

    Raises InfrastructureFault when the machine is to blame, and GraderFault when the assignment is.
    """
    dataset = find(settings.datasets, settings.data)
    regions = align(notebook, assignment.starter, assignment.rubric.regions)
    sources = [cell.source for cell in notebook.cells if cell.kind == "code"]
    key = inputs_key(settings.secret.get_secret_value(), notebook.sha256)
    with ThreadPoolExecutor(1) as pool:
        # the reference's imports take as long as the kernel's own, so both run at once
        reference = pool.submit(reference_face, assignment)

        def probe_in(session: Session) -> Probe:
            def probed(item: Item) -> tuple[Finding, ...]:
                student = Student(bounded(session.ask, settings.item_seconds), seconds=settings.call_seconds)
                return probe(item, Bench(student, reference.result(), sources, assignment.checks, key))

            return probed

        execution, findings = run(
            notebook,
            plan(notebook, assignment.starter, regions, assignment.rubric),
            wanted_objects(assignment.rubric),
            profile,
            lambda: session_for(settings, dataset),
            probe_in,
            settings,
        )
    report = make_report(notebook, filename, assignment, regions, execution, findings, dataset, settings.sandbox)
    return Grading(report, notebook, execution)


def limits_of(settings: Settings) -> Limits:
    return Limits(
        memory_bytes=settings.memory_bytes,
        work_bytes=settings.work_bytes,
        shm_bytes=settings.shm_bytes,
        processes=settings.processes,
        threads=settings.threads,
    )


def kernel_of(settings: Settings, data: str) -> KernelSpec:
    """The kernel that the settings ask for, with the folder `data` in its working folder."""
    hidden = [str(settings.root), str(settings.datasets)]
    return kernel_spec(settings.sandbox, limits_of(settings), data, settings.python, hidden)


def session_for(settings: Settings, dataset: Dataset) -> AbstractContextManager[Session]:
    """A kernel as the settings want it, with the data set in its working folder."""
    return open_session(kernel_of(settings, str(dataset.root)))


def make_report(
    notebook: Notebook,
    filename: str,
    assignment: Assignment,
    regions: Sequence[str],
    execution: Execution,
    findings: Mapping[str, Sequence[Finding]],
    dataset: Dataset,
    sandbox: str,
) -> Report:
    rubric = assignment.rubric
    items = tuple(score_item(item, findings.get(item.id, ())) for item in rubric.items)
    automatic = sum(report.points or 0.0 for item, report in zip(rubric.items, items, strict=True) if not item.manual)
    manual_max = sum(item.points for item in rubric.items if item.manual)
    maximum = sum(item.points for item in rubric.items)
    cells = tuple(
        CellReport(
            index=run.index, region=regions[run.index], status=run.status, duration_s=run.duration_s, error=run.error
        )
        for run in execution.cells
    )
    return Report(
        assignment=rubric.id,
        status="graded",
        submission=SubmissionReport(id=notebook.sha256[:16], sha256=notebook.sha256, filename=filename, students=()),
        score=round(automatic, 2),
        max_score=maximum,
        auto_score=round(automatic, 2),
        auto_max=maximum - manual_max,
        pending_manual=manual_max,
        items=items,
        flags=flags(findings, execution),
        execution=ExecutionReport(
            status=execution.status,
            profile=execution.profile,
            salvaged=execution.salvaged,
            device=execution.environment.device,
            duration_s=execution.duration_s,
            cells=cells,
        ),
        executed_notebook=None,
        environment=EnvironmentReport(
            grader=__version__,
            rubric_sha256=assignment.rubric_sha256,
            torch=execution.environment.torch,
            python=execution.environment.python,
            data=dataset.label,
            sandbox=sandbox,
        ),
    )


def flags(findings: Mapping[str, Sequence[Finding]], execution: Execution) -> tuple[FlagReport, ...]:
    """What staff have to look at: checks that broke, and libraries that the sandbox lacks."""
    missing = tuple(
        FlagReport(
            id="missing_library",
            severity="warning",
            message="A cell imports a library that the sandbox lacks; what depends on that cell is not judged fairly.",
            evidence=f"cell {run.index}: {run.error}",
        )
        for run in execution.cells
        if run.error and run.error.startswith("ModuleNotFoundError")
    )
    return missing + tuple(
        FlagReport(
            id="needs_staff",
            severity="warning",
            message=f"The check {finding.item}/{finding.check} broke; the item's points are open.",
            evidence=finding.detail,
        )
        for found in findings.values()
        for finding in found
        if finding.status == "error"
    )
