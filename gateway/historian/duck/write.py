"""One chunk into the newest file: rows that are new, and the cursor, in one transaction."""

# ruff: noqa: S608 - SQL is put together from our own table names and from numbers
from __future__ import annotations

import duckdb
import numpy as np
from numpy.typing import NDArray

from gateway.clock import Clock
from gateway.failpoint import failpoint
from gateway.historian.duck.engine import Lane, UncertainError, roll_back
from gateway.historian.duck.parts import Part, union
from gateway.historian.duck.store import Store
from gateway.historian.letters import part_storable
from gateway.historian.side import pack
from gateway.model import DeadLetter, SampleBatch
from gateway.ports import Catalogue, Chunk


def write(
    store: Store, chunk: Chunk, *, catalogue: Catalogue, clock: Clock
) -> tuple[DeadLetter, ...]:
    """Store a chunk exactly once; return the rows whose text is no text. Raises `StorageError`.

    Rows are told apart by signal and source time and never by the sequence number: a journal that was begun anew
    counts from 1 again, and its rows are new all the same. Only such a chunk moves the cursor back; a redelivered
    one adds nothing and leaves it.
    """
    batch, letters = part_storable(chunk.batch, catalogue=catalogue, clock=clock)
    with store.engine.cursor(Lane.WRITE) as cursor:
        fresh = batch.take(_first_of_each(batch))
        fresh = fresh.take(~_already_stored(cursor, store, fresh))
        store.counts.duplicates += len(batch) - len(fresh)
        if not len(fresh) and chunk.last_seq <= store.seq:
            return letters
        received_ns = int(batch.received_ns.max()) if len(batch) else clock.now_ns()
        part = store.current(cursor, received_ns)
        _commit(cursor, part, fresh, chunk.last_seq)
    store.counts.skipped_batches += max(0, chunk.first_seq - part.seq - 1)
    store.counts.written_rows += len(fresh)
    part.seq = chunk.last_seq
    _extend(part, fresh)
    store.newest.note(fresh.signal, fresh.source_ns, part=part.number)
    return letters


def _commit(
    cursor: duckdb.DuckDBPyConnection, part: Part, fresh: SampleBatch, last_seq: int
) -> None:
    # 1. open the transaction; 2. the rows; 3. the cursor; 4. both on disk, or neither
    cursor.execute("BEGIN")
    try:
        _insert(cursor, part, fresh)
        cursor.execute(f"UPDATE {part.alias}.cursor SET seq = ?", [last_seq])
    except duckdb.Error:
        roll_back(cursor)
        raise
    failpoint("historian.before_commit")
    try:
        cursor.execute("COMMIT")
    except duckdb.Error as error:
        raise UncertainError(f"historian: {error}") from error
    failpoint("historian.after_commit")


def _insert(cursor: duckdb.DuckDBPyConnection, part: Part, fresh: SampleBatch) -> None:
    if not len(fresh):
        return
    columns: dict[str, object] = {
        "signal": np.ascontiguousarray(fresh.signal),
        "source_ns": np.ascontiguousarray(fresh.source_ns),
        "received_ns": np.ascontiguousarray(fresh.received_ns),
        "value": np.ascontiguousarray(fresh.value),
        "quality": np.ascontiguousarray(fresh.quality),
    }
    side = "NULL"
    if fresh.side:
        packed = np.full(len(fresh), None, object)
        for row, value in fresh.side.items():
            packed[row] = pack(value)
        columns["side"] = packed
        side = "side"
    cursor.register("incoming", columns)
    cursor.execute(
        f"INSERT INTO {part.alias}.hot"
        # DuckDB reads NaN in a numpy column as NULL.
        " SELECT signal, source_ns, received_ns, coalesce(value, 'nan'::DOUBLE), quality,"
        f" {side} FROM incoming"
    )
    cursor.unregister("incoming")


def _extend(part: Part, fresh: SampleBatch) -> None:
    if not len(fresh):
        return
    part.rows += len(fresh)
    part.hot_rows += len(fresh)
    part.first_ns = min(part.first_ns, int(fresh.source_ns.min()))
    part.last_ns = max(part.last_ns, int(fresh.source_ns.max()))
    part.received_ns = max(part.received_ns, int(fresh.received_ns.max()))


def _first_of_each(batch: SampleBatch) -> NDArray[np.bool_]:
    """Return which rows are the first of their signal and source time within the batch."""
    keep = np.ones(len(batch), np.bool_)
    order = np.lexsort((batch.source_ns, batch.signal))
    signal, source_ns = batch.signal[order], batch.source_ns[order]
    again = (signal[1:] == signal[:-1]) & (source_ns[1:] == source_ns[:-1])
    keep[order[1:][again]] = False
    return keep


def _already_stored(
    cursor: duckdb.DuckDBPyConnection, store: Store, batch: SampleBatch
) -> NDArray[np.bool_]:
    """Return which rows a file holds already; only rows that are not newer than all before are looked up."""
    stored = np.zeros(len(batch), np.bool_)
    late = np.flatnonzero(batch.source_ns <= store.newest.of(batch.signal))
    if not len(late):
        return stored
    source_ns = np.ascontiguousarray(batch.source_ns[late])
    first, last = int(source_ns.min()), int(source_ns.max())
    parts = [p for p in store.parts if p.first_ns <= last and p.last_ns >= first]
    if not parts:
        return stored
    cursor.register(
        "late",
        {
            "signal": np.ascontiguousarray(batch.signal[late]),
            "source_ns": source_ns,
            "position": late.astype(np.int64),
        },
    )
    found = cursor.execute(
        f"SELECT position FROM late SEMI JOIN (SELECT signal, source_ns FROM {union(parts)}"
        f" WHERE source_ns BETWEEN {first} AND {last}) USING (signal, source_ns)"
    ).fetchnumpy()
    cursor.unregister("late")
    stored[np.asarray(found["position"], np.int64)] = True
    return stored
