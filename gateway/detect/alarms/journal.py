"""The alarm journal as columns, for figures over a range of time."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, func, or_, select

from gateway.alarm import Alarm, AlarmLetter, JournalEntry
from gateway.detect.alarms.records import to_alarm, to_event
from gateway.detect.alarms.state import AlarmAction
from gateway.store.tables import alarm, alarm_event

Columns = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]
"""Alarm, time, whether it was raised (else it ended), and whether operators were shown it."""

_LIFE: Final = [str(a) for a in (AlarmAction.RAISE, AlarmAction.CLEAR, AlarmAction.WITHDRAW)]
_HIDDEN: Final = frozenset(
    {AlarmLetter.SHELVED, AlarmLetter.SUPPRESSED_BY_DESIGN, AlarmLetter.OUT_OF_SERVICE}
)


def newest_entries(
    connection: Connection, *, limit: int, before: int | None, asset: str
) -> list[JournalEntry]:
    """Return the newest entries of the journal, each with the alarm as it is now."""
    query = (
        select(alarm_event)
        .join(alarm, alarm.c.number == alarm_event.c.alarm)
        .order_by(alarm_event.c.seq.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(alarm_event.c.seq < before)
    if asset:
        query = query.where(_on(asset))
    rows = connection.execute(query).all()
    numbers = sorted({row.alarm for row in rows})
    alarms: dict[int, Alarm] = {}
    for start in range(0, len(numbers), 500):
        some = select(alarm).where(alarm.c.number.in_(numbers[start : start + 500]))
        for held in connection.execute(some).mappings():
            alarms[held["number"]] = to_alarm({**held})
    return [JournalEntry(event=to_event(row), alarm=alarms[row.alarm]) for row in rows]


def raised_by_rule(connection: Connection, since_ns: int) -> dict[str, int]:
    """Return how many alarms each rule has raised since a time."""
    query = (
        select(alarm.c.rule, func.count())
        .select_from(alarm_event)
        .join(alarm, alarm.c.number == alarm_event.c.alarm)
        .where(alarm_event.c.action == str(AlarmAction.RAISE), alarm_event.c.time_ns >= since_ns)
        .group_by(alarm.c.rule)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _on(asset: str) -> ColumnElement[bool]:
    path = asset.rstrip("/")
    return or_(alarm.c.asset == path, alarm.c.asset.startswith(f"{path}/", autoescape=True))


def journal_columns(
    connection: Connection, *, start_ns: int, end_ns: int, asset: str
) -> tuple[dict[int, Alarm], Columns]:
    """Return the alarms of a path by number, and their events in the range with the last one before it."""
    query = select(alarm)
    if asset:
        query = query.where(_on(asset))
    alarms = {row["number"]: to_alarm({**row}) for row in connection.execute(query).mappings()}
    life = alarm_event.c.action.in_(_LIFE)
    last = (
        select(func.max(alarm_event.c.seq))
        .where(life, alarm_event.c.time_ns < start_ns)
        .group_by(alarm_event.c.alarm)
    )
    inside = (alarm_event.c.time_ns >= start_ns) & (alarm_event.c.time_ns < end_ns)
    events = (
        select(
            alarm_event.c.alarm, alarm_event.c.time_ns, alarm_event.c.action, alarm_event.c.after
        )
        .where(life, or_(inside, alarm_event.c.seq.in_(last)))
        .order_by(alarm_event.c.seq)
    )
    rows: list[Any] = [row for row in connection.execute(events) if row.alarm in alarms]
    return alarms, (
        np.array([row.alarm for row in rows], np.int64),
        np.array([row.time_ns for row in rows], np.int64),
        np.array([row.action == AlarmAction.RAISE for row in rows], np.bool_),
        np.array([row.after not in _HIDDEN for row in rows], np.bool_),
    )
