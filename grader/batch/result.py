"""What became of what one student or team handed in."""

from dataclasses import dataclass

from grader.batch.handed import HandedIn
from grader.records.report import Report


@dataclass(frozen=True)
class Result:
    handed: HandedIn
    report: Report | None
    """None where there is nothing that can be graded; a `failed` one where the grader or the machine is to blame."""
    problem: str = ""
    """Why there is no report, or why it failed."""

    @property
    def status(self) -> str:
        return self.report.status if self.report else "not gradable"
