"""Performance in the store: what a commit writes, and what a report reads."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, bindparam, delete, insert, select

from gateway.production.kpi.books import Step
from gateway.production.kpi.memory import Settled, dump
from gateway.store.kpi_tables import kpi_cursor, kpi_interval, kpi_late, kpi_sum, kpi_unit
from rules.throughput.sums import WIDTH
from rules.throughput.window import Rows

CURSOR: Final = "kpi"
LATE_KEPT: Final = 10_000
"""Late rows of one commit that are kept for the audit; all are counted."""

AT_ONCE: Final = 200
"""Units in one query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What was committed: the cursor, and each unit's memory as bytes."""

    seq: int
    memories: Mapping[str, bytes]


class Row(NamedTuple):
    """What is said of one key of sums."""

    unit: str
    bucket_ns: int
    segment_ns: int
    order_no: int
    plan: str
    shift: str
    shift_ns: int
    day: str
    version: int


class Kept(NamedTuple):
    """Sums (n, WIDTH) and what each row of them is of."""

    rows: list[Row]
    sums: NDArray[np.float64]


def recall(connection: Connection) -> Recalled:
    """Read the cursor and what was remembered."""
    seq = connection.execute(select(kpi_cursor.c.seq).where(kpi_cursor.c.name == CURSOR)).scalar()
    rows = connection.execute(select(kpi_unit.c.unit, kpi_unit.c.memory)).all()
    return Recalled(seq=seq or 0, memories={row.unit: row.memory for row in rows})


def commit(connection: Connection, *, seq: int, steps: Mapping[str, Step]) -> None:
    """Write sums, intervals, memories, late rows and the cursor: all in the caller's transaction."""
    sums = [_sum_row(unit, step) for unit, step in steps.items()]
    _put(connection, kpi_sum, [row for rows in sums for row in rows])
    spans = [_span_row(unit, span) for unit, step in steps.items() for span in step.intervals]
    _put(connection, kpi_interval, spans)
    late = [row for unit, step in steps.items() for row in _late_rows(unit, step.late)]
    _put(connection, kpi_late, late[:LATE_KEPT])
    memories = [{"unit": unit, "memory": dump(step.memory)} for unit, step in steps.items()]
    _put(connection, kpi_unit, memories)
    _put(connection, kpi_cursor, [{"name": CURSOR, "seq": seq}])


def _put(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, each in place of the one with its key."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    last = {tuple(row[name] for name in keys): row for row in rows}
    gone = delete(table)
    for name in keys:
        gone = gone.where(table.c[name] == bindparam(f"old_{name}"))
    connection.execute(gone, [{f"old_{name}": row[name] for name in keys} for row in last.values()])
    connection.execute(insert(table), list(last.values()))


def _sum_row(unit: str, step: Step) -> list[dict[str, Any]]:
    return [
        {
            "unit": unit,
            "bucket_ns": row.key.bucket_ns,
            "segment_ns": row.key.segment_ns,
            "order_no": row.key.order,
            "plan": row.segment.kind.value,
            "shift": row.segment.shift,
            "shift_ns": row.segment.shift_ns,
            "day": row.segment.day,
            "version": row.version,
            "sums": row.sums.astype("<f8").tobytes(),
        }
        for row in step.sums
    ]


def _span_row(unit: str, span: Settled) -> dict[str, Any]:
    return {
        "unit": unit,
        "start_ns": span.start_ns,
        "end_ns": span.end_ns,
        "state": _or_none(span.state),
        "mode": _or_none(span.mode),
        "booked": span.booked,
    }


def _late_rows(unit: str, rows: Rows) -> list[dict[str, Any]]:
    return [
        {"unit": unit, "track": track, "time_ns": time_ns, "value": _or_none(value)}
        for track, time_ns, value in zip(
            rows.track.tolist(), rows.time_ns.tolist(), rows.value.tolist(), strict=True
        )
    ]


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def read_sums(connection: Connection, units: Sequence[str], *, start_ns: int, end_ns: int) -> Kept:
    """Read the sums of units whose bucket begins in [start, end)."""
    found: list[Any] = []
    for first in range(0, len(units), AT_ONCE):
        query = select(kpi_sum).where(
            kpi_sum.c.unit.in_(units[first : first + AT_ONCE]),
            kpi_sum.c.bucket_ns >= start_ns,
            kpi_sum.c.bucket_ns < end_ns,
        )
        found += connection.execute(query).all()
    sums = np.frombuffer(b"".join(row[-1] for row in found), "<f8").reshape(-1, WIDTH)
    return Kept([Row._make(row[:-1]) for row in found], sums)


def read_spans(
    connection: Connection, units: Sequence[str], *, start_ns: int, end_ns: int
) -> dict[str, list[Settled]]:
    """Read the settled intervals of units that touch [start, end), oldest first."""
    found: dict[str, list[Settled]] = {unit: [] for unit in units}
    for first in range(0, len(units), AT_ONCE):
        query = (
            select(kpi_interval)
            .where(
                kpi_interval.c.unit.in_(units[first : first + AT_ONCE]),
                kpi_interval.c.end_ns > start_ns,
                kpi_interval.c.start_ns < end_ns,
            )
            .order_by(kpi_interval.c.unit, kpi_interval.c.start_ns)
        )
        for row in connection.execute(query):
            found[row.unit].append(_settled(row))
    return found


def read_intervals(
    connection: Connection, unit: str, *, start_ns: int, end_ns: int, limit: int
) -> list[Settled]:
    """Read settled intervals that touch [start, end), oldest first."""
    query = (
        select(kpi_interval)
        .where(
            kpi_interval.c.unit == unit,
            kpi_interval.c.end_ns > start_ns,
            kpi_interval.c.start_ns < end_ns,
        )
        .order_by(kpi_interval.c.start_ns)
        .limit(limit)
    )
    return [_settled(row) for row in connection.execute(query)]


def _settled(row: Any) -> Settled:
    return Settled(
        start_ns=row.start_ns,
        end_ns=row.end_ns,
        state=math.nan if row.state is None else row.state,
        mode=math.nan if row.mode is None else row.mode,
        booked=row.booked,
    )
