"""Who may use the service. A token is shown once; what is stored of it does not let anybody in."""

import csv
import hashlib
import io
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import TypeAdapter
from sqlalchemy import delete, select

from grader.errors import BadRoster
from grader.service.store import Store, reading, writing
from grader.service.tables import UserRow, VisitRow

Role = Literal["student", "staff", "admin"]
COLUMNS = ("email", "name", "id", "role", "team")


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


@dataclass(frozen=True)
class Entry:
    """One line of a roster."""

    email: str
    name: str
    id: str
    role: Role
    team: str


def entries(roster: str) -> Iterator[Entry]:
    """The lines of a roster with the columns `email,name,id,role,team`; raises BadRoster with the number of the line."""
    reader = csv.DictReader(io.StringIO(roster.removeprefix("\ufeff")), skipinitialspace=True)
    if missing := set(COLUMNS) - set(reader.fieldnames or ()):
        raise BadRoster(f"The roster lacks the columns {', '.join(sorted(missing))}.")
    seen: dict[str, int] = {}
    for row in reader:
        line, found = reader.line_num, {name: (row[name] or "").strip() for name in COLUMNS}
        email = found["email"].lower()
        if "@" not in email:
            raise BadRoster(f"Line {line} of the roster has no email address.")
        if email in seen:
            raise BadRoster(f"Lines {seen[email]} and {line} of the roster have the same address {email}.")
        if found["role"] not in get_args(Role):
            raise BadRoster(
                f"Line {line} of the roster has the role {found['role']!r}; there are {', '.join(get_args(Role))}."
            )
        seen[email] = line
        # whoever has no partner is a team of one
        yield Entry(**{**found, "email": email, "team": found["team"] or email})  # type: ignore[arg-type]


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
