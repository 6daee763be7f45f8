"""Whose submission counts."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select

from grader.errors import StorageError
from grader.records.report import Report
from grader.records.rubric import Policy
from grader.reports.gradebook import Entry
from grader.service import revisions
from grader.service.access import report_for
from grader.service.store import Store, reading
from grader.service.tables import SubmissionRow, UserRow
from grader.service.users import User


def entries(store: Store, assignment: str, policy: Policy, asker: User) -> Iterator[Entry]:
    """One for each student: their team's last submission that has a report, or its last one."""
    with reading(store) as session:
        students = session.scalars(select(UserRow).where(UserRow.role == "student").order_by(UserRow.email)).all()
        handed_in = session.scalars(
            select(SubmissionRow).where(SubmissionRow.assignment == assignment).order_by(SubmissionRow.attempt)
        ).all()
    by_team: dict[str, list[SubmissionRow]] = {}
    for row in handed_in:
        by_team.setdefault(row.team, []).append(row)
    counted = {team: counts(store, policy, rows, asker) for team, rows in by_team.items()}
    for student in students:
        entry = Entry(student.email, student.name, student.student_id, student.team)
        if student.team in counted:
            row, report = counted[student.team]
            entry = replace(entry, submission=row.id, attempt=row.attempt, status=status(row, by_team), report=report)
        yield entry


def counts(store: Store, policy: Policy, rows: list[SubmissionRow], asker: User) -> tuple[SubmissionRow, Report | None]:
    for row in reversed(rows):
        try:
            found = revisions.current(store, row.id)
        except StorageError:
            # the others' points are there all the same
            return row, None
        if found:
            return row, report_for(policy, row, found[0], asker, time.time())
    return rows[-1], None


def status(counted: SubmissionRow, by_team: Mapping[str, Sequence[SubmissionRow]]) -> str:
    """Its state, and that of the team's newest where that one has no report yet and would count."""
    newest = by_team[counted.team][-1]
    return counted.state if newest is counted else f"{counted.state}, attempt {newest.attempt} is {newest.state}"
