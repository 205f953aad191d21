"""Alarms and their journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FLAGS = ("enabled", "active", "acked", "confirmed", "latched", "suppressed", "out_of_service")


def upgrade() -> None:
    """Create the tables, and the numbers they give out."""
    op.create_table(
        "alarm",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.String(64), nullable=False),
        sa.Column("signal", sa.Text, nullable=False),
        sa.Column("side", sa.String(32), nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("priority", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in FLAGS),
        sa.Column("shelving", sa.String(24), nullable=False),
        sa.Column("shelved_until_ns", sa.BigInteger),
        sa.Column("re_alarm_ns", sa.BigInteger),
        sa.Column("onset_ns", sa.BigInteger, nullable=False),
        sa.Column("raised_ns", sa.BigInteger, nullable=False),
        sa.Column("cleared_ns", sa.BigInteger),
        sa.Column("value", sa.Float(53)),
        sa.Column("limits", sa.JSON, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("consequence", sa.Text, nullable=False),
        sa.Column("response", sa.Text, nullable=False),
        sa.Column("issue", sa.Integer, sa.ForeignKey("issue.number")),
        sa.Column("first_out", sa.Boolean, nullable=False),
        sa.Column("occurrences", sa.Integer, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "alarm_event",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("alarm", sa.Integer, sa.ForeignKey("alarm.number"), nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("before", sa.String(1), nullable=False),
        sa.Column("after", sa.String(1), nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("key", sa.String(64), unique=True),
    )
    op.create_index("alarm_event_alarm", "alarm_event", ["alarm", "seq"])
    op.create_index("alarm_event_time", "alarm_event", ["time_ns"])
    numbers = sa.table("counter", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(numbers, [{"name": "alarm", "value": 0}, {"name": "alarm_revision", "value": 0}])


def downgrade() -> None:
    """Drop them again."""
    for name in ("alarm_event", "alarm"):
        op.drop_table(name)
    op.execute("DELETE FROM counter WHERE name IN ('alarm', 'alarm_revision')")
