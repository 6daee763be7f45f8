"""A course's list of people."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from grader.errors import BadRoster

Role = Literal["student", "staff", "admin"]
COLUMNS = ("email", "name", "id", "role", "team")


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
