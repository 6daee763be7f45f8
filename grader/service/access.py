"""Who sees which submission, and how much of its report."""

import time
from pathlib import Path

from grader.errors import Refused
from grader.records.report import Report
from grader.records.rubric import Policy, Rubric, Visibility
from grader.reports.view import late, student_view
from grader.rubrics import identifiers, load_rubric
from grader.service import revisions
from grader.service.policy import over, penalty
from grader.service.store import Store
from grader.service.submissions import find
from grader.service.tables import RevisionRow, SubmissionRow
from grader.service.users import User


def rubric_of(root: Path, assignment: str) -> Rubric:
    """Raises Refused where there is no such assignment."""
    if assignment not in identifiers(root):
        raise Refused(f"There is no assignment {assignment!r}.", status=404)
    return load_rubric(root, assignment)[0]


def submission_for(store: Store, identifier: str, user: User) -> SubmissionRow:
    """Raises Refused where there is none, and in the same words where it is another team's."""
    row = find(store, identifier)
    if row is None or not (user.staff or row.team == user.team):
        raise Refused("There is no such submission.", status=404)
    return row


def latest(store: Store, identifier: str) -> tuple[Report, RevisionRow]:
    """The report that holds. Raises Refused where there is none yet."""
    found = revisions.current(store, identifier)
    if found is None:
        raise Refused("This submission has no report yet.", status=404)
    return found


def seen(root: Path, row: SubmissionRow, report: Report, user: User) -> Report:
    """The report as `user` may see it now."""
    return report_for(load_rubric(root, row.assignment)[0].policy, row, report, user, time.time())


def report_for(policy: Policy, row: SubmissionRow, report: Report, user: User, now: float) -> Report:
    """The report as `user` may see it at `now`, less what being late costs."""
    costed = late(report, penalty(policy, row.received_at))
    return costed if user.staff else student_view(costed, shown(policy, now))


def shown(policy: Policy, now: float) -> set[Visibility]:
    """The visibilities that students see now."""
    published = policy.published is not None and now > policy.seconds(policy.published)
    found: dict[Visibility, bool] = {"visible": True, "after_due_date": over(policy, now), "after_published": published}
    return {visibility for visibility, see in found.items() if see}
