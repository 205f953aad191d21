"""The tables of corrective action: what people fill in, actions, attachments, verification, the frozen context."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from gateway.store.tables import metadata

issue_case = Table(
    "issue_case",
    metadata,
    Column("issue", Integer, ForeignKey("issue.number"), primary_key=True),
    Column("fields", JSON, nullable=False),
)
"""The 8D form of an issue, by field name; what is empty is not there."""

issue_action = Table(
    "issue_action",
    metadata,
    Column("issue", Integer, ForeignKey("issue.number"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("owner", String(64), nullable=False),
    Column("due_ns", BigInteger, nullable=False),
    Column("checklist", JSON, nullable=False),
    Column("done_ns", BigInteger),
    Column("done_by", String(64), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Index("issue_action_owner", "owner", "done_ns"),
    Index("issue_action_due", "done_ns", "due_ns"),
)
"""Actions of an issue; `checklist` holds steps as {text, done}."""

issue_attachment = Table(
    "issue_attachment",
    metadata,
    Column("issue", Integer, ForeignKey("issue.number"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("media", String(80), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("added_by", String(64), nullable=False),
    Column("added_ns", BigInteger, nullable=False),
)
"""Files of an issue; `media` is what the content was found to be, never what the sender said."""

issue_verification = Table(
    "issue_verification",
    metadata,
    Column("issue", Integer, ForeignKey("issue.number"), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("template", String(24), nullable=False),
    Column("settings", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("chosen_by", String(64), nullable=False),
    Column("chosen_ns", BigInteger, nullable=False),
    Column("started_ns", BigInteger),
    Column("watched_ns", BigInteger, nullable=False),
    Column("looked_ns", BigInteger),
    Column("ended_ns", BigInteger),
    Column("progress", JSON, nullable=False),
    Index("issue_verification_state", "state"),
)
"""Criteria of effectiveness, one a round; `watched_ns` counts time in which the data could have shown a failure."""

issue_context = Table(
    "issue_context",
    metadata,
    Column("issue", Integer, ForeignKey("issue.number"), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("due_ns", BigInteger, nullable=False),
    Column("frozen_ns", BigInteger),
    Column("body", JSON, nullable=False),
    Index("issue_context_due", "state", "due_ns"),
)
"""What was so when an issue opened, beside its samples: rule, states, product, order, operator, last changes."""

issue_similar = Table(
    "issue_similar",
    metadata,
    Column("issue", Integer, ForeignKey("issue.number"), primary_key=True),
    Column("asset", Text, primary_key=True),
    Column("signal", Text, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("issues", JSON, nullable=False),
    Column("finding", Text, nullable=False),
    Column("checked_by", String(64), nullable=False),
    Column("checked_ns", BigInteger),
)
"""Machines that may have the same; `seen` counts alarms of the same pattern there, `finding` what a check found."""
