"""The tables of quality control: positions of machines, lots, checks with their values, nonconformances, genealogy."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.tables import metadata

quality_cursor = Table(
    "quality_cursor",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
"""The journal number up to which everything here was counted."""

quality_meter = Table(
    "quality_meter",
    metadata,
    Column("machine", String(255), primary_key=True),
    Column("position", Float(53), nullable=False),
    Column("newest_ns", BigInteger, nullable=False),
    Column("memory", JSON, nullable=False),
)
"""How many pieces each machine has counted since it was first seen; `memory` holds the last readings."""

lot_run = Table(
    "lot_run",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("lot", String(100), nullable=False),
    Column("machine", String(255), nullable=False),
    Column("product", String(200), nullable=False),
    Column("order", String(200), nullable=False),
    Column("op", String(100), nullable=False),
    Column("job", String(400), nullable=False),
    Column("checklist", String(100), nullable=False),
    Column("wanted", Integer),
    Column("begun_by", Text, nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger),
    Column("start_pos", Float(53)),
    Column("end_pos", Float(53)),
    Column("changed_over", Boolean, nullable=False),
    Column("marks", JSON, nullable=False),
    Index("lot_run_machine", "machine", "start_ns"),
    Index("lot_run_lot", "lot"),
    Index("lot_run_job", "job"),
)
"""A lot on a machine. Positions stay empty until the readings of that time are in; `marks` is what sampling remembers."""

material_use = Table(
    "material_use",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("machine", String(255), nullable=False),
    Column("material", String(200), nullable=False),
    Column("lot", String(100), nullable=False),
    Column("from_ns", BigInteger, nullable=False),
    Column("to_ns", BigInteger),
    Column("from_pos", Float(53)),
    Column("to_pos", Float(53)),
    Column("by", Text, nullable=False),
    Index("material_use_machine", "machine", "from_ns"),
    Index("material_use_lot", "lot"),
)
"""Which lot of a material went into what a machine made, from one position to another."""

trace_link = Table(
    "trace_link",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("source_kind", String(8), nullable=False),
    Column("source", String(100), nullable=False),
    Column("target_kind", String(8), nullable=False),
    Column("target", String(100), nullable=False),
    Column("machine", String(255), nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    UniqueConstraint("source_kind", "source", "target_kind", "target", name="trace_link_once"),
    Index("trace_link_target", "target_kind", "target"),
)
"""`source` was built into `target`, or `target` is a serial number of the lot `source`."""

check_run = Table(
    "check_run",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", String(300), nullable=False, unique=True),
    Column("checklist", String(100), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("machine", String(255), nullable=False),
    Column("lot_run", Integer, ForeignKey("lot_run.id"), nullable=False),
    Column("piece", BigInteger, nullable=False),
    Column("position", Float(53), nullable=False),
    Column("triggers", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("due_ns", BigInteger, nullable=False),
    Column("late_ns", BigInteger, nullable=False),
    Column("opened_ns", BigInteger),
    Column("done_ns", BigInteger),
    Column("version", Integer, nullable=False),
    Index("check_run_state", "state", "late_ns"),
    Index("check_run_machine", "machine", "checklist", "position"),
    Index("check_run_lot", "lot_run"),
)
"""`key` is lot, checklist and piece: the same readings twice make no second check. `revision` is the checklist's."""

check_result = Table(
    "check_result",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("check", Integer, ForeignKey("check_run.number"), nullable=False),
    Column("item", String(60), nullable=False),
    Column("value", Float(53)),
    Column("text", Text, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("origin", String(8), nullable=False),
    Column("source_ns", BigInteger, nullable=False),
    Column("quality", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("voided_by", Text, nullable=False),
    Column("void_reason", Text, nullable=False),
    Index("check_result_check", "check", "id"),
)
"""Every value that was ever said of an item; a voided one names who voided it and why."""

nonconformance = Table(
    "nonconformance",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("check", Integer, ForeignKey("check_run.number"), nullable=False, unique=True),
    Column("checklist", String(100), nullable=False),
    Column("machine", String(255), nullable=False),
    Column("title", Text, nullable=False),
    Column("items", JSON, nullable=False),
    Column("gate", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("from_pos", Float(53), nullable=False),
    Column("from_ns", BigInteger, nullable=False),
    Column("to_pos", Float(53)),
    Column("to_ns", BigInteger),
    Column("opened_ns", BigInteger, nullable=False),
    Column("disposition", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("proposer", Text, nullable=False),
    Column("makers", JSON, nullable=False),
    Column("signatures", JSON, nullable=False),
    Column("outcome", JSON, nullable=False),
    Column("closed_ns", BigInteger),
    Column("version", Integer, nullable=False),
    Index("nonconformance_state", "state", "number"),
)
"""`to_pos` is empty while the suspect quantity still grows; `makers` are who made and checked it and may not sign."""

quality_event = Table(
    "quality_event",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),
    Column("number", Integer, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("action", String(32), nullable=False),
    Column("by", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("quality_event_of", "kind", "number", "seq"),
)
"""The history of lots, checks and nonconformances; `seq` is the revision of gates."""
