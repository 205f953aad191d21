"""Issues, their history and evidence, and what the rules remember."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "counter",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "issue",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("severity", sa.String(2), nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.String(64), nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("signal", sa.Text, nullable=False),
        sa.Column("onset_ns", sa.BigInteger, nullable=False),
        sa.Column("opened_ns", sa.BigInteger, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("holding", sa.JSON, nullable=False),
        sa.Column("cleared_ns", sa.BigInteger),
        sa.Column("closed_ns", sa.BigInteger),
        sa.Column("occurrences", sa.Integer, nullable=False),
        sa.Column("value", sa.Float(53)),
        sa.Column("limits", sa.JSON, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "issue_event",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("issue", sa.Integer, sa.ForeignKey("issue.number"), nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("key", sa.String(64), unique=True),
    )
    op.create_table(
        "evidence",
        sa.Column("issue", sa.Integer, sa.ForeignKey("issue.number"), primary_key=True),
        sa.Column("signal", sa.Integer, primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("start_ns", sa.BigInteger, nullable=False),
        sa.Column("middle_ns", sa.BigInteger, nullable=False),
        sa.Column("need_ns", sa.BigInteger, nullable=False),
        sa.Column("end_ns", sa.BigInteger, nullable=False),
        sa.Column("due_ns", sa.BigInteger, nullable=False),
        sa.Column("expires_ns", sa.BigInteger, nullable=False),
        sa.Column("time_ns", sa.LargeBinary, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("quality", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "rule_state",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("starts", sa.JSON, nullable=False),
    )
    op.create_index("issue_cause", "issue", ["cause", "number"])
    op.create_index("issue_state", "issue", ["state", "number"])
    op.create_index("issue_event_issue", "issue_event", ["issue", "seq"])
    op.create_index("evidence_due", "evidence", ["state", "due_ns"])
    numbers = sa.table("counter", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(numbers, [{"name": "issue", "value": 0}, {"name": "revision", "value": 0}])


def downgrade() -> None:
    """Drop them again."""
    for name in ("rule_state", "evidence", "issue_event", "issue", "counter"):
        op.drop_table(name)
