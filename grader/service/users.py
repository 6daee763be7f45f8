"""Who may use the service. A token is shown once; what is stored of it does not let anybody in."""

import hashlib
import secrets
from dataclasses import dataclass

from pydantic import TypeAdapter
from sqlalchemy import delete, select

from grader.errors import BadRoster
from grader.roster import Role, entries
from grader.service.store import Store, reading, writing
from grader.service.tables import SubmissionRow, UserRow, VisitRow


@dataclass(frozen=True)
class User:
    id: int
    email: str
    role: Role
    team: str
    """Of a student: whose submissions are theirs."""

    @property
    def staff(self) -> bool:
        return self.role != "student"


def import_roster(store: Store, roster: str) -> list[tuple[str, str]]:
    """Add those who are new, bring the others up to date; returns address and token of those who are new.

    All or nothing: a roster with a mistake changes nobody.
    """
    listed = list(entries(roster))
    tokens = []
    with writing(store) as session:
        known = {row.email: row for row in session.scalars(select(UserRow))}
        for entry in listed:
            row = known.get(entry.email)
            if row is None:
                token = secrets.token_urlsafe(32)
                row = UserRow(email=entry.email, token_sha256=hashed(token))
                session.add(row)
                tokens.append((entry.email, token))
            row.name, row.student_id, row.role, row.team = entry.name, entry.id, entry.role, entry.team
    return tokens


def deserted(store: Store) -> list[str]:
    """Teams that have handed something in and have no student any more, as after a roster that puts them elsewhere."""
    kept = select(UserRow.team).where(UserRow.role == "student")
    handed_in = select(SubmissionRow.team).distinct().order_by(SubmissionRow.team)
    staff = select(UserRow.team).where(UserRow.role != "student")
    with reading(store) as session:
        return list(session.scalars(handed_in.where(SubmissionRow.team.not_in(kept), SubmissionRow.team.not_in(staff))))


def replace_token(store: Store, email: str) -> str:
    """A new token for somebody; the old one, and every browser that is signed in with it, lets nobody in any more."""
    token = secrets.token_urlsafe(32)
    with writing(store) as session:
        row = session.scalar(select(UserRow).where(UserRow.email == email.strip().lower()))
        if row is None:
            raise BadRoster(f"Nobody has the address {email}.")
        row.token_sha256 = hashed(token)
        session.execute(delete(VisitRow).where(VisitRow.user_id == row.id))
    return token


def user_with(store: Store, token: str) -> User | None:
    with reading(store) as session:
        row = session.scalar(select(UserRow).where(UserRow.token_sha256 == hashed(token)))
    return None if row is None else user_of(row)


def user_of(row: UserRow) -> User:
    return USER.validate_python({"id": row.id, "email": row.email, "role": row.role, "team": row.team})


def hashed(token: str) -> str:
    """A token is too long to be guessed, so one pass of a fast hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


USER = TypeAdapter(User)
