"""What the pages say of assignments and of what was handed in."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from grader.errors import GraderError
from grader.records.report import Report
from grader.records.rubric import Policy, Rubric
from grader.rubrics import identifiers, load_rubric
from grader.service import revisions
from grader.service.access import report_for
from grader.service.policy import refusal
from grader.service.request import Service
from grader.service.self_test import NOT_GRADED
from grader.service.store import reading
from grader.service.submissions import standing
from grader.service.tables import RevisionRow, SubmissionRow, UserRow
from grader.service.users import User

SHOWN = 50
"""Submissions on a page."""


@dataclass(frozen=True)
class Line:
    """One submission."""

    row: SubmissionRow
    received: str
    report: Report | None


@dataclass(frozen=True)
class Desk:
    """One assignment, as somebody sees it."""

    id: str
    title: str
    due: str
    closed: str
    """Why nothing can be handed in now; empty where something can."""
    lines: Sequence[Line]
    more: int
    """Submissions that are not shown."""
    notice: str = ""
    """Why what is handed in is kept and waits; empty where it is graded."""


def desks(service: Service, user: User, now: float) -> list[Desk]:
    """Their own submissions for students, everybody's for staff: the last one first, for staff what waits for them."""
    found = []
    for assignment in identifiers(service.settings.root):
        try:
            rubric = load_rubric(service.settings.root, assignment)[0]
        except GraderError as error:
            # the other assignments are there all the same
            found.append(Desk(assignment, assignment, "", str(error) if user.staff else "Its staff look at it.", (), 0))
        else:
            found.append(desk(service, user, rubric, now))
    return found


def desk(service: Service, user: User, rubric: Rubric, now: float) -> Desk:
    policy = rubric.policy
    theirs = SubmissionRow.assignment == rubric.id
    if not user.staff:
        theirs &= SubmissionRow.team == user.team
    with reading(service.store) as session:
        number = session.scalar(select(func.count()).select_from(SubmissionRow).where(theirs)) or 0
        # what waits for staff is theirs to find
        first = [(SubmissionRow.state == "failed").desc()] if user.staff else []
        newest = select(SubmissionRow).where(theirs).order_by(*first, SubmissionRow.received_at.desc()).limit(SHOWN)
        rows = session.scalars(newest).all()
        used, last = standing(session, rubric.id, user.team)
    lines = [Line(row, moment(policy, row.received_at), shown(service, row, policy, user, now)) for row in rows]
    due = f"{policy.due:%Y-%m-%d %H:%M} ({policy.timezone})" if policy.due else ""
    failed = service.dispatcher.refusal(rubric.id)
    notice = (failed if user.staff else NOT_GRADED) if failed else ""
    closed = refusal(policy, used, last, now) or ""
    return Desk(rubric.id, rubric.title, due, closed, lines, number - len(lines), notice)


def shown(service: Service, row: SubmissionRow, policy: Policy, user: User, now: float) -> Report | None:
    try:
        found = revisions.current(service.store, row.id)
    except GraderError:
        # a damaged report is said to be so on its own page
        return None
    return report_for(policy, row, found[0], user, now) if found else None


def moment(policy: Policy, seconds: float) -> str:
    return f"{policy.local(seconds):%Y-%m-%d %H:%M}"


def history(service: Service, row: SubmissionRow) -> list[tuple[RevisionRow, str, str]]:
    """All reports on a submission, each with when it came and whose word it is."""
    policy = load_rubric(service.settings.root, row.assignment)[0].policy
    all_of_them = revisions.revisions(service.store, row.id)
    with reading(service.store) as session:
        asked = {one.user_id for one in all_of_them if one.user_id is not None}
        people = {user.id: user.email for user in session.scalars(select(UserRow).where(UserRow.id.in_(asked)))}
    return [(one, moment(policy, one.at), people.get(one.user_id or 0, "")) for one in all_of_them]
