"""Execution: jobs as they run, their steps, counts, tool cycles, stops, holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TABLES = (
    "dispatch_hold",
    "downtime",
    "tool_use",
    "job_cursor",
    "job_count",
    "job_step",
    "job_run",
)


def upgrade() -> None:
    """Create the tables."""
    _jobs()
    op.create_table(
        "job_count",
        sa.Column("machine", sa.Text, primary_key=True),
        sa.Column("memory", sa.JSON, nullable=False),
        sa.Column("unbooked_good", sa.Float(53), nullable=False),
        sa.Column("unbooked_reject", sa.Float(53), nullable=False),
    )
    op.create_table(
        "job_cursor",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tool_use",
        sa.Column("tool", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("cycles", sa.Float(53), nullable=False),
    )
    op.create_table(
        "downtime",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("start_ns", sa.BigInteger, nullable=False),
        sa.Column("end_ns", sa.BigInteger),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("job", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("standing", sa.String(16), nullable=False),
    )
    op.create_index("downtime_machine", "downtime", ["machine", "start_ns"])
    op.create_table(
        "dispatch_hold",
        sa.Column("machine", sa.String(255), primary_key=True),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("since_ns", sa.BigInteger, nullable=False),
    )


def _jobs() -> None:
    op.create_table(
        "job_run",
        sa.Column("job", sa.String(400), primary_key=True),
        sa.Column("order", sa.Text, nullable=False),
        sa.Column("op", sa.Text, nullable=False),
        sa.Column("product", sa.Text, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("qty", sa.Integer, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("good", sa.Float(53), nullable=False),
        sa.Column("reject", sa.Float(53), nullable=False),
        sa.Column("said_good", sa.Float(53)),
        sa.Column("said_made", sa.Float(53)),
        sa.Column("sent_ns", sa.BigInteger),
        sa.Column("started_ns", sa.BigInteger),
        sa.Column("ended_ns", sa.BigInteger),
        sa.Column("accepted_ns", sa.BigInteger),
        sa.Column("accepted_by", sa.Text, nullable=False),
        sa.Column("doubt", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("tool", sa.Text, nullable=False),
        sa.Column("people", sa.JSON, nullable=False),
        sa.Column("lots", sa.JSON, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("changed_ns", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("job_run_state", "job_run", ["state"])
    op.create_table(
        "job_step",
        sa.Column("job", sa.String(400), sa.ForeignKey("job_run.job"), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("action", sa.String(24), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop them again."""
    for name in _TABLES:
        op.drop_table(name)
