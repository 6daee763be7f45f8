"""A report, and the run that it speaks of."""

from dataclasses import dataclass

from grader.records.execution import Execution
from grader.records.notebook import Notebook
from grader.records.report import Report


@dataclass(frozen=True)
class Grading:
    report: Report
    notebook: Notebook
    execution: Execution
