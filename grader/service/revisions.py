"""Reports on a submission: each is added to those before, and none is ever changed."""

from collections.abc import Sequence

from pydantic import TypeAdapter
from pydantic_core import to_json
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from grader.errors import Refused, StorageError
from grader.records.grading import Grading
from grader.records.report import Report
from grader.reports.revised import Grade, revised
from grader.service.contents import content, keep
from grader.service.owner import owning
from grader.service.store import Store, reading, writing
from grader.service.tables import RevisionRow, SubmissionRow

GRADING = TypeAdapter(Grading)
CHANCES = 3
"""After so many failures of the machine in a row, a submission waits for a person."""


def of(session: Session, identifier: str) -> Sequence[RevisionRow]:
    return session.scalars(
        select(RevisionRow).where(RevisionRow.submission_id == identifier).order_by(RevisionRow.number)
    ).all()


def last_automatic(rows: Sequence[RevisionRow]) -> RevisionRow | None:
    return next((one for one in reversed(rows) if one.kind != "manual"), None)


def revisions(store: Store, identifier: str) -> Sequence[RevisionRow]:
    """All of one submission, the first one first."""
    with reading(store) as session:
        return of(session, identifier)


def report_of(store: Store, revision: RevisionRow) -> Report:
    """Raises StorageError where it is no longer what was stored."""
    return Report.model_validate_json(content(store.contents, revision.report_sha256))


def grading_of(store: Store, revision: RevisionRow) -> Grading:
    """The report with the notebook and its run. Raises StorageError likewise."""
    return GRADING.validate_json(content(store.contents, revision.grading_sha256))


def graded(store: Store, identifier: str, grading: Grading, at: float) -> None:
    """What an engine found: the submission's report from now on, but for the items that a person has graded."""
    with owning(store) as session:
        row, before = existing(session, identifier), of(session, identifier)
        session.add(
            RevisionRow(
                submission_id=identifier,
                number=len(before) + 1,
                kind="regrade" if before else "automatic",
                report_sha256=keep(store.contents, (grading.report.model_dump_json(indent=2) + "\n").encode()),
                grading_sha256=keep(store.contents, to_json(grading, inf_nan_mode="constants")),
                at=at,
                user_id=row.asked_by,
                why="",
                item=None,
                points=None,
            )
        )
        row.state, row.failures, row.reason, row.asked_by = "graded", 0, "", None


def failed(store: Store, identifier: str, sentence: str, again: bool) -> None:
    """It could not be graded: it is tried `again` while it has chances, and then waits for a person."""
    with owning(store) as session:
        row = existing(session, identifier)
        row.failures, row.reason = row.failures + 1, sentence
        row.state = "queued" if again and row.failures < CHANCES else "failed"


def regrade(store: Store, identifier: str, user_id: int) -> None:
    """Queue it for somebody, behind those who have no report yet. Raises Refused while it waits or runs."""
    with writing(store) as session:
        row = existing(session, identifier)
        if row.state in ("queued", "running"):
            raise Refused("This submission is waiting to be graded.", status=409)
        row.state, row.failures, row.reason, row.asked_by = "queued", 0, "", user_id
        row.regrade = bool(of(session, identifier))


def retry(store: Store, assignment: str = "") -> int:
    """Queue again what waits for a person, of one assignment or of all; returns how many."""
    parked = update(SubmissionRow).where(SubmissionRow.state == "failed")
    if assignment:
        parked = parked.where(SubmissionRow.assignment == assignment)
    with writing(store) as session:
        again = session.scalars(parked.values(state="queued", failures=0, reason="").returning(SubmissionRow.id)).all()
    return len(again)


def grade_by_hand(store: Store, identifier: str, item: str, grade: Grade, user_id: int, at: float) -> None:
    """Add a person's word on one item. Raises Refused where there is no report or no such item."""
    with writing(store) as session:
        existing(session, identifier)
        before = of(session, identifier)
        automatic = last_automatic(before)
        if automatic is None:
            raise Refused("This submission has no report yet.", status=409)
        report = report_of(store, automatic)
        known = {one.id: one for one in report.items}
        if item not in known:
            raise Refused(f"There is no item {item}.", status=404)
        if not 0 <= grade.points <= known[item].max_points:
            raise Refused(f"{item} has between 0 and {known[item].max_points:g} points.", status=422)
        session.add(
            RevisionRow(
                submission_id=identifier,
                number=len(before) + 1,
                kind="manual",
                report_sha256=automatic.report_sha256,
                grading_sha256=automatic.grading_sha256,
                at=at,
                user_id=user_id,
                why=grade.comment,
                item=item,
                points=grade.points,
            )
        )


def current(store: Store, identifier: str) -> tuple[Report, RevisionRow] | None:
    """The report that holds: the last automatic one, with the last word of people on each item."""
    all_of_them = revisions(store, identifier)
    automatic = last_automatic(all_of_them)
    if automatic is None:
        return None
    grades = {
        one.item: Grade(one.points, one.why) for one in all_of_them if one.item is not None and one.points is not None
    }
    return revised(report_of(store, automatic), grades), all_of_them[-1]


def existing(session: Session, identifier: str) -> SubmissionRow:
    row = session.get(SubmissionRow, identifier, with_for_update=True)
    if row is None:
        raise StorageError(f"there is no submission {identifier}")
    return row
