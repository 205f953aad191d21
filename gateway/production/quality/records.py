"""Checks, lots and their history as rows; each function runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Table, insert, select, update

from gateway.clock import NS_PER_S
from gateway.errors import ConflictError, NotFoundError
from gateway.issues.records import next_number
from gateway.production.quality.model import (
    CHECK,
    ChecklistItem,
    CheckState,
    Gate,
    ItemKind,
    LotRun,
    Origin,
    Result,
)
from gateway.production.quality.sampling import Due
from gateway.store.quality_tables import check_result, check_run, lot_run, quality_event

WAITING: Final = (CheckState.DUE.value, CheckState.OPEN.value)


def to_lot(row: Row[Any], *, position: float | None = None) -> LotRun:
    """Build a lot from its row; `position` is where its machine is now, for the pieces of one that still runs."""
    end = position if row.end_pos is None else row.end_pos
    known = row.start_pos is not None and end is not None
    return LotRun(
        id=row.id, lot=row.lot, machine=row.machine, product=row.product, order=row.order, op=row.op,
        job=row.job, checklist=row.checklist, wanted=row.wanted, begun_by=row.begun_by,
        start_ns=row.start_ns, end_ns=row.end_ns, start_pos=row.start_pos, end_pos=row.end_pos,
        pieces=max(0.0, end - row.start_pos) if known and end is not None else 0.0,
    )  # fmt: skip


def find(connection: Connection, table: Table, number: int) -> Row[Any]:
    """Return the row of a lot, check or nonconformance; raises `NotFoundError`."""
    key = next(iter(table.primary_key))
    row = connection.execute(select(table).where(key == number)).first()
    if row is None:
        raise NotFoundError(f"there is no {table.name.replace('_', ' ')} {number}")
    return row


def change(
    connection: Connection,
    table: Table,
    row: Row[Any],
    values: Mapping[str, Any],
    version: int | None,
) -> None:
    """Change a check or nonconformance; raises `ConflictError` where somebody else has since `version`."""
    if version is not None and version != row.version:
        raise ConflictError(
            f"{table.name.replace('_', ' ')} {row.number} was changed meanwhile (version {row.version},"
            f" yours {version}): read it again"
        )
    where = table.c.number == row.number
    connection.execute(update(table).where(where).values(**values, version=row.version + 1))


def note(
    connection: Connection,
    *,
    kind: str,
    number: int,
    time_ns: int,
    action: str,
    by: str,
    detail: Mapping[str, object],
) -> int:
    """Add an entry to the history; return the revision it gives."""
    seq = next_number(connection, "quality_revision")
    connection.execute(
        insert(quality_event).values(
            seq=seq, kind=kind, number=number, time_ns=time_ns, action=action, by=by, detail=dict(detail)
        )
    )  # fmt: skip
    return seq


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value of a signal as the machine told it; `text` and `by` are what a person said instead."""

    time_ns: int
    value: float | None
    quality: int = 0
    text: str = ""
    by: str = ""


def open_due(connection: Connection, due: Due, *, now_ns: int) -> tuple[Row[Any], bool]:
    """Return the check of a piece, and whether it is new: one that is there already takes up the trigger."""
    key = f"{due.lot_run}:{due.checklist.id}:{due.piece}"
    query = select(check_run).where(check_run.c.key == key)
    row = connection.execute(query).first()
    if row is not None:
        if due.trigger.value not in row.triggers:
            triggers = [*row.triggers, due.trigger.value]
            same = check_run.c.number == row.number
            connection.execute(update(check_run).where(same).values(triggers=triggers))
        return row, False
    number = next_number(connection, "check_run")
    machine = connection.execute(
        select(lot_run.c.machine).where(lot_run.c.id == due.lot_run)
    ).scalar_one()
    connection.execute(
        insert(check_run).values(
            number=number, key=key, checklist=due.checklist.id, revision=due.checklist.version,
            machine=machine, lot_run=due.lot_run, piece=due.piece, position=due.position,
            triggers=[due.trigger.value], state=CheckState.DUE.value, due_ns=due.time_ns,
            late_ns=due.time_ns + round(due.checklist.due_within_min * 60 * NS_PER_S), version=1,
        )
    )  # fmt: skip
    detail = {"checklist": due.checklist.id, "piece": due.piece, "trigger": due.trigger.value}
    note(
        connection, kind="check", number=number, time_ns=now_ns, action="due", by="gateway",
        detail=detail,
    )  # fmt: skip
    return find(connection, check_run, number), True


def passes(item: ChecklistItem, reading: Reading) -> bool:
    """Say whether a value is within what an item allows."""
    if item.kind is ItemKind.NUMBER:
        value = reading.value
        assert value is not None
        low, high = item.low, item.high
        return (low is None or value >= low) and (high is None or value <= high)
    if item.kind is ItemKind.YES_NO:
        return reading.value == 1
    return bool(reading.text)


def keep_result(
    connection: Connection, number: int, item: ChecklistItem, reading: Reading, *, now_ns: int
) -> bool:
    """Keep a value of an item; return whether it passed."""
    passed = passes(item, reading)
    connection.execute(
        insert(check_result).values(
            id=next_number(connection, "check_result"), check=number, item=item.id, value=reading.value,
            text=reading.text, passed=passed, source_ns=reading.time_ns, quality=reading.quality,
            origin=(Origin.PERSON if reading.by else Origin.SIGNAL).value, by=reading.by, time_ns=now_ns,
            voided_by="", void_reason="",
        )
    )  # fmt: skip
    return passed


def results_of(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Result]]:
    """Return every value of each check, oldest first."""
    found: dict[int, list[Result]] = {number: [] for number in numbers}
    for first in range(0, len(numbers), 500):
        query = select(check_result).where(check_result.c.check.in_(numbers[first : first + 500]))
        for row in connection.execute(query.order_by(check_result.c.id)):
            found[row.check].append(to_result(row))
    return found


def to_result(row: Row[Any]) -> Result:
    """Build a value from its row."""
    return Result(
        item=row.item, value=row.value, text=row.text, passed=row.passed, origin=Origin(row.origin),
        source_ns=row.source_ns, quality=row.quality, by=row.by, time_ns=row.time_ns,
        voided_by=row.voided_by, void_reason=row.void_reason,
    )  # fmt: skip


def standing(results: Sequence[Result]) -> dict[str, Result]:
    """Return the values that count: the newest of each item that was not voided."""
    return {each.item: each for each in results if not each.voided_by}


def judged(items: Sequence[ChecklistItem], results: Sequence[Result]) -> CheckState:
    """Return what a check is by its values."""
    held = standing(results)
    if len(held) < len(items):
        return CheckState.OPEN if results else CheckState.DUE
    return CheckState.PASSED if all(each.passed for each in held.values()) else CheckState.FAILED


def failed_items(
    items: Sequence[ChecklistItem], results: Sequence[Result], *, gate: Gate | None = None
) -> list[ChecklistItem]:
    """Return the items whose value did not pass, those of one gate or all."""
    held = standing(results)
    return [
        each
        for each in items
        if each.id in held and not held[each.id].passed and (gate is None or each.gate is gate)
    ]


def moved(row: Row[Any], reached: CheckState, *, now_ns: int) -> dict[str, Any]:
    """Return the columns a check changes by what it now is; raises `ConflictError` where that is no way to go."""
    state = CheckState(row.state)
    if reached is not state and reached not in CHECK[state]:
        raise ConflictError(f"check {row.number} is {state}: it does not become {reached}")
    done = reached in {CheckState.PASSED, CheckState.FAILED}
    return {
        "state": reached.value,
        "opened_ns": now_ns if row.opened_ns is None else row.opened_ns,
        "done_ns": now_ns if done else None,
    }


def running(connection: Connection) -> list[Row[Any]]:
    """Return the lots whose pieces are still looked at: not ended, or ended without a position yet."""
    query = select(lot_run).where(lot_run.c.end_pos.is_(None)).order_by(lot_run.c.id)
    return list(connection.execute(query))


def machine_is(table: Table, machine: str) -> list[ColumnElement[bool]]:
    """Return the condition that a row is of a machine or of one below a path; "" is all."""
    if not machine:
        return []
    path = machine.rstrip("/")
    return [(table.c.machine == path) | table.c.machine.startswith(f"{path}/", autoescape=True)]
