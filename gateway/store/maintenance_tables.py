"""The tables of maintenance: work orders with their history, what triggers remember, keys of requests."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from gateway.store.tables import metadata

work_order = Table(
    "work_order",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("priority", String(8), nullable=False),
    Column("asset", Text, nullable=False),
    Column("team", String(64), nullable=False),
    Column("assignees", JSON, nullable=False),
    Column("issue", Integer),
    Column("trigger", Text, nullable=False),
    Column("external", String(100), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("raised_ns", BigInteger, nullable=False),
    Column("due_ns", BigInteger),
    Column("reacted_ns", BigInteger),
    Column("completed_ns", BigInteger),
    Column("closed_ns", BigInteger),
    Column("estimated_min", Float(53)),
    Column("downtime_start_ns", BigInteger),
    Column("downtime_end_ns", BigInteger),
    Column("hold_reason", Text, nullable=False),
    Column("completion_note", Text, nullable=False),
    Column("checklist", JSON, nullable=False),
    Column("labour", JSON, nullable=False),
    Column("parts", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Index("work_order_state", "state", "number"),
    Index("work_order_issue", "issue"),
    Index("work_order_external", "external"),
)
"""`key` names what opened an order, so that nothing opens it twice; `external` is its key in a CMMS."""

work_order_event = Table(
    "work_order_event",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("order", Integer, ForeignKey("work_order.number"), nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("action", String(32), nullable=False),
    Column("by", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("work_order_event_order", "order", "seq"),
)

maintenance_meter = Table(
    "maintenance_meter",
    metadata,
    Column("trigger", String(64), primary_key=True),
    Column("machine", String(255), primary_key=True),
    Column("as_of_ns", BigInteger, nullable=False),
    Column("total", Float(53), nullable=False),
    Column("opened", Integer, nullable=False),
)
"""What a trigger has counted at a machine up to `as_of_ns`, and for how many intervals it opened an order."""

maintenance_cursor = Table(
    "maintenance_cursor",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
"""The revision of the issues' history up to which drift was looked for."""

maintenance_request = Table(
    "maintenance_request",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("answer", JSON, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
)
"""Idempotency keys of requests: the same request again gets the same answer and does nothing."""
