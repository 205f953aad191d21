"""Performance: additive sums, settled state intervals, and what the computation remembers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "kpi_sum",
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("bucket_ns", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("segment_ns", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("order_no", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("plan", sa.String(8), nullable=False),
        sa.Column("shift", sa.Text, nullable=False),
        sa.Column("shift_ns", sa.BigInteger, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("sums", sa.LargeBinary, nullable=False),
    )
    op.create_index("kpi_sum_bucket", "kpi_sum", ["bucket_ns"])
    op.create_table(
        "kpi_interval",
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("start_ns", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("end_ns", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Float(53)),
        sa.Column("mode", sa.Float(53)),
        sa.Column("booked", sa.SmallInteger, nullable=False),
    )
    op.create_table(
        "kpi_unit",
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("memory", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "kpi_late",
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("track", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("time_ns", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Float(53)),
    )
    op.create_table(
        "kpi_cursor",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop them again."""
    for name in ("kpi_cursor", "kpi_late", "kpi_unit", "kpi_interval", "kpi_sum"):
        op.drop_table(name)
