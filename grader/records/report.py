"""The report's shape, `schema_version` "1": what every front end and every importer relies on."""

from typing import Literal

from grader.records.execution import CellStatus, ExecutionStatus, KernelStart, Profile
from grader.records.findings import Blame, CheckStatus
from grader.records.rubric import Record, Visibility

ItemStatus = Literal["passed", "partial", "failed", "manual", "pending", "error"]


class CheckReport(Record):
    id: str
    status: CheckStatus
    weight: float
    message: str
    visibility: Visibility


class AnswerReport(Record):
    """What a person judges: the text that the students wrote, and the figures of their cells in the grader's run."""

    text: str
    figures: tuple[str, ...]
    """PNG pictures as base64, decoded and encoded afresh."""


class ItemReport(Record):
    id: str
    title: str
    points: float | None
    """None while nobody can say: manual and not yet graded, not judged in this profile, or a broken check."""
    max_points: float
    status: ItemStatus
    blame: Blame | None
    checks: tuple[CheckReport, ...]
    answer: AnswerReport | None = None
    """Of a manual item."""
    comment: str = ""
    """Of the person who graded it, if one did."""


class FlagReport(Record):
    """Something a person should look at; never changes a score."""

    id: str
    severity: Literal["info", "warning"]
    message: str
    evidence: str


class CellReport(Record):
    index: int
    region: str
    status: CellStatus
    duration_s: float
    error: str | None


class ExecutionReport(Record):
    status: ExecutionStatus
    profile: Profile
    salvaged: bool
    device: str
    kernel_start: KernelStart
    duration_s: float
    cells: tuple[CellReport, ...]


class StudentReport(Record):
    name: str
    id: str


class SubmissionReport(Record):
    id: str
    sha256: str
    filename: str
    students: tuple[StudentReport, ...]


class EnvironmentReport(Record):
    """What has to be the same for the same grade."""

    grader: str
    rubric_sha256: str
    checks_sha256: str = ""
    """Of the reference solution, the checks and their bands together."""
    torch: str
    python: str
    data: str
    """The data set that the notebook ran with, labelled for what it is."""
    sandbox: str
    sandbox_lacks: tuple[str, ...]
    """What the machine did not let the wall have: nothing, where the grader runs as root with control groups."""


class Report(Record):
    schema_version: Literal["1"] = "1"
    assignment: str
    status: Literal["graded", "failed"]
    submission: SubmissionReport
    score: float
    max_score: float
    auto_score: float
    auto_max: float
    pending_manual: float
    items: tuple[ItemReport, ...]
    flags: tuple[FlagReport, ...]
    execution: ExecutionReport | None
    """None where no kernel could be started."""
    executed_notebook: str | None
    environment: EnvironmentReport
