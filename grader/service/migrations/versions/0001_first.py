"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(320), nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("team", sa.String(320), nullable=False, index=True),
        sa.Column("token_sha256", sa.String(64), nullable=False, unique=True),
    )
    op.create_table(
        "visits",
        sa.Column("cookie_sha256", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("ends_at", sa.Double(), nullable=False),
    )
    op.create_table(
        "owner",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(32), nullable=False),
    )
    submissions()
    op.create_table(
        "keys",
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("submission_id", sa.String(20), sa.ForeignKey("submissions.id"), nullable=False),
    )
    op.create_table(
        "revisions",
        sa.Column("submission_id", sa.String(20), sa.ForeignKey("submissions.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(9), nullable=False),
        sa.Column("report_sha256", sa.String(64), nullable=False),
        sa.Column("grading_sha256", sa.String(64), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("item", sa.Text()),
        sa.Column("points", sa.Double()),
    )


def submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("assignment", sa.String(100), nullable=False),
        sa.Column("team", sa.String(320), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("regrade", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Integer(), sa.ForeignKey("users.id")),
        sa.UniqueConstraint("assignment", "team", "attempt"),
    )
    op.create_index(None, "submissions", ["state", "regrade", "attempt", "received_at"])


def downgrade() -> None:
    for table in ("revisions", "keys", "submissions", "visits", "users", "owner"):
        op.drop_table(table)
