"""Production management: versioned resources, definitions, demand, plans, orders and schedules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "production_thing",
        sa.Column("kind", sa.String(24), primary_key=True),
        sa.Column("id", sa.String(400), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
    )
    op.create_index("production_thing_state", "production_thing", ["kind", "state"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("production_thing")
