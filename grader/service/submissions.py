"""Submissions from the upload on: none is acknowledged before it is kept for good, and none is kept twice."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from grader.errors import Refused, StorageError
from grader.records.rubric import Policy
from grader.service.contents import keep
from grader.service.owner import owning
from grader.service.policy import refusal
from grader.service.store import Store, reading, writing
from grader.service.tables import KeyRow, RevisionRow, SubmissionRow, UserRow
from grader.service.users import User

ENDED = ("graded", "failed")
"""The states in which nothing happens any more by itself."""
TRIES = 10
"""How often to begin anew when another upload of the same team came first."""


@dataclass(frozen=True)
class Upload:
    """What somebody hands in."""

    assignment: str
    team: str
    filename: str
    data: bytes
    received: float
    """When its first byte came."""
    key: str | None = None
    """An `Idempotency-Key`."""


def accept(store: Store, upload: Upload, user: User, policy: Policy) -> tuple[SubmissionRow, bool]:
    """Keep an upload for good; the submission, and whether it is a new one.

    Raises Refused where the policy does not allow it or its key belongs to another upload, and StorageError.
    """
    sha256 = hashlib.sha256(upload.data).hexdigest()
    identifier = hashlib.sha256(f"{upload.assignment}/{upload.team}/{sha256}".encode()).hexdigest()[:20]
    with reading(store) as session:
        known = session.get(SubmissionRow, identifier)
        if known is None:
            next_attempt(session, upload, policy)
    if known is None:
        # before the transaction: others need not wait for this disk
        keep(store.contents, upload.data)
    for _ in range(TRIES):
        try:
            with writing(store) as session:
                # uploads of one team come one after the other
                session.execute(select(UserRow.id).where(UserRow.team == upload.team).with_for_update())
                found = session.get(SubmissionRow, identifier)
                used = session.get(KeyRow, (user.id, upload.key)) if upload.key else None
                if used is not None and used.submission_id != identifier:
                    raise Refused("This Idempotency-Key was used for another upload.", status=422)
                if found is not None:
                    if upload.key and used is None:
                        session.add(KeyRow(user_id=user.id, key=upload.key, submission_id=identifier))
                    return found, False
                attempt = next_attempt(session, upload, policy)
                row = SubmissionRow(
                    id=identifier,
                    assignment=upload.assignment,
                    team=upload.team,
                    user_id=user.id,
                    sha256=sha256,
                    filename=upload.filename,
                    received_at=upload.received,
                    attempt=attempt,
                    state="queued",
                    regrade=False,
                    failures=0,
                    reason="",
                    asked_by=None,
                )
                session.add(row)
                if upload.key:
                    session.flush()
                    session.add(KeyRow(user_id=user.id, key=upload.key, submission_id=identifier))
            return row, True
        except IntegrityError:
            continue
    raise StorageError("too many uploads of this team at once")


def next_attempt(session: Session, upload: Upload, policy: Policy) -> int:
    """The number of a team's next submission; raises Refused where there is to be none."""
    mine = (SubmissionRow.assignment == upload.assignment) & (SubmissionRow.team == upload.team)
    numbered = session.scalar(select(func.max(SubmissionRow.attempt)).where(mine))
    used, last = standing(session, upload.assignment, upload.team)
    if sentence := refusal(policy, used, last, upload.received):
        raise Refused(sentence)
    return (numbered or 0) + 1


def standing(session: Session, assignment: str, team: str) -> tuple[int, float | None]:
    """How many attempts a team has used, and when it made the last one."""
    mine = (SubmissionRow.assignment == assignment) & (SubmissionRow.team == team)
    # the machine's failures are nobody's attempt, but for what has a report from before
    reported = select(RevisionRow.submission_id).where(RevisionRow.submission_id == SubmissionRow.id).exists()
    counted = (SubmissionRow.state != "failed") | reported
    used, last = session.execute(select(func.count(), func.max(SubmissionRow.received_at)).where(mine, counted)).one()
    return used, last


def find(store: Store, identifier: str) -> SubmissionRow | None:
    with reading(store) as session:
        return session.get(SubmissionRow, identifier)


def waiting() -> Select[SubmissionRow]:
    """Those in the queue, first come first: first reports before regrades, a team's first attempts before later ones."""
    order = (SubmissionRow.regrade, SubmissionRow.attempt, SubmissionRow.received_at, SubmissionRow.id)
    return select(SubmissionRow).where(SubmissionRow.state == "queued").order_by(*order)


def position(store: Store, row: SubmissionRow) -> int:
    """How many go before it in the queue, itself included."""
    with reading(store) as session:
        waiting_ids = list(session.scalars(waiting().with_only_columns(SubmissionRow.id)))
    return waiting_ids.index(row.id) + 1 if row.id in waiting_ids else 0


def take(store: Store, ready: Collection[str] | None = None) -> SubmissionRow | None:
    """The next one to be graded, of one of the assignments that are `ready`; it is running from now on."""
    with owning(store) as session:
        free = waiting() if ready is None else waiting().where(SubmissionRow.assignment.in_(ready))
        row = session.scalars(free.limit(1).with_for_update(skip_locked=True)).one_or_none()
        if row is not None:
            row.state = "running"
        return row


def give_back(store: Store, identifier: str | None = None) -> int:
    """Queue again what runs, all of it or one; returns how many these were. It costs no attempt."""
    with owning(store) as session:
        running = update(SubmissionRow).where(SubmissionRow.state == "running")
        if identifier is not None:
            running = running.where(SubmissionRow.id == identifier)
        return int(session.execute(running.values(state="queued")).rowcount)  # type: ignore[attr-defined]
