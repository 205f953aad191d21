"""Maintenance: work orders, their history, meters of preventive triggers, idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; drift that was found before opens no order."""
    _orders()
    op.create_table(
        "maintenance_meter",
        sa.Column("trigger", sa.String(64), primary_key=True),
        sa.Column("machine", sa.String(255), primary_key=True),
        sa.Column("as_of_ns", sa.BigInteger, nullable=False),
        sa.Column("total", sa.Float(53), nullable=False),
        sa.Column("opened", sa.Integer, nullable=False),
    )
    cursor = op.create_table(
        "maintenance_cursor",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "maintenance_request",
        sa.Column("key", sa.String(100), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("answer", sa.JSON, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
    )
    numbers = sa.table("counter", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    newest = sa.select(sa.literal("issues"), numbers.c.value).where(numbers.c.name == "revision")
    op.get_bind().execute(sa.insert(cursor).from_select(["name", "seq"], newest))
    op.bulk_insert(
        numbers, [{"name": "work_order", "value": 0}, {"name": "work_revision", "value": 0}]
    )


def _orders() -> None:
    op.create_table(
        "work_order",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(200), nullable=False, unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("priority", sa.String(8), nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("assignees", sa.JSON, nullable=False),
        sa.Column("issue", sa.Integer),
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("external", sa.String(100), nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("raised_ns", sa.BigInteger, nullable=False),
        sa.Column("due_ns", sa.BigInteger),
        sa.Column("reacted_ns", sa.BigInteger),
        sa.Column("completed_ns", sa.BigInteger),
        sa.Column("closed_ns", sa.BigInteger),
        sa.Column("estimated_min", sa.Float(53)),
        sa.Column("downtime_start_ns", sa.BigInteger),
        sa.Column("downtime_end_ns", sa.BigInteger),
        sa.Column("hold_reason", sa.Text, nullable=False),
        sa.Column("completion_note", sa.Text, nullable=False),
        sa.Column("checklist", sa.JSON, nullable=False),
        sa.Column("labour", sa.JSON, nullable=False),
        sa.Column("parts", sa.JSON, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("work_order_state", "work_order", ["state", "number"])
    op.create_index("work_order_issue", "work_order", ["issue"])
    op.create_index("work_order_external", "work_order", ["external"])
    op.create_table(
        "work_order_event",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("order", sa.Integer, sa.ForeignKey("work_order.number"), nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
    )
    op.create_index("work_order_event_order", "work_order_event", ["order", "seq"])


def downgrade() -> None:
    """Drop them again."""
    for name in (
        "maintenance_request",
        "maintenance_cursor",
        "maintenance_meter",
        "work_order_event",
        "work_order",
    ):
        op.drop_table(name)
    op.execute("DELETE FROM counter WHERE name IN ('work_order', 'work_revision')")
