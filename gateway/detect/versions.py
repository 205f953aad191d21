"""Every version of every rule's settings, with who changed it, when and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select

from gateway.detect.options import RuleOptions
from gateway.detect.options_broken import BrokenRule
from gateway.detect.status import written
from gateway.deviation import RuleVersion
from gateway.store.tables import rule_version


def record(
    connection: Connection,
    rules: Mapping[str, RuleOptions],
    *,
    by: str,
    reason: str,
    now_ns: int,
    reasons: Mapping[str, str] | None = None,
) -> int:
    """Write down what differs from the newest version of each rule; return how many versions that made.

    `reasons` say for single rules what `reason` says for the others. A rule that is gone gets a version without
    settings; one with mistakes gets what stands there, and its mistakes beside the reason.
    """
    told = reasons or {}
    newest = {row.rule: row for row in connection.execute(_newest())}
    made: list[dict[str, Any]] = []
    for rule in sorted({*newest, *rules}):
        options = rules.get(rule)
        settings = None if options is None else dict(written(options))
        before = newest.get(rule)
        if before is not None and before.settings == settings:
            continue
        made.append(
            {
                "rule": rule,
                "revision": 1 if before is None else before.revision + 1,
                "version": "" if options is None else options.version(),
                "settings": settings,
                "by": by,
                "reason": told.get(rule, reason) + _broken(options),
                "time_ns": now_ns,
            }
        )
    if made:
        connection.execute(insert(rule_version), made)
    return len(made)


def _broken(options: RuleOptions | None) -> str:
    return f"; it does not run: {options.error}" if isinstance(options, BrokenRule) else ""


def _newest() -> Any:
    last = select(rule_version.c.rule, func.max(rule_version.c.revision).label("revision"))
    held = last.group_by(rule_version.c.rule).subquery()
    same = (rule_version.c.rule == held.c.rule) & (rule_version.c.revision == held.c.revision)
    return select(rule_version).join(held, same)


def newest(connection: Connection) -> Mapping[str, RuleVersion]:
    """Return the newest version of every rule."""
    rows = connection.execute(_newest()).mappings()
    return {row["rule"]: RuleVersion(**row) for row in rows}


def of_rule(connection: Connection, rule: str) -> Sequence[RuleVersion]:
    """Return the versions of a rule, newest first."""
    query = select(rule_version).where(rule_version.c.rule == rule)
    rows = connection.execute(query.order_by(rule_version.c.revision.desc())).mappings()
    return [RuleVersion(**row) for row in rows]


def settings_of(connection: Connection, rule: str, version: str) -> Mapping[str, Any] | None:
    """Return the newest settings of a rule that had this version, or None where nobody kept them."""
    query = select(rule_version.c.settings).where(
        rule_version.c.rule == rule, rule_version.c.version == version
    )
    found = connection.execute(query.order_by(rule_version.c.revision.desc())).first()
    return None if found is None else found.settings
