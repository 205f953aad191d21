"""The newest value of every signal, and at which revision it changed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.clock import NS_PER_MS
from gateway.model import SampleBatch, SideValue
from gateway.quality import NOT_CONNECTED, severity

_NEVER: Final = np.iinfo(np.int64).min


class NewestValues:
    """Columns over the catalogue's index; memory grows with the signals, never with time or clients.

    A client that has seen revision r needs exactly the columns with `changed > r`: one number a client
    stands for its set of changed columns. `value` float64, `source_ms` float64 (NaN = nothing seen yet),
    `quality` uint8 severity, `absent` whether the source is not connected, `changed` and `text_changed` int64 revisions.
    """

    def __init__(self) -> None:
        self.revision = 0
        self.text_revision = 0
        self.value = np.empty(0, np.float64)
        self.source_ms = np.empty(0, np.float64)
        self.quality = np.empty(0, np.uint8)
        self.absent = np.empty(0, np.bool_)
        self.changed = np.empty(0, np.int64)
        self.text_changed = np.empty(0, np.int64)
        self.texts: dict[int, SideValue] = {}
        self._key = np.empty(0, np.int64)
        self._winner = np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self.value)

    def grow(self, size: int) -> None:
        """Make room for signals up to `size`; those added have no value yet."""
        more = size - len(self.value)
        if more <= 0:
            return
        self.value = np.concatenate([self.value, np.full(more, np.nan)])
        self.source_ms = np.concatenate([self.source_ms, np.full(more, np.nan)])
        self.quality = np.concatenate([self.quality, np.zeros(more, np.uint8)])
        self.absent = np.concatenate([self.absent, np.zeros(more, np.bool_)])
        self.changed = np.concatenate([self.changed, np.zeros(more, np.int64)])
        self.text_changed = np.concatenate([self.text_changed, np.zeros(more, np.int64)])
        self._key = np.concatenate([self._key, np.full(more, _NEVER)])
        self._winner = np.concatenate([self._winner, np.zeros(more, np.int64)])

    def mark_absent(self, signals: NDArray[np.int32]) -> bool:
        """Note which signals have no live source now; return whether that changed anything."""
        now = np.zeros(len(self.absent), np.bool_)
        now[signals[signals < len(now)]] = True
        moved = np.flatnonzero(now != self.absent)
        if not len(moved):
            return False
        self.revision += 1
        self.absent = now
        self.changed[moved] = self.revision
        return True

    def shown_quality(self, signals: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Return what screens show: the severity, or that the source is not connected."""
        return np.where(self.absent[signals], np.uint8(NOT_CONNECTED), self.quality[signals])

    def apply(self, batch: SampleBatch) -> None:
        """Take over rows in order of arrival; a row that is older than what is shown changes nothing."""
        self._take(batch, repeats=True)

    def merge(self, rows: SampleBatch) -> None:
        """Take over rows that are newer than what is shown; the same rows again change nothing."""
        self._take(rows.take(rows.source_ns != 0), repeats=False)

    def _take(self, batch: SampleBatch, *, repeats: bool) -> None:
        if not len(batch):
            return
        self.grow(int(batch.signal.max()) + 1)
        # A stamp from the future must not hold back what arrives after it.
        key = np.minimum(batch.source_ns, batch.received_ns)
        rows = np.arange(len(key))
        if (key[1:] < key[:-1]).any():
            rows = np.argsort(key, kind="stable")
        shown = self._key[batch.signal[rows]]
        rows = rows[key[rows] >= shown] if repeats else rows[key[rows] > shown]
        if not len(rows):
            return
        self.revision += 1
        # Where an index repeats, numpy keeps the last: the newest row of each signal.
        signal = batch.signal[rows]
        self._key[signal] = key[rows]
        self.value[signal] = batch.value[rows]
        self.source_ms[signal] = batch.source_ns[rows] / NS_PER_MS
        self.quality[signal] = severity(batch.quality[rows])
        self.changed[signal] = self.revision
        if batch.side or self.texts:
            self._take_texts(batch, rows, signal)

    def _take_texts(
        self, batch: SampleBatch, rows: NDArray[np.intp], signal: NDArray[np.int32]
    ) -> None:
        self._winner[batch.signal] = -1
        self._winner[signal] = rows
        for row, held in batch.side.items():
            index = int(batch.signal[row])
            if self._winner[index] == row and self.texts.get(index) != held:
                self.texts[index] = held
                self._mark_text(index)
        if not self.texts:
            return
        for index in np.unique(signal).tolist():
            if index in self.texts and int(self._winner[index]) not in batch.side:
                del self.texts[index]
                self._mark_text(index)

    def _mark_text(self, index: int) -> None:
        self.text_changed[index] = self.revision
        self.text_revision = self.revision
