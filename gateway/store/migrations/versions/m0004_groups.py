"""Conditions that belong to an issue another one began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "issue_child",
        sa.Column("issue", sa.Integer, sa.ForeignKey("issue.number"), primary_key=True),
        sa.Column("cause", sa.Text, primary_key=True),
        sa.Column("member", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.String(64), nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("signal", sa.Text, nullable=False),
        sa.Column("severity", sa.String(2), nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("onset_ns", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Float(53)),
        sa.Column("limits", sa.JSON, nullable=False),
        sa.Column("relation", sa.String(16), nullable=False),
        sa.Column("consequence", sa.String(16), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("cleared_ns", sa.BigInteger),
    )
    op.create_index("issue_child_cause", "issue_child", ["cause", "issue"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("issue_child")
