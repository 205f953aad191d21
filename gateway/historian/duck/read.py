"""Questions to the embedded files: buckets, rows, newest rows, counts."""

# ruff: noqa: S608 - SQL is put together from our own table names and from numbers
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import duckdb
import numpy as np
from numpy.typing import NDArray

from gateway.errors import StorageError
from gateway.historian.duck.engine import Lane
from gateway.historian.duck.parts import COLUMNS, Part, union
from gateway.historian.duck.store import Store
from gateway.historian.shape import bucket_width_ns, no_buckets
from gateway.historian.side import unpack_column
from gateway.model import SampleBatch
from gateway.ports import Buckets

Columns = dict[str, NDArray[np.generic]]
Result = TypeVar("Result")
_USABLE = "quality < 2147483648 AND isfinite(value)"


def buckets(
    store: Store, signals: Sequence[int], *, start_ns: int, end_ns: int, max_points: int
) -> Sequence[Buckets]:
    """Return the history of each signal in at most `max_points` equal buckets that begin at `start_ns`."""
    width_ns = bucket_width_ns(start_ns=start_ns, end_ns=end_ns, max_points=max_points)

    def ask(cursor: duckdb.DuckDBPyConnection, parts: list[Part]) -> Columns:
        return cursor.execute(
            "SELECT signal, (source_ns - $start) // $width AS bucket,"
            f" arg_min(value, source_ns) FILTER ({_USABLE}) AS first,"
            f" arg_max(value, source_ns) FILTER ({_USABLE}) AS last,"
            f" min(value) FILTER ({_USABLE}) AS low, max(value) FILTER ({_USABLE}) AS high,"
            f" avg(value) FILTER ({_USABLE}) AS mean, count(*) AS count,"
            " least(max(quality >> 30), 2)::UTINYINT AS worst"
            f" FROM {union(parts)} WHERE {_chosen(signals)}"
            " AND source_ns >= $start AND source_ns < $end GROUP BY ALL ORDER BY ALL",
            {"start": start_ns, "end": end_ns, "width": width_ns},
        ).fetchnumpy()

    if not signals or end_ns <= start_ns:
        return [no_buckets(signal, width_ns) for signal in signals]
    found = _ask(store, start_ns, end_ns, ask)
    return [_one(found, signal, start_ns, width_ns) for signal in signals]


def rows(
    store: Store, signals: Sequence[int], *, start_ns: int, end_ns: int, limit: int
) -> SampleBatch:
    """Return raw rows, oldest first, at most `limit`."""

    def ask(cursor: duckdb.DuckDBPyConnection, parts: list[Part]) -> Columns:
        return cursor.execute(
            f"SELECT {COLUMNS} FROM {union(parts)} WHERE {_chosen(signals)}"
            " AND source_ns >= $start AND source_ns < $end ORDER BY source_ns, signal LIMIT $limit",
            {"start": start_ns, "end": end_ns, "limit": max(0, limit)},
        ).fetchnumpy()

    if not signals or end_ns <= start_ns:
        return SampleBatch.empty()
    return as_batch(_ask(store, start_ns, end_ns, ask))


def latest(store: Store, signals: Sequence[int]) -> SampleBatch:
    """Return the newest row by source time of each signal that has any, in the order asked."""
    wanted = np.asarray(signals, np.int32)
    times = store.newest.of(wanted)
    homes = store.newest.home_of(wanted)
    known = homes >= 0
    if not known.any():
        return SampleBatch.empty()
    first, last = int(times[known].min()), int(times[known].max())
    numbers = set(homes[known].tolist())

    def ask(cursor: duckdb.DuckDBPyConnection, parts: list[Part]) -> Columns:
        used = [part for part in parts if part.number in numbers]
        place = np.flatnonzero(known).astype(np.int64)
        pairs = {"signal": wanted[known], "source_ns": times[known], "place": place}
        cursor.register("wanted", pairs)
        return cursor.execute(
            f"SELECT {COLUMNS} FROM (SELECT * FROM {union(used)}"
            f" WHERE source_ns BETWEEN {first} AND {last}) JOIN wanted USING (signal, source_ns)"
            " ORDER BY place"
        ).fetchnumpy()

    return as_batch(_ask(store, first, last + 1, ask))


def count(store: Store, signals: Sequence[int], *, start_ns: int, end_ns: int) -> int:
    """Return how many rows the range holds."""

    def ask(cursor: duckdb.DuckDBPyConnection, parts: list[Part]) -> int:
        found = cursor.execute(
            f"SELECT count(*) FROM {union(parts)} WHERE {_chosen(signals)}"
            " AND source_ns >= $start AND source_ns < $end",
            {"start": start_ns, "end": end_ns},
        ).fetchone()
        return int(found[0]) if found else 0

    return _ask(store, start_ns, end_ns, ask) if signals and end_ns > start_ns else 0


def as_batch(found: Mapping[str, NDArray[np.generic]]) -> SampleBatch:
    """Return columns as they come from the database as a batch."""
    return SampleBatch(
        np.asarray(found["signal"], np.int32),
        np.asarray(found["source_ns"], np.int64),
        np.asarray(found["received_ns"], np.int64),
        np.asarray(found["value"], np.float64),
        np.asarray(found["quality"], np.uint32),
        unpack_column(found["side"]),  # type: ignore[arg-type] # strings come as objects
    )


def _ask(
    store: Store,
    start_ns: int,
    end_ns: int,
    ask: Callable[[duckdb.DuckDBPyConnection, list[Part]], Result],
) -> Result:
    """Ask the files that may hold the range; once more where retention dropped one of them meanwhile."""
    parts = [part for part in store.snapshot() if part.overlaps(start_ns, end_ns)]
    try:
        with store.engine.cursor(Lane.READ) as cursor:
            return ask(cursor, parts)
    except StorageError:
        now = store.snapshot()
        if all(part in now for part in parts):
            raise
    with store.engine.cursor(Lane.READ) as cursor:
        return ask(cursor, [part for part in parts if part in now])


def _chosen(signals: Sequence[int]) -> str:
    numbers = ", ".join(str(int(signal)) for signal in dict.fromkeys(signals))
    return f"signal IN ({numbers})"


def _one(found: Columns, signal: int, start_ns: int, width_ns: int) -> Buckets:
    mine = np.flatnonzero(np.asarray(found["signal"]) == signal)

    def column(name: str) -> NDArray[np.float64]:
        values = found[name]
        if isinstance(values, np.ma.MaskedArray):
            values = values.filled(np.nan)
        numbers: NDArray[np.float64] = np.asarray(values, np.float64)
        return numbers.take(mine)

    return Buckets(
        signal=signal,
        width_ns=width_ns,
        start_ns=start_ns + np.asarray(found["bucket"], np.int64)[mine] * width_ns,
        first=column("first"),
        last=column("last"),
        low=column("low"),
        high=column("high"),
        mean=column("mean"),
        count=np.asarray(found["count"], np.int64)[mine],
        worst=np.asarray(found["worst"], np.uint8)[mine],
    )
