"""The tables of commands to machines: operations, their steps, and who keeps a machine locked."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.store.tables import metadata

operation = Table(
    "control_operation",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("command", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("machine", String(255), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("values", JSON, nullable=False),
    Column("present", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("by_kind", String(16), nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("sent_ns", BigInteger),
    Column("expires_ns", BigInteger),
    Index("control_operation_machine", "machine", "created_ns"),
    Index("control_operation_state", "state"),
    Index("control_operation_sent", "command", "sent_ns"),
)
"""One row an attempt that passed its first checks; refused attempts are in the audit alone."""

operation_step = Table(
    "control_step",
    metadata,
    Column("operation", String(32), ForeignKey("control_operation.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("explanation", Text, nullable=False),
)

lock = Table(
    "control_lock",
    metadata,
    Column("machine", String(255), primary_key=True),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("since_ns", BigInteger, nullable=False),
)
"""Who keeps a machine from being operated; an empty machine is the whole plant. Releases are in the audit."""
