"""Quality control: positions, lots, materials, genealogy, checks and their values, nonconformances, history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_NUMBERS = ("lot_run", "trace", "check_run", "check_result", "nonconformance", "quality_revision")
_TABLES = (
    "quality_cursor",
    "quality_meter",
    "lot_run",
    "material_use",
    "trace_link",
    "check_run",
    "check_result",
    "nonconformance",
    "quality_event",
)


def upgrade() -> None:
    """Create the tables; what was made before has no position."""
    _quality_cursor()
    _quality_meter()
    _lot_run()
    _material_use()
    _trace_link()
    _check_run()
    _check_result()
    _nonconformance()
    _quality_event()
    numbers = sa.table("counter", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(numbers, [{"name": name, "value": 0} for name in _NUMBERS])


def downgrade() -> None:
    """Drop them again."""
    for name in reversed(_TABLES):
        op.drop_table(name)
    names = ", ".join(f"'{name}'" for name in _NUMBERS)
    op.execute(f"DELETE FROM counter WHERE name IN ({names})")  # noqa: S608 - names from above


def _quality_cursor() -> None:
    op.create_table(
        "quality_cursor",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )


def _quality_meter() -> None:
    op.create_table(
        "quality_meter",
        sa.Column("machine", sa.String(255), primary_key=True),
        sa.Column("position", sa.Float(53), nullable=False),
        sa.Column("newest_ns", sa.BigInteger, nullable=False),
        sa.Column("memory", sa.JSON, nullable=False),
    )


def _lot_run() -> None:
    op.create_table(
        "lot_run",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("lot", sa.String(100), nullable=False),
        sa.Column("machine", sa.String(255), nullable=False),
        sa.Column("product", sa.String(200), nullable=False),
        sa.Column("order", sa.String(200), nullable=False),
        sa.Column("op", sa.String(100), nullable=False),
        sa.Column("job", sa.String(400), nullable=False),
        sa.Column("checklist", sa.String(100), nullable=False),
        sa.Column("wanted", sa.Integer),
        sa.Column("begun_by", sa.Text, nullable=False),
        sa.Column("start_ns", sa.BigInteger, nullable=False),
        sa.Column("end_ns", sa.BigInteger),
        sa.Column("start_pos", sa.Float(53)),
        sa.Column("end_pos", sa.Float(53)),
        sa.Column("changed_over", sa.Boolean, nullable=False),
        sa.Column("marks", sa.JSON, nullable=False),
    )
    op.create_index("lot_run_job", "lot_run", ["job"])
    op.create_index("lot_run_lot", "lot_run", ["lot"])
    op.create_index("lot_run_machine", "lot_run", ["machine", "start_ns"])


def _material_use() -> None:
    op.create_table(
        "material_use",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("machine", sa.String(255), nullable=False),
        sa.Column("material", sa.String(200), nullable=False),
        sa.Column("lot", sa.String(100), nullable=False),
        sa.Column("from_ns", sa.BigInteger, nullable=False),
        sa.Column("to_ns", sa.BigInteger),
        sa.Column("from_pos", sa.Float(53)),
        sa.Column("to_pos", sa.Float(53)),
        sa.Column("by", sa.Text, nullable=False),
    )
    op.create_index("material_use_lot", "material_use", ["lot"])
    op.create_index("material_use_machine", "material_use", ["machine", "from_ns"])


def _trace_link() -> None:
    op.create_table(
        "trace_link",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("source_kind", sa.String(8), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("target_kind", sa.String(8), nullable=False),
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("machine", sa.String(255), nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.UniqueConstraint(
            "source_kind", "source", "target_kind", "target", name="trace_link_once"
        ),
    )
    op.create_index("trace_link_target", "trace_link", ["target_kind", "target"])


def _check_run() -> None:
    op.create_table(
        "check_run",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(300), nullable=False, unique=True),
        sa.Column("checklist", sa.String(100), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("machine", sa.String(255), nullable=False),
        sa.Column("lot_run", sa.Integer, sa.ForeignKey("lot_run.id"), nullable=False),
        sa.Column("piece", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Float(53), nullable=False),
        sa.Column("triggers", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due_ns", sa.BigInteger, nullable=False),
        sa.Column("late_ns", sa.BigInteger, nullable=False),
        sa.Column("opened_ns", sa.BigInteger),
        sa.Column("done_ns", sa.BigInteger),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("check_run_lot", "check_run", ["lot_run"])
    op.create_index("check_run_machine", "check_run", ["machine", "checklist", "position"])
    op.create_index("check_run_state", "check_run", ["state", "late_ns"])


def _check_result() -> None:
    op.create_table(
        "check_result",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("check", sa.Integer, sa.ForeignKey("check_run.number"), nullable=False),
        sa.Column("item", sa.String(60), nullable=False),
        sa.Column("value", sa.Float(53)),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("origin", sa.String(8), nullable=False),
        sa.Column("source_ns", sa.BigInteger, nullable=False),
        sa.Column("quality", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("voided_by", sa.Text, nullable=False),
        sa.Column("void_reason", sa.Text, nullable=False),
    )
    op.create_index("check_result_check", "check_result", ["check", "id"])


def _nonconformance() -> None:
    op.create_table(
        "nonconformance",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(
            "check", sa.Integer, sa.ForeignKey("check_run.number"), nullable=False, unique=True
        ),
        sa.Column("checklist", sa.String(100), nullable=False),
        sa.Column("machine", sa.String(255), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("items", sa.JSON, nullable=False),
        sa.Column("gate", sa.String(8), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("from_pos", sa.Float(53), nullable=False),
        sa.Column("from_ns", sa.BigInteger, nullable=False),
        sa.Column("to_pos", sa.Float(53)),
        sa.Column("to_ns", sa.BigInteger),
        sa.Column("opened_ns", sa.BigInteger, nullable=False),
        sa.Column("disposition", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("proposer", sa.Text, nullable=False),
        sa.Column("makers", sa.JSON, nullable=False),
        sa.Column("signatures", sa.JSON, nullable=False),
        sa.Column("outcome", sa.JSON, nullable=False),
        sa.Column("closed_ns", sa.BigInteger),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("nonconformance_state", "nonconformance", ["state", "number"])


def _quality_event() -> None:
    op.create_table(
        "quality_event",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
    )
    op.create_index("quality_event_of", "quality_event", ["kind", "number", "seq"])
