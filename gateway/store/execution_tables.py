"""The tables of execution: jobs as they run, their steps, what counts pieces, stops with their reasons, holds."""

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

job_run = Table(
    "job_run",
    metadata,
    Column("job", String(400), primary_key=True),
    Column("order", Text, nullable=False),
    Column("op", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("machine", Text, nullable=False),
    Column("qty", Integer, nullable=False),
    Column("state", String(24), nullable=False),
    Column("way", String(16), nullable=False),
    Column("good", Float(53), nullable=False),
    Column("reject", Float(53), nullable=False),
    Column("said_good", Float(53)),
    Column("said_made", Float(53)),
    Column("sent_ns", BigInteger),
    Column("started_ns", BigInteger),
    Column("ended_ns", BigInteger),
    Column("accepted_ns", BigInteger),
    Column("accepted_by", Text, nullable=False),
    Column("doubt", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("people", JSON, nullable=False),
    Column("lots", JSON, nullable=False),
    Column("by", Text, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Index("job_run_state", "state"),
)
"""One row a job that somebody or something has dealt with; `said_*` is what the machine itself reported at the end."""

job_step = Table(
    "job_step",
    metadata,
    Column("job", String(400), ForeignKey("job_run.job"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("action", String(24), nullable=False),
    Column("state", String(24), nullable=False),
    Column("by", Text, nullable=False),
    Column("said", Text, nullable=False),
)
"""The history of a job, never changed."""

job_count = Table(
    "job_count",
    metadata,
    Column("machine", Text, primary_key=True),
    Column("memory", JSON, nullable=False),
    Column("unbooked_good", Float(53), nullable=False),
    Column("unbooked_reject", Float(53), nullable=False),
)
"""What counting remembers of each machine, and what it counted while no job was running there."""

job_cursor = Table(
    "job_cursor",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
"""The journal number up to which pieces were booked; committed with them."""

tool_use = Table(
    "tool_use",
    metadata,
    Column("tool", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("cycles", Float(53), nullable=False),
)
"""Cycles counted on top of what a version of a tool says; a newer version starts at nothing."""

downtime = Table(
    "downtime",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("machine", Text, nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger),
    Column("code", String(64), nullable=False),
    Column("note", Text, nullable=False),
    Column("job", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("standing", String(16), nullable=False),
    Index("downtime_machine", "machine", "start_ns"),
)
"""Reasons people give for stops; an entry is never changed, a later one over the same time takes its place."""

dispatch_hold = Table(
    "dispatch_hold",
    metadata,
    Column("machine", String(255), primary_key=True),
    Column("why", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("since_ns", BigInteger, nullable=False),
)
"""Machines that are given no work until somebody releases them."""
