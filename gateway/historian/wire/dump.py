"""Export of an InfluxDB range: rows fetched slice by slice, written through DuckDB in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import duckdb
import numpy as np

from gateway.errors import StorageError
from gateway.historian.export import Export
from gateway.historian.side import pack
from gateway.historian.wire.influxql import Reader
from gateway.model import SampleBatch
from gateway.ports import Catalogue, Progress

_SLICE: Final = "SELECT * REPLACE (CAST(side AS VARCHAR) AS side) FROM slice"
"""A column of nothing but None has no type of its own."""
FETCH_ROWS: Final = 50_000
"""Rows in one slice; a range that holds more is halved."""


def export(
    reader: Reader,
    signals: Sequence[int],
    *,
    start_ns: int,
    end_ns: int,
    target: Path,
    progress: Progress,
    catalogue: Catalogue,
) -> int:
    """Write the range to a file, whole or not at all; return its rows."""
    total = reader.count(signals, start_ns=start_ns, end_ns=end_ns)
    progress(0, total)
    done = 0
    try:
        with (
            duckdb.connect(config={"memory_limit": "256MiB", "threads": 1}) as database,
            Export(database, target, catalogue=catalogue, signals=signals) as out,
        ):
            for batch in _slices(reader, signals, start_ns, end_ns, total):
                database.register("slice", _table(batch))
                done += out.add(_SLICE)
                database.unregister("slice")
                progress(min(done, max(0, total - 1)), total)
            out.finish()
    except duckdb.Error as error:
        raise StorageError(f"export to {target}: {error}") from error
    progress(done, done)
    return done


def _slices(
    reader: Reader, signals: Sequence[int], start_ns: int, end_ns: int, total: int
) -> Iterator[SampleBatch]:
    """Yield the rows in time order, at least one batch, none of them larger than one fetch (or one instant)."""
    span = reader.span(signals, start_ns=start_ns, end_ns=end_ns)
    if span is None:
        yield SampleBatch.empty()
        return
    first_ns, last_ns = span
    width_ns = max(1, -(-(last_ns + 1 - first_ns) // max(1, -(-total // FETCH_ROWS))))
    waiting = [
        (at, min(at + width_ns, last_ns + 1)) for at in range(first_ns, last_ns + 1, width_ns)
    ]
    waiting.reverse()
    while waiting:
        from_ns, to_ns = waiting.pop()
        most = 2 * FETCH_ROWS if to_ns - from_ns > 1 else len(signals)
        batch = reader.rows(signals, start_ns=from_ns, end_ns=to_ns, limit=most + 1)
        if len(batch) > most:
            middle_ns = (from_ns + to_ns) // 2
            waiting += [(middle_ns, to_ns), (from_ns, middle_ns)]
        else:
            yield batch


def _table(batch: SampleBatch) -> dict[str, object]:
    side = np.full(len(batch), None, object)
    for row, value in batch.side.items():
        side[row] = pack(value)
    return {
        "signal": batch.signal,
        "source_ns": batch.source_ns,
        "received_ns": batch.received_ns,
        "value": batch.value,
        "quality": batch.quality,
        "side": side,
    }
