"""What was told of actions that are due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and the index by which due actions are found."""
    op.create_table(
        "notify_action",
        sa.Column(
            "issue",
            sa.Integer,
            sa.ForeignKey("issue.number"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("action", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("due_ns", sa.BigInteger, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("next_ns", sa.BigInteger),
    )
    op.create_index("issue_action_due", "issue_action", ["done_ns", "due_ns"])


def downgrade() -> None:
    """Drop them again."""
    op.drop_index("issue_action_due", "issue_action")
    op.drop_table("notify_action")
