"""The tables of performance: additive sums, settled state intervals, and what the computation remembers."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
)

from gateway.store.tables import metadata

kpi_sum = Table(
    "kpi_sum",
    metadata,
    Column("unit", Text, primary_key=True),
    Column("bucket_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("segment_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("order_no", BigInteger, primary_key=True, autoincrement=False),
    Column("plan", String(8), nullable=False),
    Column("shift", Text, nullable=False),
    Column("shift_ns", BigInteger, nullable=False),
    Column("day", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sums", LargeBinary, nullable=False),
    Index("kpi_sum_bucket", "bucket_ns"),
)
"""`sums` are little-endian float64 in the order of `rules.throughput.sums.Field`; `version` rises when they are
restated after the bucket had ended."""

kpi_interval = Table(
    "kpi_interval",
    metadata,
    Column("unit", Text, primary_key=True),
    Column("start_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("state", Float(53)),
    Column("mode", Float(53)),
    Column("booked", SmallInteger, nullable=False),
)
"""Settled times in one state and mode; `booked` is the number of the time class."""

kpi_unit = Table(
    "kpi_unit",
    metadata,
    Column("unit", Text, primary_key=True),
    Column("memory", LargeBinary, nullable=False),
)
"""What is not settled yet of each machine."""

kpi_late = Table(
    "kpi_late",
    metadata,
    Column("unit", Text, primary_key=True),
    Column("track", SmallInteger, primary_key=True, autoincrement=False),
    Column("time_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Float(53)),
)
"""Rows that came later than the lateness: kept for the audit, in no sum."""

kpi_cursor = Table(
    "kpi_cursor",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
"""The journal number up to which everything above was computed."""

kpi_roll = Table(
    "kpi_roll",
    metadata,
    Column("unit", Text, primary_key=True),
    Column("shift_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("shift", Text, primary_key=True),
    Column("plan", String(8), primary_key=True),
    Column("day", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sums", LargeBinary, nullable=False),
)
"""Sums of a shift, or of what lies outside shifts on a local day, by what was planned: settled for ever."""

kpi_seal = Table(
    "kpi_seal",
    metadata,
    Column("unit", Text, primary_key=True),
    Column("until_ns", BigInteger, nullable=False),
)
"""Sums of segments that begin before this time are in `kpi_roll`, and will not change."""
