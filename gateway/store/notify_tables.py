"""The tables of notifications: how far the issues' history was followed, who is to learn what, and what went out."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.store.tables import metadata

notify_cursor = Table(
    "notify_cursor",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
"""The revision of the issues' history up to which everything below was made."""

notify_incident = Table(
    "notify_incident",
    metadata,
    Column("issue", Integer, ForeignKey("issue.number"), primary_key=True, autoincrement=False),
    Column("severity", String(2), nullable=False),
    Column("since_ns", BigInteger, nullable=False),
    Column("step", Integer, nullable=False),
    Column("next_ns", BigInteger),
    Index("notify_incident_next", "next_ns"),
)
"""How far an issue has climbed since `since_ns`; `next_ns` is none once somebody has acknowledged it."""

notify_action = Table(
    "notify_action",
    metadata,
    Column("issue", Integer, ForeignKey("issue.number"), primary_key=True, autoincrement=False),
    Column("action", Integer, primary_key=True, autoincrement=False),
    Column("owner", String(64), nullable=False),
    Column("due_ns", BigInteger, nullable=False),
    Column("step", Integer, nullable=False),
    Column("next_ns", BigInteger),
)
"""What was told of an action of an issue, for this owner and due date; `step` 0 is the reminder before it is due."""

notify_notice = Table(
    "notify_notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", String(80), nullable=False),
    Column("grp", Text, nullable=False),
    Column("issue", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("level", String(16), nullable=False),
    Column("severity", String(2), nullable=False),
    Column("title", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("held", String(8), nullable=False),
    Column("due_ns", BigInteger, nullable=False),
    Column("batch", String(40)),
    Index("notify_notice_due", "batch", "due_ns"),
    Index("notify_notice_issue", "issue", "person"),
)
"""What a person (or `team:name`) is to learn; `held` says whether at once, after quiet hours or by digest."""

notify_window = Table(
    "notify_window",
    metadata,
    Column("person", String(80), primary_key=True),
    Column("grp", Text, primary_key=True),
    Column("until_ns", BigInteger, nullable=False),
    Column("severity", String(2), nullable=False),
)
"""Until when a person hears no more of a line, unless it is worse than `severity`."""

notify_message = Table(
    "notify_message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(40), nullable=False, unique=True),
    Column("batch", String(40), nullable=False),
    Column("person", String(80), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("severity", String(2), nullable=False),
    Column("grp", Text, nullable=False),
    Column("issue", Integer),
    Column("issues", JSON, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("notices", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("cut_short", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("due_ns", BigInteger, nullable=False),
    Column("started_ns", BigInteger),
    Column("sent_ns", BigInteger),
    Column("seen_ns", BigInteger),
    Index("notify_message_due", "channel", "state", "due_ns"),
    Index("notify_message_person", "person", "id"),
)
"""The outbox and the delivery log in one; `key` is the idempotency key, `cut_short` how often a crash ended a try."""

notify_contact = Table(
    "notify_contact",
    metadata,
    Column("person", String(64), primary_key=True),
    Column("settings", JSON, nullable=False),
    Column("version", Integer, nullable=False),
)
"""How a person wants to be told."""
