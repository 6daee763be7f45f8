"""Execution and Findings to the Report."""

from collections.abc import Mapping, Sequence
from itertools import islice

from grader import __version__
from grader.checks.identity import people
from grader.checks.written import written
from grader.datasets.store import Dataset
from grader.grading.assignments import in_profile
from grader.grading.clean import clean
from grader.grading.flags import flags
from grader.grading.score import score_item
from grader.records.assignment import Assignment
from grader.records.execution import Execution
from grader.records.findings import Finding
from grader.records.report import (
    AnswerReport,
    CellReport,
    EnvironmentReport,
    ExecutionReport,
    Report,
    StudentReport,
    SubmissionReport,
)
from grader.records.rubric import Item
from grader.records.submission import Submission
from grader.reports.pictures import Pictures
from grader.text import one_line

MAX_TEXT, MAX_FIGURES = 20_000, 8


def make_report(
    submission: Submission,
    filename: str,
    assignment: Assignment,
    execution: Execution,
    findings: Mapping[str, Sequence[Finding]],
    dataset: Dataset,
    why_full: str | None,
    sandbox: str,
) -> Report:
    """`why_full` is the reason for which the run used the full data, where there had to be one."""
    rubric, notebook = assignment.rubric, submission.notebook
    judged = [in_profile(item, assignment.checks, execution.profile) for item in rubric.items]
    scored = (
        score_item(item, findings.get(item.id, ()), pending=bool(whole.checks and not item.checks))
        for whole, item in zip(rubric.items, judged, strict=True)
    )
    pictures = Pictures()
    items = tuple(
        report.model_copy(update={"answer": answer(submission, execution, item, pictures)}) if item.manual else report
        for item, report in zip(rubric.items, scored, strict=True)
    )
    automatic = sum(report.points or 0.0 for item, report in zip(rubric.items, items, strict=True) if not item.manual)
    manual_max = sum(item.points for item in rubric.items if item.manual)
    maximum = sum(item.points for item in rubric.items)
    students = people(submission, rubric.identity) if rubric.identity else ()
    report = Report(
        assignment=rubric.id,
        status="graded",
        submission=SubmissionReport(
            id=notebook.sha256[:16],
            sha256=notebook.sha256,
            filename=one_line(filename),
            students=tuple(StudentReport(name=one_line(person.name), id=one_line(person.id)) for person in students),
        ),
        score=round(automatic, 2),
        max_score=maximum,
        auto_score=round(automatic, 2),
        auto_max=maximum - manual_max,
        pending_manual=manual_max,
        items=items,
        flags=flags(submission, execution, findings, rubric, why_full),
        execution=execution_report(submission, execution),
        executed_notebook=None,
        environment=EnvironmentReport(
            grader=__version__,
            rubric_sha256=assignment.rubric_sha256,
            checks_sha256=assignment.checks_sha256,
            torch=execution.environment.torch,
            python=execution.environment.python,
            data=dataset.label,
            sandbox=sandbox,
            sandbox_lacks=execution.environment.sandbox_lacks,
        ),
    )
    return clean(report)


def answer(submission: Submission, execution: Execution, item: Item, pictures: Pictures) -> AnswerReport | None:
    """What was written and drawn in a manual item's region; None where it has none."""
    region = item.region or item.id
    if region not in submission.starter_regions:
        return None
    parts = [part for part in written(submission, region) if part.cell.kind == "markdown"]
    text = "\n\n".join("\n".join(part.lines) for part in parts)[:MAX_TEXT]
    encoded = (
        (output.data or {}).get("image/png")
        for run in execution.cells
        if submission.regions[run.index] == region
        for output in run.outputs
    )
    figures = [picture for png in islice(filter(None, encoded), MAX_FIGURES) if (picture := pictures.png(png))]
    return AnswerReport(text=text, figures=tuple(figures))


def execution_report(submission: Submission, execution: Execution) -> ExecutionReport:
    return ExecutionReport(
        status=execution.status,
        profile=execution.profile,
        salvaged=execution.salvaged,
        device=execution.environment.device,
        kernel_start=execution.environment.kernel_start,
        duration_s=execution.duration_s,
        cells=tuple(
            CellReport(
                index=run.index,
                region=submission.regions[run.index],
                status=run.status,
                duration_s=run.duration_s,
                error=run.error,
            )
            for run in execution.cells
        ),
    )
