"""The relational schema, the same on SQLite and PostgreSQL; changes go through `gateway.store.migrations`."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

counter = Table(
    "counter",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""Numbers given out in order of commit: updating a row holds it until the transaction ends."""

issue = Table(
    "issue",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("severity", String(2), nullable=False),
    Column("type", String(16), nullable=False),
    Column("cause", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rule_version", String(64), nullable=False),
    Column("asset", Text, nullable=False),
    Column("signal", Text, nullable=False),
    Column("onset_ns", BigInteger, nullable=False),
    Column("opened_ns", BigInteger, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("holding", JSON, nullable=False),
    Column("cleared_ns", BigInteger),
    Column("closed_ns", BigInteger),
    Column("occurrences", Integer, nullable=False),
    Column("value", Float(53)),
    Column("limits", JSON, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("stage_ns", BigInteger, nullable=False),
    Column("acknowledged_ns", BigInteger),
    Column("team", String(64), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("recurrence", Text, nullable=False),
    Column("repeat", Integer, nullable=False),
    Column("previous", Integer),
    Column("duplicate_of", Integer),
    Column("version", Integer, nullable=False),
    Column("verified", Boolean, nullable=False),
    Index("issue_cause", "cause", "number"),
    Index("issue_state", "state", "number"),
    Index("issue_recurrence", "recurrence", "opened_ns"),
)
"""`holding` names the conditions of this cause that hold now: signal path and side."""

issue_event = Table(
    "issue_event",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("issue", Integer, ForeignKey("issue.number"), nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("action", String(32), nullable=False),
    Column("by", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("key", String(64), unique=True),
    Index("issue_event_issue", "issue", "seq"),
)
"""`seq` is the revision; `key` the id of the deviation event behind it, so that a replay adds nothing."""

evidence = Table(
    "evidence",
    metadata,
    Column("issue", Integer, ForeignKey("issue.number"), primary_key=True),
    Column("signal", Integer, primary_key=True),
    Column("path", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("middle_ns", BigInteger, nullable=False),
    Column("need_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("due_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("time_ns", LargeBinary, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("quality", LargeBinary, nullable=False),
    Index("evidence_due", "state", "due_ns"),
)
"""Samples around an onset, by source time, little-endian columns; what is still wanted is read when due."""

rule_state = Table(
    "rule_state",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("starts", JSON, nullable=False),
)
"""What the rules remember after journal number `seq`, and when gateways were started since then."""

alarm = Table(
    "alarm",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("rule", Text, nullable=False),
    Column("rule_version", String(64), nullable=False),
    Column("signal", Text, nullable=False),
    Column("side", String(32), nullable=False),
    Column("asset", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("priority", String(16), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("acked", Boolean, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("latched", Boolean, nullable=False),
    Column("suppressed", Boolean, nullable=False),
    Column("out_of_service", Boolean, nullable=False),
    Column("shelving", String(24), nullable=False),
    Column("shelved_until_ns", BigInteger),
    Column("re_alarm_ns", BigInteger),
    Column("onset_ns", BigInteger, nullable=False),
    Column("raised_ns", BigInteger, nullable=False),
    Column("cleared_ns", BigInteger),
    Column("value", Float(53)),
    Column("limits", JSON, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("consequence", Text, nullable=False),
    Column("response", Text, nullable=False),
    Column("issue", Integer, ForeignKey("issue.number")),
    Column("first_out", Boolean, nullable=False),
    Column("occurrences", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False),
)
"""One row a rule, signal and side that was ever raised; `key` names these three."""

alarm_event = Table(
    "alarm_event",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("alarm", Integer, ForeignKey("alarm.number"), nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("action", String(32), nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("before", String(1), nullable=False),
    Column("after", String(1), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("key", String(64), unique=True),
    Index("alarm_event_alarm", "alarm", "seq"),
    Index("alarm_event_time", "time_ns"),
)
"""The alarm journal; `before` and `after` are ISA-18.2 letters, `key` the id of the deviation event behind it."""

issue_child = Table(
    "issue_child",
    metadata,
    Column("issue", Integer, ForeignKey("issue.number"), primary_key=True),
    Column("cause", Text, primary_key=True),
    Column("member", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("rule_version", String(64), nullable=False),
    Column("asset", Text, nullable=False),
    Column("signal", Text, nullable=False),
    Column("severity", String(2), nullable=False),
    Column("type", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("onset_ns", BigInteger, nullable=False),
    Column("value", Float(53)),
    Column("limits", JSON, nullable=False),
    Column("relation", String(16), nullable=False),
    Column("consequence", String(16), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("cleared_ns", BigInteger),
    Index("issue_child_cause", "cause", "issue"),
)
"""Conditions that an issue holds beside the one that began it; `relation` as seen from there."""

rule_version = Table(
    "rule_version",
    metadata,
    Column("rule", String(64), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("version", String(64), nullable=False),
    Column("settings", JSON(none_as_null=True)),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
)
"""Every change of a rule's settings; none where the rule was removed. `version` is what issues name."""
