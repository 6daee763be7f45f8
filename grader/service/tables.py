"""What the service remembers. Times are seconds since 1970, in UTC."""

from sqlalchemy import Double, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {float: Double, str: Text}  # noqa: RUF012 - SQLAlchemy's own form


class UserRow(Table):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str]
    student_id: Mapped[str]
    role: Mapped[str] = mapped_column(String(16))
    team: Mapped[str] = mapped_column(String(320), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)


class VisitRow(Table):
    """A browser that is signed in."""

    __tablename__ = "visits"

    cookie_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    ends_at: Mapped[float]


class OwnerRow(Table):
    """The service that hands out work: of two, the one that started last."""

    __tablename__ = "owner"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(32))


class SubmissionRow(Table):
    __tablename__ = "submissions"

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    """Made of the assignment, the team and the bytes: the same upload is the same submission."""
    assignment: Mapped[str] = mapped_column(String(100))
    team: Mapped[str] = mapped_column(String(320))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the notebook's bytes, which are kept under this name."""
    filename: Mapped[str]
    received_at: Mapped[float]
    attempt: Mapped[int]
    """Which of the team's submissions to this assignment it is, counted from 1."""
    state: Mapped[str] = mapped_column(String(8))
    regrade: Mapped[bool]
    """Whether it has been graded before: whoever waits for a first report goes first."""
    failures: Mapped[int] = mapped_column(Integer, default=0)
    """How often in a row the machine failed it."""
    reason: Mapped[str] = mapped_column(default="")
    """Why it failed, as a sentence."""
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who asked for the regrade that is to come."""

    __table_args__ = (
        UniqueConstraint("assignment", "team", "attempt"),
        Index(None, "state", "regrade", "attempt", "received_at"),
    )


class KeyRow(Table):
    """An `Idempotency-Key`: with it, an upload that is repeated is the same upload."""

    __tablename__ = "keys"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"))


class RevisionRow(Table):
    """One report on a submission. They are added and never changed; the last one holds."""

    __tablename__ = "revisions"

    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(9))
    """automatic, regrade or manual."""
    report_sha256: Mapped[str] = mapped_column(String(64))
    """Of the report's JSON, which is kept under this name."""
    grading_sha256: Mapped[str] = mapped_column(String(64))
    """Of the grading's JSON, likewise: the report with the notebook and its run."""
    at: Mapped[float]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who graded by hand, or asked for the regrade."""
    why: Mapped[str]
    item: Mapped[str | None]
    """The item that was graded by hand."""
    points: Mapped[float | None]
