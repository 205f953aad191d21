"""When each signal of a connector was last heard of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gateway.clock import NS_PER_S, Clock
from gateway.errors import NotFoundError
from gateway.model import SampleBatch
from gateway.ports import Catalogue


class Ages:
    """Counts stale signals: those without a row for longer than their own `stale_after_s`; 0 is never."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._start_s = clock.monotonic_s()
        self._seen_s: NDArray[np.float64] = np.full(256, self._start_s)
        self._signals: tuple[int, ...] = ()
        self._index: NDArray[np.intp] = np.empty(0, np.intp)
        self._limit_s: NDArray[np.float64] = np.empty(0)

    def note(self, batch: SampleBatch) -> None:
        """Take the rows of one read."""
        if len(batch) == 0:
            return
        self._grow(int(batch.signal.max()))
        self._seen_s[batch.signal] = self._clock.monotonic_s()

    def stale(self, signals: Sequence[int]) -> int:
        """Return how many of these signals are stale now."""
        wanted = tuple(signals)
        if wanted != self._signals:
            self._signals = wanted
            self._index = np.array(wanted, np.intp)
            self._limit_s = np.array([self._stale_after_s(index) for index in wanted])
            self._grow(max(wanted, default=0))
        if not wanted:
            return 0
        return int((self._clock.monotonic_s() - self._seen_s[self._index] > self._limit_s).sum())

    def _stale_after_s(self, index: int) -> float:
        try:
            return self._catalogue.signal(index).stale_after_s or float("inf")
        except NotFoundError:
            return float("inf")

    def _grow(self, top: int) -> None:
        more = top + 1 - len(self._seen_s)
        if more > 0:
            self._seen_s = np.concatenate([self._seen_s, np.full(more + 256, self._start_s)])


def newest_lag_s(batch: SampleBatch) -> float:
    """Return received minus source time of the last row, in seconds."""
    return float(batch.received_ns[-1] - batch.source_ns[-1]) / NS_PER_S


def newest_of(last_ns: NDArray[np.int64], batch: SampleBatch) -> NDArray[np.int64]:
    """Note the source time of each signal's last row of a batch, in place while there is room."""
    top = int(batch.signal.max())
    if top >= len(last_ns):
        last_ns = np.concatenate([last_ns, np.zeros(top + 256 - len(last_ns), np.int64)])
    # The last to arrive, not the largest: a clock that was ahead and is put right must not hide a hole.
    last_ns[batch.signal] = batch.source_ns
    return last_ns
