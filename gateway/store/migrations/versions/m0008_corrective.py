"""Corrective action: stages of an issue, its form, actions, attachments, verification and context."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _added() -> list[sa.Column[Any]]:
    return [
        sa.Column("stage_ns", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("acknowledged_ns", sa.BigInteger),
        sa.Column("team", sa.String(64), nullable=False, server_default=""),
        sa.Column("owner", sa.String(64), nullable=False, server_default=""),
        sa.Column("recurrence", sa.Text, nullable=False, server_default=""),
        sa.Column("repeat", sa.Integer, nullable=False, server_default="1"),
        sa.Column("previous", sa.Integer),
        sa.Column("duplicate_of", sa.Integer),
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("verified", sa.Boolean, nullable=False, server_default=sa.false()),
    ]


def upgrade() -> None:
    """Give issues their new columns, name acknowledged ones by their stage, create the tables."""
    for column in _added():
        op.add_column("issue", column)
    op.create_index("issue_recurrence", "issue", ["recurrence", "opened_ns"])
    op.execute(
        "UPDATE issue SET stage_ns = coalesce((SELECT max(e.time_ns) FROM issue_event e WHERE e.issue"
        " = issue.number AND e.action IN ('acknowledged', 'closed')), opened_ns), acknowledged_ns ="
        " (SELECT min(e.time_ns) FROM issue_event e WHERE e.issue = issue.number AND e.action ="
        " 'acknowledged')"
    )
    op.execute("UPDATE issue SET state = 'triage' WHERE state = 'acknowledged'")
    _case()
    _attachment()
    _verification()
    _context()


def _issue() -> sa.Column[int]:
    return sa.Column("issue", sa.Integer, sa.ForeignKey("issue.number"), primary_key=True)


def _case() -> None:
    op.create_table("issue_case", _issue(), sa.Column("fields", sa.JSON, nullable=False))
    op.create_table(
        "issue_action",
        _issue(),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("due_ns", sa.BigInteger, nullable=False),
        sa.Column("checklist", sa.JSON, nullable=False),
        sa.Column("done_ns", sa.BigInteger),
        sa.Column("done_by", sa.String(64), nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("issue_action_owner", "issue_action", ["owner", "done_ns"])


def _attachment() -> None:
    op.create_table(
        "issue_attachment",
        _issue(),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("media", sa.String(80), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("added_by", sa.String(64), nullable=False),
        sa.Column("added_ns", sa.BigInteger, nullable=False),
    )


def _verification() -> None:
    op.create_table(
        "issue_verification",
        _issue(),
        sa.Column("round", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("template", sa.String(24), nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("chosen_by", sa.String(64), nullable=False),
        sa.Column("chosen_ns", sa.BigInteger, nullable=False),
        sa.Column("started_ns", sa.BigInteger),
        sa.Column("watched_ns", sa.BigInteger, nullable=False),
        sa.Column("looked_ns", sa.BigInteger),
        sa.Column("ended_ns", sa.BigInteger),
        sa.Column("progress", sa.JSON, nullable=False),
    )
    op.create_index("issue_verification_state", "issue_verification", ["state"])


def _context() -> None:
    op.create_table(
        "issue_context",
        _issue(),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due_ns", sa.BigInteger, nullable=False),
        sa.Column("frozen_ns", sa.BigInteger),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_index("issue_context_due", "issue_context", ["state", "due_ns"])
    op.create_table(
        "issue_similar",
        _issue(),
        sa.Column("asset", sa.Text, primary_key=True),
        sa.Column("signal", sa.Text, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.Column("issues", sa.JSON, nullable=False),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("checked_by", sa.String(64), nullable=False),
        sa.Column("checked_ns", sa.BigInteger),
    )


def downgrade() -> None:
    """Drop them again; stages beyond acknowledgement become it."""
    for table in ("similar", "context", "verification", "attachment", "action", "case"):
        op.drop_table(f"issue_{table}")
    op.execute(
        "UPDATE issue SET state = CASE WHEN state IN ('rejected', 'duplicate') THEN 'closed' WHEN"
        " state IN ('open', 'closed') THEN state WHEN state = 'reopened' THEN 'open' ELSE"
        " 'acknowledged' END"
    )
    op.drop_index("issue_recurrence", "issue")
    with op.batch_alter_table("issue") as batch:
        for column in _added():
            batch.drop_column(column.name)
