"""Export of the embedded files, sliced by time so that sorting stays within memory."""

# ruff: noqa: S608 - SQL is put together from our own table names and from numbers
from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from gateway.historian.duck.engine import Lane
from gateway.historian.duck.parts import COLUMNS, union
from gateway.historian.duck.store import Store
from gateway.historian.export import SLICE_ROWS, Export
from gateway.ports import Catalogue, Progress


def export(
    store: Store,
    signals: Sequence[int],
    *,
    start_ns: int,
    end_ns: int,
    target: Path,
    progress: Progress,
    catalogue: Catalogue,
) -> int:
    """Write the range to a file in one snapshot of the data; return its rows."""
    parts = [part for part in store.snapshot() if part.overlaps(start_ns, end_ns)]
    numbers = ", ".join(str(int(signal)) for signal in signals) or "NULL"
    rows = (
        f"SELECT {COLUMNS} FROM {union(parts)} WHERE signal IN ({numbers})"
        f" AND source_ns >= {int(start_ns)} AND source_ns < {int(end_ns)}"
    )
    with (
        store.engine.cursor(Lane.READ) as cursor,
        Export(cursor, target, catalogue=catalogue, signals=signals) as out,
    ):
        cursor.execute("BEGIN")
        total, edges = _edges(cursor, rows)
        progress(0, total)
        done = 0
        for first_ns, last_ns in edges:
            done += out.add(f"{rows} AND source_ns BETWEEN {first_ns} AND {last_ns}")
            progress(min(done, total - 1) if total else 0, total)
        cursor.execute("COMMIT")
        out.finish()
    progress(total, total)
    return total


def _edges(cursor: duckdb.DuckDBPyConnection, rows: str) -> tuple[int, Iterator[tuple[int, int]]]:
    """Return the rows in all, and inclusive time ranges of about a slice each (one at least)."""
    found = cursor.execute(
        f"SELECT count(*), coalesce(min(source_ns), 0), coalesce(max(source_ns), 0) FROM ({rows})"
    ).fetchone()
    total, first_ns, last_ns = map(int, found or (0, 0, 0))
    slices = max(1, -(-total // SLICE_ROWS))
    width_ns = max(1, -(-(last_ns + 1 - first_ns) // slices))
    starts = range(first_ns, last_ns + 1, width_ns)
    return total, ((start, min(start + width_ns - 1, last_ns)) for start in starts)
