"""The tables of production management: versioned things, each version a row."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text

from gateway.store.tables import metadata

production_thing = Table(
    "production_thing",
    metadata,
    Column("kind", String(24), primary_key=True),
    Column("id", String(400), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("state", String(24), nullable=False),
    Column("body", JSON, nullable=False),
    Column("by", Text, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Index("production_thing_state", "kind", "state"),
)
"""`state` is empty for what has no life cycle; `by` and `time_ns` say who changed the version last, and when."""
