"""Roll-ups by shift and day: what is settled for ever is added up once, so that months are read in a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, delete, func, insert, select

from gateway.production.kpi import records
from gateway.production.kpi.books import Step
from gateway.production.kpi.records import AT_ONCE, Kept, Row
from gateway.production.kpi.timetable import Timetable
from gateway.store.kpi_tables import kpi_roll, kpi_seal, kpi_sum
from rules.throughput.pieces import HOUR_NS
from rules.throughput.sums import WIDTH, Key

LEAST_NS: Final = 6 * HOUR_NS
"""How much must have been settled since the last time."""

MOST_UNITS: Final = 10
"""Units that are rolled up in one commit: the first time there may be years."""

Group = tuple[int, str, str]
"""Beginning of the shift or local day, name of the shift, and what was planned."""


def sealable(timetable: Timetable, folded_ns: int, *, in_play: Iterable[Key]) -> int:
    """Return the time before which no segment's sums can change: the start of the newest one that is settled.

    Keys in play may be of an older segment, where the calendar was changed.
    """
    newest_ns = timetable.segment(folded_ns // HOUR_NS * HOUR_NS).start_ns
    return min([newest_ns, *(key.segment_ns for key in in_play)])


def commit(
    connection: Connection, *, seq: int, steps: Mapping[str, Step], until: Mapping[str, int]
) -> None:
    """Write what `records.commit` does, and roll up what will not change: all in the caller's transaction."""
    records.commit(connection, seq=seq, steps=steps)
    seal(connection, until=until)


def seal(connection: Connection, *, until: Mapping[str, int]) -> None:
    """Add the sums of each unit's segments before a time to its roll-ups, each exactly once."""
    known = _sealed(connection, list(until))
    due = [unit for unit, at_ns in until.items() if at_ns - known.get(unit, 0) >= LEAST_NS]
    for unit in due[:MOST_UNITS]:
        _seal(connection, unit, known.get(unit, 0), until[unit])


def _sealed(connection: Connection, units: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for first in range(0, len(units), AT_ONCE):
        query = select(kpi_seal).where(kpi_seal.c.unit.in_(units[first : first + AT_ONCE]))
        found.update({row.unit: row.until_ns for row in connection.execute(query)})
    return found


def _seal(connection: Connection, unit: str, from_ns: int, until_ns: int) -> None:
    query = select(kpi_sum).where(
        kpi_sum.c.unit == unit, kpi_sum.c.segment_ns >= from_ns, kpi_sum.c.segment_ns < until_ns
    )
    groups: dict[Group, dict[str, Any]] = {}
    for row in connection.execute(query):
        key = (row.shift_ns, row.shift, row.plan)
        group = groups.setdefault(key, {"day": row.day, "version": 1, "sums": np.zeros(WIDTH)})
        group["sums"] += np.frombuffer(row.sums, "<f8")
        group["version"] = max(group["version"], row.version)
    # A shift may have been sealed up to a break of it.
    for (shift_ns, shift, plan), group in groups.items():
        ours = (
            (kpi_roll.c.unit == unit)
            & (kpi_roll.c.shift_ns == shift_ns)
            & (kpi_roll.c.shift == shift)
            & (kpi_roll.c.plan == plan)
        )
        before = connection.execute(select(kpi_roll).where(ours)).first()
        if before is not None:
            group["sums"] += np.frombuffer(before.sums, "<f8")
            group["version"] = max(group["version"], before.version)
            connection.execute(delete(kpi_roll).where(ours))
        connection.execute(
            insert(kpi_roll).values(
                unit=unit,
                shift_ns=shift_ns,
                shift=shift,
                plan=plan,
                day=group["day"],
                version=group["version"],
                sums=group["sums"].astype("<f8").tobytes(),
            )
        )
    connection.execute(delete(kpi_seal).where(kpi_seal.c.unit == unit))
    connection.execute(insert(kpi_seal).values(unit=unit, until_ns=until_ns))


def read_rolled(
    connection: Connection, units: Sequence[str], *, start_ns: int, end_ns: int
) -> Kept:
    """Read sums by shift and day where they are rolled up, by hour where they are not yet, from [start, end)."""
    rows: list[Row] = []
    blobs: list[bytes] = []
    for first in range(0, len(units), AT_ONCE):
        some = units[first : first + AT_ONCE]
        rolled = select(kpi_roll).where(
            kpi_roll.c.unit.in_(some), kpi_roll.c.shift_ns >= start_ns, kpi_roll.c.shift_ns < end_ns
        )
        for unit, shift_ns, shift, plan, day, version, sums in connection.execute(rolled):
            rows.append(Row(unit, shift_ns, shift_ns, 0, plan, shift, shift_ns, day, version))
            blobs.append(sums)
        recent = (
            select(kpi_sum)
            .outerjoin(kpi_seal, kpi_seal.c.unit == kpi_sum.c.unit)
            .where(
                kpi_sum.c.unit.in_(some),
                kpi_sum.c.bucket_ns >= start_ns,
                kpi_sum.c.bucket_ns < end_ns,
                kpi_sum.c.segment_ns >= func.coalesce(kpi_seal.c.until_ns, 0),
            )
        )
        for row in connection.execute(recent):
            rows.append(Row._make(row[:-1]))
            blobs.append(row[-1])
    return Kept(rows, np.frombuffer(b"".join(blobs), "<f8").reshape(-1, WIDTH))
