"""The table of what people changed of rules, laid over what the configuration's files say."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, Text

from gateway.store.tables import metadata

rule_override = Table(
    "rule_override",
    metadata,
    Column("rule", String(64), primary_key=True),
    Column("settings", JSON, nullable=False),
    Column("base", JSON, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
)
"""`base` is what the files said when it was changed: once they say something else, the files hold again."""
