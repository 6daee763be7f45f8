"""The report of a grading that could not happen, through no fault of the student's."""

from grader import __version__
from grader.errors import GraderError, InfrastructureFault
from grader.grading.clean import clean
from grader.records.findings import Blame
from grader.records.report import EnvironmentReport, FlagReport, ItemReport, Report, SubmissionReport
from grader.records.rubric import Item
from grader.text import one_line


def failed_report(
    assignment: str, items: tuple[Item, ...], sha256: str, filename: str, error: GraderError, sandbox: str
) -> Report:
    """All automatic items open, with the blame where it belongs; nobody loses a point."""
    blame: Blame = "infrastructure" if isinstance(error, InfrastructureFault) else "grader"
    manual = sum(item.points for item in items if item.manual)
    maximum = sum(item.points for item in items)
    report = Report(
        assignment=assignment,
        status="failed",
        submission=SubmissionReport(id=sha256[:16], sha256=sha256, filename=one_line(filename), students=()),
        score=0,
        max_score=maximum,
        auto_score=0,
        auto_max=maximum - manual,
        pending_manual=manual,
        items=tuple(
            ItemReport(
                id=item.id,
                title=item.title,
                points=None,
                max_points=item.points,
                status="manual" if item.manual else "error",
                blame=None if item.manual else blame,
                checks=(),
            )
            for item in items
        ),
        flags=(FlagReport(id="grading_failed", severity="warning", message=str(error), evidence=type(error).__name__),),
        execution=None,
        executed_notebook=None,
        environment=EnvironmentReport(
            grader=__version__, rubric_sha256="", torch="", python="", data="", sandbox=sandbox, sandbox_lacks=()
        ),
    )
    return clean(report)
