"""Roll-ups of performance by shift and day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; what is settled already is rolled up by the next commits."""
    op.create_table(
        "kpi_roll",
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("shift_ns", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("shift", sa.Text, primary_key=True),
        sa.Column("plan", sa.String(8), primary_key=True),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("sums", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "kpi_seal",
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("until_ns", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop them again; the sums by hour are all still there."""
    for name in ("kpi_seal", "kpi_roll"):
        op.drop_table(name)
