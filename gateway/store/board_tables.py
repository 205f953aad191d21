"""The tables of pages that people make, and of what people say about the gateway's own entries."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, Text

from gateway.store.tables import metadata

saved_page = Table(
    "saved_page",
    metadata,
    Column("kind", String(8), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("audience", String(8), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("zones", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", JSON, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("changed_by", Text, nullable=False),
)

remark = Table(
    "remark",
    metadata,
    Column("subject", String(16), primary_key=True),
    Column("key", String(400), primary_key=True),
    Column("mark", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
)
"""`subject` is what the remark is about (a dead letter, a gap, an unknown source), `key` which, `mark` what was decided."""
