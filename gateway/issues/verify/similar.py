"""Machines that may have the same: those with a signal of the same name and unit, and how often the pattern showed there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from gateway.clock import NS_PER_S
from gateway.errors import NotFoundError
from gateway.issues.records import add_event
from gateway.issues.text import Length, Need, clean
from gateway.model import Signal
from gateway.store.issue_tables import issue_similar as table
from gateway.store.tables import alarm, alarm_event, issue

MOST: Final = 30
WINDOW_NS: Final = 90 * 86_400 * NS_PER_S


def like(signals: Sequence[Signal], path: str) -> list[Signal]:
    """Return the signals of other machines with the same name, unit and type as this one, by path."""
    own = next((signal for signal in signals if signal.path == path), None)
    if own is None:
        return []
    kind = (own.name, own.unit, own.data_type)
    found = [
        signal
        for signal in signals
        if (signal.name, signal.unit, signal.data_type) == kind and signal.machine != own.machine
    ]
    return sorted(found, key=lambda signal: signal.path)


def propose(
    connection: Connection, row: Row[Any], signals: Sequence[Signal], *, by: str, now_ns: int
) -> int:
    """Write down which machines are similar, those that showed the pattern first, and say so; return how many are new."""
    new = _added(connection, row, signals, now_ns=now_ns)
    if new:
        detail = {"machines": new, "version": row.version + 1}
        add_event(
            connection, row.number, time_ns=now_ns, action="similar_proposed", by=by, detail=detail
        )
    return new


def _added(connection: Connection, row: Row[Any], signals: Sequence[Signal], *, now_ns: int) -> int:
    known = set(
        connection.execute(select(table.c.asset).where(table.c.issue == row.number)).scalars()
    )
    direction = row.recurrence.rpartition("#")[2]
    found = []
    for signal in like(signals, row.signal):
        seen = _seen(connection, signal.path, direction, now_ns=now_ns)
        found.append((seen, signal, _issues(connection, row, signal, now_ns=now_ns)))
    found.sort(key=lambda one: (-one[0], -len(one[2]), one[1].path))
    new = [one for one in found[:MOST] if one[1].machine not in known]
    if new:
        connection.execute(
            insert(table),
            [
                {
                    "issue": row.number,
                    "asset": signal.machine,
                    "signal": signal.path,
                    "seen": seen,
                    "issues": issues,
                    "finding": "",
                    "checked_by": "",
                    "checked_ns": None,
                }
                for seen, signal, issues in new
            ],
        )
    return len(new)


def _seen(connection: Connection, signal: str, direction: str, *, now_ns: int) -> int:
    """Return how often alarms of that direction were raised on a signal within the window."""
    query = (
        select(alarm_event.c.seq)
        .join(alarm, alarm.c.number == alarm_event.c.alarm)
        .where(
            alarm.c.signal == signal,
            alarm.c.side == direction,
            alarm_event.c.action == "raised",
            alarm_event.c.time_ns >= now_ns - WINDOW_NS,
        )
        .limit(1000)
    )
    return len(connection.execute(query).all())


def _issues(connection: Connection, row: Row[Any], signal: Signal, *, now_ns: int) -> list[int]:
    key = row.recurrence.replace(row.signal, signal.path)
    query = select(issue.c.number).where(
        issue.c.recurrence == key, issue.c.opened_ns >= now_ns - WINDOW_NS
    )
    return list(connection.execute(query.order_by(issue.c.number).limit(20)).scalars())


def check(
    connection: Connection, row: Row[Any], asset: str, *, finding: str, by: str, now_ns: int
) -> None:
    """Note what a look at a similar machine found; raises `NotFoundError`, `InvalidRequestError`."""
    said = clean(finding, name="finding", most=Length.NOTE, least=Need.REQUIRED)
    ours = (table.c.issue == row.number) & (table.c.asset == asset)
    changed = connection.execute(
        update(table).where(ours).values(finding=said, checked_by=by, checked_ns=now_ns)
    )
    if changed.rowcount != 1:
        raise NotFoundError(f"{asset[:255]} was not proposed as similar for issue {row.number}")
    detail = {"asset": asset, "finding": said, "version": row.version + 1}
    add_event(
        connection, row.number, time_ns=now_ns, action="similar_checked", by=by, detail=detail
    )
