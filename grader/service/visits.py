"""Browsers that are signed in. The cookie that stands for a visit is stored hashed, as tokens are."""

import secrets

from sqlalchemy import delete, select

from grader.service.store import Store, reading, writing
from grader.service.tables import UserRow, VisitRow
from grader.service.users import User, hashed, user_of

VISIT_SECONDS = 14 * 86_400.0


def begin(store: Store, user: User, now: float) -> str:
    """A new visit's cookie. Visits that are over are forgotten."""
    cookie = secrets.token_urlsafe(32)
    with writing(store) as session:
        session.execute(delete(VisitRow).where(VisitRow.ends_at < now))
        session.add(VisitRow(cookie_sha256=hashed(cookie), user_id=user.id, ends_at=now + VISIT_SECONDS))
    return cookie


def visitor(store: Store, cookie: str, now: float) -> User | None:
    """Whose visit it is; nobody's where it is over."""
    visit = select(VisitRow.user_id).where(VisitRow.cookie_sha256 == hashed(cookie), VisitRow.ends_at >= now)
    with reading(store) as session:
        row = session.scalar(select(UserRow).where(UserRow.id.in_(visit)))
    return None if row is None else user_of(row)


def end(store: Store, cookie: str) -> None:
    with writing(store) as session:
        session.execute(delete(VisitRow).where(VisitRow.cookie_sha256 == hashed(cookie)))
