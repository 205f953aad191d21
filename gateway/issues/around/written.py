"""What the store holds about the time before an issue: commands, rules, requests, alarms, maintenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, or_, select

from gateway.clock import NS_PER_MS, NS_PER_S
from gateway.store.access_tables import audit
from gateway.store.control_tables import operation
from gateway.store.maintenance_tables import work_order
from gateway.store.tables import alarm, alarm_event, rule_version

CHANGES_NS: Final = 24 * 3600 * NS_PER_S
"""How far back changes are told."""

MAINTENANCE_NS: Final = 30 * 24 * 3600 * NS_PER_S
"""How far back work on the machine is told."""

MOST: Final = 50


def written(connection: Connection, found: Row[Any]) -> dict[str, Any]:
    """Return the rule's settings, what was changed on the machine in the day before, and the work on it lately."""
    since, until = found.onset_ns - CHANGES_NS, found.opened_ns
    query = select(rule_version).where(rule_version.c.rule == found.rule)
    versions = connection.execute(query.order_by(rule_version.c.revision.desc())).all()
    running = next((v for v in versions if v.version == found.rule_version), None)
    changes = [
        _change(
            version.time_ns,
            "rule",
            version.by,
            f"{version.rule} to version {version.version or 'none'}: {version.reason}",
        )
        for version in versions
        if since <= version.time_ns <= until
    ]
    changes += _commanded(connection, found, since, until)
    changes += _asked(connection, found, since, until)
    changes += _alarms(connection, found, since, until)
    work = _maintained(connection, found)
    changes += [
        _change(each["time_ms"] * NS_PER_MS, "maintenance", each["by"], _worked(each))
        for each in work
        if each["state"] in {"complete", "closed"} and each["time_ms"] * NS_PER_MS >= since
    ]
    return {
        "rule_settings": None if running is None else running.settings,
        "changes": sorted(changes, key=lambda change: -change["time_ms"])[:MOST],
        "maintenance": work,
    }


def _change(time_ns: float, kind: str, by: str, text: str) -> dict[str, Any]:
    return {"time_ms": time_ns / NS_PER_MS, "kind": kind, "by": by, "text": text}


def _commanded(
    connection: Connection, found: Row[Any], since: int, until: int
) -> list[dict[str, Any]]:
    """Return what was sent to the machine or its line: set-points with from and to, recipes, commands, their outcome."""
    line = f"{found.asset.rpartition('/')[0]}/line"
    query = select(operation).where(
        operation.c.machine.in_([found.asset, line]), operation.c.sent_ns.between(since, until)
    )
    rows = connection.execute(query.order_by(operation.c.sent_ns.desc()).limit(MOST))
    return [_change(row.sent_ns, row.kind, row.by, _sent(row)) for row in rows]


def _sent(row: Row[Any]) -> str:
    steps = [
        f"{path.rpartition('/')[2]} from {_shown(row.present.get(path))} to {_shown(value)}"
        for path, value in row.values.items()
    ]
    said = f"{row.title}: {', '.join(steps)}" if steps else str(row.title)
    approved = f", approved by {row.approved_by}" if row.approved_by else ""
    reason = f", because: {row.reason}" if row.reason else ""
    return f"{said} ({row.state}{approved}{reason})"


def _shown(value: object) -> str:
    return "unknown" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _asked(connection: Connection, found: Row[Any], since: int, until: int) -> list[dict[str, Any]]:
    """Return what the audit says was asked about the machine; commands stand with their outcome already."""
    about = or_(
        audit.c.target.contains(found.asset, autoescape=True),
        audit.c.detail.contains(found.asset, autoescape=True),
    )
    query = select(audit).where(
        audit.c.time_ns.between(since, until), about, audit.c.action.not_like("control.%")
    )
    rows = connection.execute(query.order_by(audit.c.seq.desc()).limit(MOST))
    return [
        _change(row.time_ns, "asked", row.actor, f"{row.action} {row.target} ({row.outcome})")
        for row in rows
    ]


def _alarms(
    connection: Connection, found: Row[Any], since: int, until: int
) -> list[dict[str, Any]]:
    """Return what people did about alarms of the machine: shelved, suppressed, taken out of service."""
    ours = (alarm_event.c.alarm == alarm.c.number) & (alarm.c.asset == found.asset)
    query = select(alarm_event, alarm.c.title).where(
        ours,
        alarm_event.c.time_ns.between(since, until),
        alarm_event.c.by.not_like("rule:%"),
    )
    rows = connection.execute(query.order_by(alarm_event.c.seq.desc()).limit(MOST))
    return [
        _change(row.time_ns, "alarm", row.by, f"{row.action}: {row.title}. {row.reason}".strip())
        for row in rows
    ]


def _maintained(connection: Connection, found: Row[Any]) -> list[dict[str, Any]]:
    """Return work orders of the machine that were open at the onset or ended in the weeks before, newest first."""
    ended = work_order.c.completed_ns
    query = select(work_order).where(
        work_order.c.asset == found.asset,
        work_order.c.created_ns <= found.onset_ns,
        work_order.c.state != "rejected",
        or_(ended.is_(None), ended >= found.onset_ns - MAINTENANCE_NS),
        or_(
            work_order.c.closed_ns.is_(None),
            work_order.c.closed_ns >= found.onset_ns - MAINTENANCE_NS,
        ),
    )
    rows = connection.execute(query.order_by(work_order.c.number.desc()).limit(20))
    return [_order(row) for row in rows]


def _order(row: Row[Any]) -> dict[str, Any]:
    done_ns = row.completed_ns or row.closed_ns
    return {
        "number": row.number,
        "title": row.title,
        "kind": row.kind,
        "state": row.state,
        "time_ms": (done_ns or row.created_ns) / NS_PER_MS,
        "by": ", ".join(row.assignees) or row.created_by,
        "parts": [
            f"{each['quantity']:g} \N{MULTIPLICATION SIGN} {each['part']}" for each in row.parts
        ],
    }


def _worked(order: Mapping[str, Any]) -> str:
    parts = f"; {', '.join(order['parts'])}" if order["parts"] else ""
    return (
        f"work order {order['number']}: {order['title']} ({order['kind']}, {order['state']}){parts}"
    )
