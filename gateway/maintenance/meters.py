"""Preventive triggers: what they have counted is committed with the order that it opens, so each interval opens one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from gateway.clock import NS_PER_S
from gateway.failpoint import failpoint
from gateway.issues.records import add_events
from gateway.maintenance import records
from gateway.maintenance.lifecycle import ENDED
from gateway.maintenance.options import (
    CyclesOptions,
    DriftOptions,
    HoursOptions,
    MaintenanceOptions,
    TriggerOptions,
)
from gateway.store.maintenance_tables import maintenance_cursor, maintenance_meter, work_order
from gateway.store.tables import issue, issue_event
from gateway.workorder import NewWork, TriggerStatus, WorkKind

EVENTS_AT_ONCE: Final = 500
MOST_AT_ONCE: Final = 20
"""Intervals that one reading may complete with an order each; older ones are named by the first of these."""
_CURSOR: Final = maintenance_cursor.c.name == "issues"


def meter(connection: Connection, trigger: str, machine: str, now_ns: int) -> Row[Any]:
    """Return what a trigger has counted at a machine; a new one starts counting now."""
    here = (maintenance_meter.c.trigger == trigger) & (maintenance_meter.c.machine == machine)
    query = select(maintenance_meter).where(here)
    row = connection.execute(query).first()
    if row is None:
        start = {"as_of_ns": now_ns, "total": 0.0, "opened": 0}
        connection.execute(
            insert(maintenance_meter).values(trigger=trigger, machine=machine, **start)
        )
        row = connection.execute(query).first()
    assert row is not None
    return row


def count(
    connection: Connection,
    name: str,
    trigger: HoursOptions | CyclesOptions,
    *,
    machine: str,
    before_ns: int,
    as_of_ns: int,
    added: float,
    now_ns: int,
) -> list[int]:
    """Add to a meter what was counted from `before_ns` to `as_of_ns`; return the orders that this opened.

    A meter that does not stand at `before_ns` any more was read by somebody else: nothing is added.
    """
    row = meter(connection, name, machine, now_ns)
    if row.as_of_ns != before_ns:
        return []
    total = row.total + added
    every = trigger.every_h if isinstance(trigger, HoursOptions) else trigger.every
    reached = int(total / every + 1e-9)
    opened = []
    for interval in range(max(row.opened + 1, reached - MOST_AT_ONCE + 1), reached + 1):
        told = {"interval": interval, "meter": interval * every, "unit": unit_of(trigger)}
        key = f"pm:{name}:{machine}:{interval}"
        opened += _open(
            connection, name, trigger, machine=machine, key=key, told=told, now_ns=now_ns
        )
    failpoint("maintenance.before_commit")
    here = (maintenance_meter.c.trigger == name) & (maintenance_meter.c.machine == machine)
    values = {"as_of_ns": as_of_ns, "total": total, "opened": max(row.opened, reached)}
    connection.execute(update(maintenance_meter).where(here).values(**values))
    return opened


def drift(connection: Connection, options: MaintenanceOptions, now_ns: int) -> tuple[int, bool]:
    """Follow the issues' history and open an order for each issue of a trigger's rules.

    While an order of the trigger is open at the machine, another issue there opens none. Returns how many entries
    were taken, and whether the issues' history was added to.
    """
    seq = connection.execute(select(maintenance_cursor.c.seq).where(_CURSOR)).scalar_one()
    query = (
        select(issue_event.c.seq, issue.c.number, issue.c.rule, issue.c.asset, issue.c.title)
        .join(issue, issue.c.number == issue_event.c.issue)
        .where(issue_event.c.seq > seq, issue_event.c.action == "opened")
        .order_by(issue_event.c.seq)
        .limit(EVENTS_AT_ONCE)
    )
    rows = connection.execute(query).all()
    newest = connection.execute(select(func.max(issue_event.c.seq))).scalar_one()
    told = []
    for row in rows:
        for name, trigger in options.triggers.items():
            if isinstance(trigger, DriftOptions) and row.rule in trigger.rules:
                told += _of_issue(connection, name, trigger, row, now_ns)
    reached = rows[-1].seq if len(rows) == EVENTS_AT_ONCE else newest or seq
    connection.execute(update(maintenance_cursor).where(_CURSOR).values(seq=max(seq, reached)))
    add_events(connection, told)
    return len(rows), bool(told)


def _of_issue(
    connection: Connection, name: str, trigger: DriftOptions, row: Any, now_ns: int
) -> list[dict[str, Any]]:
    ended = [each.value for each in ENDED]
    running = select(work_order.c.number).where(
        work_order.c.trigger == name,
        work_order.c.asset == row.asset,
        work_order.c.state.not_in(ended),
    )
    if connection.execute(running).first() is not None:
        return []
    opened = _open(
        connection,
        name,
        trigger,
        machine=row.asset,
        key=f"drift:{name}:{row.number}",
        told={"issue": row.number, "rule": row.rule},
        now_ns=now_ns,
        issue=row.number,
    )
    return [
        {"issue": row.number, "time_ns": now_ns, "action": "work_order", "by": "gateway"}
        | {"detail": {"work_order": number, "title": trigger.title}}
        for number in opened
    ]


def _open(
    connection: Connection,
    name: str,
    trigger: TriggerOptions,
    *,
    machine: str,
    key: str,
    told: dict[str, object],
    now_ns: int,
    issue: int | None = None,
) -> list[int]:
    """Open the order that a key names, unless it was opened before."""
    if records.by_key(connection, key) is not None:
        return []
    due_ns = None if trigger.due_after_s is None else now_ns + round(trigger.due_after_s * NS_PER_S)
    new = NewWork(
        title=trigger.title,
        asset=machine,
        kind=WorkKind.PREVENTIVE,
        description=trigger.description,
        priority=trigger.priority,
        team=trigger.team,
        issue=issue,
        due_ns=due_ns,
        estimated_min=trigger.estimated_min,
        checklist=trigger.checklist,
    )
    by = f"trigger {name}"
    return [records.add(connection, new, by=by, now_ns=now_ns, key=key, trigger=name, detail=told)]


def unit_of(trigger: HoursOptions | CyclesOptions) -> str:
    """Return what a meter counts in."""
    return "h" if isinstance(trigger, HoursOptions) else "pcs"


def statuses(connection: Connection, *, options: MaintenanceOptions) -> Sequence[TriggerStatus]:
    """Return every trigger at every machine."""
    newest = {
        (row.trigger, row.asset): row.number
        for row in connection.execute(
            select(
                work_order.c.trigger,
                work_order.c.asset,
                func.max(work_order.c.number).label("number"),
            )
            .where(work_order.c.trigger != "")
            .group_by(work_order.c.trigger, work_order.c.asset)
        )
    }
    meters = {
        (row.trigger, row.machine): row for row in connection.execute(select(maintenance_meter))
    }
    found = []
    for name, trigger in options.triggers.items():
        if isinstance(trigger, DriftOptions):
            machines = sorted(asset for known, asset in newest if known == name) or [""]
            found += [_status(name, trigger, m, None, newest.get((name, m))) for m in machines]
            continue
        found += [
            _status(name, trigger, m, meters.get((name, m)), newest.get((name, m)))
            for m in trigger.machines
        ]
    return found


def _status(
    name: str,
    trigger: HoursOptions | CyclesOptions | DriftOptions,
    machine: str,
    row: Row[Any] | None,
    last: int | None,
) -> TriggerStatus:
    total = 0.0 if row is None else float(row.total)
    every: float | None = None
    unit = ""
    if not isinstance(trigger, DriftOptions):
        every = trigger.every_h if isinstance(trigger, HoursOptions) else trigger.every
        unit = unit_of(trigger)
    return TriggerStatus(
        trigger=name,
        type=trigger.type,
        title=trigger.title,
        machine=machine,
        unit=unit,
        every=every,
        total=total,
        used=None if every is None else (total % every) / every,
        last_order=last,
        as_of_ns=None if row is None else row.as_of_ns,
    )
