"""The newest row of every signal, kept in memory from the journal's tail."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.clock import Clock
from gateway.errors import StorageError
from gateway.model import SampleBatch, SideValue
from gateway.ports import Latest, Tail

_ROWS_AT_ONCE = 50_000
_RETRY_S = 1.0


class LatestTable:
    """Implements `LatestValues`. Newest means last in the journal: a source whose clock steps back is not stuck.

    Follows the journal after `after`; `prime` fills what was seen before that.
    """

    def __init__(self, journal: Tail, *, clock: Clock, after: int = 0) -> None:
        self._journal = journal
        self._clock = clock
        self._after = after
        self._source_ns: NDArray[np.int64] = np.zeros(256, np.int64)
        self._received_ns: NDArray[np.int64] = np.zeros(256, np.int64)
        self._value: NDArray[np.float64] = np.full(256, np.nan)
        self._quality: NDArray[np.uint32] = np.zeros(256, np.uint32)
        self._side: dict[int, SideValue] = {}

    def prime(self, batch: SampleBatch) -> None:
        """Take rows from before the tail, for signals that have none yet."""
        if len(batch) == 0:
            return
        self._grow(int(batch.signal.max()))
        self._take(batch.take(self._source_ns[batch.signal] == 0))

    async def run(self) -> None:
        """Follow the journal until cancelled."""
        while True:
            await self._journal.wait(self._after)
            try:
                chunk = await self._journal.read(self._after, max_rows=_ROWS_AT_ONCE)
            except StorageError:
                # The journal reports its own disk; the newest rows come from memory once it is read again.
                await self._clock.sleep(_RETRY_S)
                continue
            if chunk is not None:
                self._take(chunk.batch)
                self._after = chunk.last_seq

    def latest(self) -> Latest:
        """Return the newest row of every signal that has one, in index order; a copy."""
        seen = np.flatnonzero(self._source_ns)
        side = {}
        if self._side:
            side = {
                row: self._side[index]
                for row, index in enumerate(seen.tolist())
                if index in self._side
            }
        rows = SampleBatch(
            seen.astype(np.int32),
            self._source_ns[seen],
            self._received_ns[seen],
            self._value[seen],
            self._quality[seen],
            side,
            self._after,
        )
        return Latest(rows=rows)

    def _take(self, batch: SampleBatch) -> None:
        if len(batch) == 0:
            return
        self._grow(int(batch.signal.max()))
        # Where a signal comes twice, numpy keeps the last assignment.
        self._source_ns[batch.signal] = batch.source_ns
        self._received_ns[batch.signal] = batch.received_ns
        self._value[batch.signal] = batch.value
        self._quality[batch.signal] = batch.quality
        if self._side or batch.side:
            self._take_side(batch)

    def _take_side(self, batch: SampleBatch) -> None:
        newest = np.zeros(len(self._source_ns), np.intp)
        newest[batch.signal] = np.arange(len(batch))
        for signal in np.unique(batch.signal).tolist():
            row = int(newest[signal])
            if row in batch.side:
                self._side[signal] = batch.side[row]
            else:
                self._side.pop(signal, None)

    def _grow(self, top: int) -> None:
        more = max(top + 1, 2 * len(self._source_ns)) - len(self._source_ns)
        if top < len(self._source_ns):
            return
        self._source_ns = np.concatenate([self._source_ns, np.zeros(more, np.int64)])
        self._received_ns = np.concatenate([self._received_ns, np.zeros(more, np.int64)])
        self._value = np.concatenate([self._value, np.full(more, np.nan)])
        self._quality = np.concatenate([self._quality, np.zeros(more, np.uint32)])
