"""Commands to machines: operations, their steps, locks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "control_operation",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("command", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("machine", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("values", sa.JSON, nullable=False),
        sa.Column("present", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("by_kind", sa.String(16), nullable=False),
        sa.Column("approved_by", sa.Text, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("changed_ns", sa.BigInteger, nullable=False),
        sa.Column("sent_ns", sa.BigInteger),
        sa.Column("expires_ns", sa.BigInteger),
    )
    op.create_index("control_operation_machine", "control_operation", ["machine", "created_ns"])
    op.create_index("control_operation_state", "control_operation", ["state"])
    op.create_index("control_operation_sent", "control_operation", ["command", "sent_ns"])
    op.create_table(
        "control_step",
        sa.Column(
            "operation", sa.String(32), sa.ForeignKey("control_operation.id"), primary_key=True
        ),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
    )
    op.create_table(
        "control_lock",
        sa.Column("machine", sa.String(255), primary_key=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("since_ns", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("control_lock")
    op.drop_table("control_step")
    op.drop_table("control_operation")
