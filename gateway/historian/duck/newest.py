"""The newest source time of each signal and the file that holds it, in memory."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gateway.historian.duck.parts import EMPTY_LAST_NS

Number = TypeVar("Number", np.int64, np.int32)


class Newest:
    """Grows with the catalogue; a signal that was never stored has the smallest time there is."""

    def __init__(self) -> None:
        self.source_ns: NDArray[np.int64] = np.full(1024, EMPTY_LAST_NS, np.int64)
        self.home: NDArray[np.int32] = np.full(1024, -1, np.int32)

    def of(self, signal: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the newest committed source time of each row's signal."""
        return _look_up(self.source_ns, signal, np.int64(EMPTY_LAST_NS))

    def home_of(self, signal: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the number of the file that holds each signal's newest row, -1 where none does."""
        return _look_up(self.home, signal, np.int32(-1))

    def note(self, signal: NDArray[np.int32], source_ns: NDArray[np.int64], *, part: int) -> None:
        """Take in rows that a file now holds; among equal times the first file stays the home."""
        if not len(signal):
            return
        self._reach(int(signal.max()))
        order = np.lexsort((source_ns, signal))
        last = np.flatnonzero(np.append(np.diff(signal[order]) != 0, True))
        signals, newest = signal[order][last], source_ns[order][last]
        later = (newest > self.source_ns[signals]) | (self.home[signals] < 0)
        self.source_ns[signals[later]] = newest[later]
        self.home[signals[later]] = part

    def forget(self, part: int) -> None:
        """A file is gone: its signals have no newest row until they deliver again."""
        self.home[self.home == part] = -1

    def _reach(self, signal: int) -> None:
        missing = signal + 1 - len(self.source_ns)
        if missing <= 0:
            return
        grow = max(missing, len(self.source_ns))
        # A new array instead of growing in place: readers may hold the old one.
        self.source_ns = np.concatenate([self.source_ns, np.full(grow, EMPTY_LAST_NS, np.int64)])
        self.home = np.concatenate([self.home, np.full(grow, -1, np.int32)])


def _look_up(table: NDArray[Number], signal: NDArray[np.int32], unknown: Number) -> NDArray[Number]:
    inside = (signal >= 0) & (signal < len(table))
    return np.where(inside, table[np.where(inside, signal, 0)], unknown)
