"""What is suspect when a check fails: everything since the last one that passed, by the counters, lot by lot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.production.quality.model import CheckState, SuspectLot, Suspects
from gateway.store.quality_tables import check_run, lot_run, material_use, nonconformance

_NEAR = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Where a machine is now."""

    position: float
    time_ns: int


def last_good(connection: Connection, check: Row[Any]) -> tuple[float, int]:
    """Return position and time of the last passed check of the same checklist before a check.

    Where there is none it is the beginning of the first lot there whose checks nobody passed.
    """
    table = check_run
    query = (
        select(table.c.position, table.c.due_ns)
        .where(
            table.c.machine == check.machine,
            table.c.checklist == check.checklist,
            table.c.state == CheckState.PASSED.value,
            table.c.position < check.position,
        )
        .order_by(table.c.position.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is not None:
        return row.position, row.due_ns
    first = (
        select(lot_run.c.start_pos, lot_run.c.start_ns)
        .join(check_run, check_run.c.lot_run == lot_run.c.id)
        .where(check_run.c.machine == check.machine, check_run.c.checklist == check.checklist)
        .order_by(lot_run.c.start_ns)
        .limit(1)
    )
    found = connection.execute(first).one()
    return found.start_pos, found.start_ns


def next_good(connection: Connection, check: Row[Any]) -> tuple[float, int] | None:
    """Return position and time of the first check of the same checklist that passed after a check."""
    table = check_run
    query = (
        select(table.c.position, table.c.due_ns)
        .where(
            table.c.machine == check.machine,
            table.c.checklist == check.checklist,
            table.c.state == CheckState.PASSED.value,
            table.c.position > check.position,
        )
        .order_by(table.c.position)
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else (row.position, row.due_ns)


def suspects(connection: Connection, row: Row[Any], here: Here) -> Suspects:
    """Return what a nonconformance puts in doubt; it grows until it is disposed of or a later check passes."""
    to_pos, to_ns = row.to_pos, row.to_ns
    if to_pos is None:
        check = connection.execute(select(check_run).where(check_run.c.number == row.check)).one()
        to_pos, to_ns = next_good(connection, check) or (here.position, here.time_ns)
    lots = _lots(connection, row.machine, row.from_pos, to_pos)
    return Suspects(
        from_pos=row.from_pos,
        to_pos=to_pos,
        from_ns=row.from_ns,
        to_ns=to_ns,
        pieces=max(0.0, math.floor(to_pos - row.from_pos + _NEAR)),
        lots=tuple(lots),
        materials=tuple(_materials(connection, row.machine, row.from_pos, to_pos)),
    )


def _lots(
    connection: Connection, machine: str, from_pos: float, to_pos: float
) -> Sequence[SuspectLot]:
    """Return how much of each lot lies between two positions; what is of no lot stands under an empty name."""
    table = lot_run
    query = (
        select(table)
        .where(table.c.machine == machine, table.c.start_pos < to_pos)
        .where(table.c.end_pos.is_(None) | (table.c.end_pos > from_pos))
        .order_by(table.c.start_pos)
    )
    found, left = [], max(0.0, to_pos - from_pos)
    for row in connection.execute(query):
        begins = max(from_pos, row.start_pos)
        ends = to_pos if row.end_pos is None else min(to_pos, row.end_pos)
        pieces = math.floor(ends - begins + _NEAR)
        if pieces > 0:
            first = math.floor(begins - row.start_pos + _NEAR) + 1
            found.append(
                SuspectLot(
                    lot=row.lot, lot_run=row.id, pieces=pieces, first=first, last=first + pieces - 1
                )
            )
            left -= pieces
    if left >= 1 - _NEAR:
        rest = math.floor(left + _NEAR)
        found.append(SuspectLot(lot="", lot_run=None, pieces=rest, first=0, last=0))
    return found


def _materials(
    connection: Connection, machine: str, from_pos: float, to_pos: float
) -> Sequence[tuple[str, str]]:
    table = material_use
    query = (
        select(table.c.material, table.c.lot)
        .where(table.c.machine == machine, table.c.from_pos < to_pos)
        .where(table.c.to_pos.is_(None) | (table.c.to_pos > from_pos))
        .distinct()
    )
    return sorted((row.material, row.lot) for row in connection.execute(query))


def undecided(connection: Connection) -> list[Row[Any]]:
    """Return the nonconformances that still hold something up."""
    table = nonconformance
    query = select(table).where(table.c.state != "closed").order_by(table.c.number)
    return list(connection.execute(query))
