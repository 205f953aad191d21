"""Control limits with their approvals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "chart_baseline",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("signal", sa.Text, nullable=False),
        sa.Column("side", sa.String(128), nullable=False),
        sa.Column("basis", sa.String(64), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("replaces", sa.String(64), nullable=False),
        sa.Column("centre", sa.Float(53), nullable=False),
        sa.Column("sigma", sa.Float(53), nullable=False),
        sa.Column("phi", sa.Float(53), nullable=False),
        sa.Column("every", sa.Integer, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("left_out", sa.Integer, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("start_ns", sa.BigInteger),
        sa.Column("end_ns", sa.BigInteger),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("proposed_ns", sa.BigInteger, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decision", sa.Text),
        sa.Column("decided_ns", sa.BigInteger),
    )
    op.create_index("chart_baseline_chart", "chart_baseline", ["rule", "number"])


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("chart_baseline")
