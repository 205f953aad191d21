"""What people changed of rules, in the store: laid over the files until those say something new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from gateway.config.schema import read_rule
from gateway.config.tree import Tree
from gateway.detect.options import RuleOptions
from gateway.detect.status import written
from gateway.store.rule_tables import rule_override


class Override(NamedTuple):
    """Settings in force in place of the files' `base`; `revision` is the version they were kept as."""

    settings: Mapping[str, Any]
    base: Mapping[str, Any]
    revision: int
    by: str


class Settled(NamedTuple):
    """The rules that are to run, which of them people changed, and why the files hold again for others."""

    rules: Mapping[str, RuleOptions]
    changed: Mapping[str, Override]
    reasons: Mapping[str, str]


def read(connection: Connection) -> Mapping[str, Override]:
    """Return every change in force, by rule."""
    rows = connection.execute(select(rule_override))
    return {row.rule: Override(row.settings, row.base, row.revision, row.by) for row in rows}


def put(connection: Connection, rule: str, held: Override, reason: str, now_ns: int) -> None:
    """Put a change in place of the one before."""
    drop(connection, rule)
    connection.execute(
        insert(rule_override).values(rule=rule, reason=reason, time_ns=now_ns, **held._asdict())
    )


def drop(connection: Connection, rule: str) -> None:
    """Let the files hold for a rule."""
    connection.execute(delete(rule_override).where(rule_override.c.rule == rule))


def settle(files: Mapping[str, RuleOptions], held: Mapping[str, Override]) -> Settled:
    """Lay what people changed over what the files say.

    Where a file was edited since, the edit is the newer word and holds; the change stays among the versions. So it
    is with a change that this release no longer reads.
    """
    rules, changed, reasons = dict(files), dict[str, Override](), dict[str, str]()
    for rule, one in held.items():
        if rule not in files:
            continue
        who = f"revision {one.revision} by {one.by}"
        if written(files[rule]) != one.base:
            reasons[rule] = f"the file was edited since {who}, which it replaces"
            continue
        made = read_rule(Tree(), rule, dict(one.settings))
        if made is None:
            reasons[rule] = f"{who} cannot be read any more, so the file holds"
            continue
        rules[rule], changed[rule] = made, one
    return Settled(rules, changed, reasons)
