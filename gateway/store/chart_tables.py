"""The table of control limits: what was estimated, proposed and decided, and why."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table, Text

from gateway.store.tables import metadata

chart_baseline = Table(
    "chart_baseline",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("rule", String(64), nullable=False),
    Column("signal", Text, nullable=False),
    Column("side", String(128), nullable=False),
    Column("basis", String(64), nullable=False),
    Column("version", String(64), nullable=False),
    Column("replaces", String(64), nullable=False),
    Column("centre", Float(53), nullable=False),
    Column("sigma", Float(53), nullable=False),
    Column("phi", Float(53), nullable=False),
    Column("every", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("left_out", Integer, nullable=False),
    Column("said", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("start_ns", BigInteger),
    Column("end_ns", BigInteger),
    Column("proposed_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("proposed_ns", BigInteger, nullable=False),
    Column("decided_by", Text),
    Column("decision", Text),
    Column("decided_ns", BigInteger),
    Index("chart_baseline_chart", "rule", "number"),
)
