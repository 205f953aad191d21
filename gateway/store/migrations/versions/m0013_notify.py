"""Notifications: cursor, incidents, notices, windows, outbox and people's own settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; what happened before is not told."""
    cursor = op.create_table(
        "notify_cursor",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    numbers = sa.table("counter", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    newest = sa.select(sa.literal("issues"), numbers.c.value).where(numbers.c.name == "revision")
    op.get_bind().execute(sa.insert(cursor).from_select(["name", "seq"], newest))
    op.create_table(
        "notify_incident",
        sa.Column(
            "issue",
            sa.Integer,
            sa.ForeignKey("issue.number"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("severity", sa.String(2), nullable=False),
        sa.Column("since_ns", sa.BigInteger, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("next_ns", sa.BigInteger),
    )
    op.create_index("notify_incident_next", "notify_incident", ["next_ns"])
    op.create_table(
        "notify_notice",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("grp", sa.Text, nullable=False),
        sa.Column("issue", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(2), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("held", sa.String(8), nullable=False),
        sa.Column("due_ns", sa.BigInteger, nullable=False),
        sa.Column("batch", sa.String(40)),
    )
    op.create_index("notify_notice_due", "notify_notice", ["batch", "due_ns"])
    op.create_index("notify_notice_issue", "notify_notice", ["issue", "person"])
    op.create_table(
        "notify_window",
        sa.Column("person", sa.String(80), primary_key=True),
        sa.Column("grp", sa.Text, primary_key=True),
        sa.Column("until_ns", sa.BigInteger, nullable=False),
        sa.Column("severity", sa.String(2), nullable=False),
    )
    _outbox()
    op.create_table(
        "notify_contact",
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _outbox() -> None:
    op.create_table(
        "notify_message",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(40), nullable=False, unique=True),
        sa.Column("batch", sa.String(40), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(2), nullable=False),
        sa.Column("grp", sa.Text, nullable=False),
        sa.Column("issue", sa.Integer),
        sa.Column("issues", sa.JSON, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("notices", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("cut_short", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("due_ns", sa.BigInteger, nullable=False),
        sa.Column("started_ns", sa.BigInteger),
        sa.Column("sent_ns", sa.BigInteger),
        sa.Column("seen_ns", sa.BigInteger),
    )
    op.create_index("notify_message_due", "notify_message", ["channel", "state", "due_ns"])
    op.create_index("notify_message_person", "notify_message", ["person", "id"])


def downgrade() -> None:
    """Drop them again."""
    for name in ("contact", "message", "window", "notice", "incident", "cursor"):
        op.drop_table(f"notify_{name}")
