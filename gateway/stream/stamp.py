"""One pass over each batch before the journal: believable times, unique keys, no infinity called good."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gateway.clock import NS_PER_S
from gateway.model import SampleBatch, SideValue
from gateway.quality import BAD_OUT_OF_RANGE, UNCERTAIN, is_good
from gateway.stream.options import StampOptions

_Key: TypeAlias = "tuple[bytes, int, SideValue | None]"
_UNSEEN: Final = np.iinfo(np.int64).min


@dataclass(slots=True)
class StampFigures:
    """What was counted since the start; `skew_s` is the median of received minus source time of the last batch."""

    out_of_range: int = 0
    replaced_times: int = 0
    duplicates: int = 0
    nudged: int = 0
    skew_s: float | None = None


@dataclass(slots=True)
class _Run:
    """Different samples of one signal at one source time: the Nth stands N nanoseconds after it.

    `next` is where a session that delivers them again has got to; `first` counts samples before `keys` that were
    forgotten.
    """

    keys: list[_Key]
    next: int
    first: int = 0


class Stamper:
    """Keeps, per signal, what it needs so that no two samples have the same key and a repeat has none.

    A key is (signal, source time). A sample equal to the one just before it at the same key is a duplicate and
    left out; a different one is moved on by 1 ns. After `new_session` samples may come again: those at a
    remembered source time are recognised in their order and left out. `prime` takes back from the journal what
    a restart forgot.
    """

    def __init__(self, *, options: StampOptions) -> None:
        self.figures = StampFigures()
        self._options = options
        self._base_ns: NDArray[np.int64] = np.full(256, _UNSEEN)
        self._last_ns: NDArray[np.int64] = np.full(256, _UNSEEN)
        self._last_value = np.zeros(256)
        self._last_quality = np.zeros(256, np.uint32)
        self._last_session = np.zeros(256, np.int32)
        self._has_side = np.zeros(256, np.bool_)
        self._last_side: dict[int, SideValue] = {}
        self._runs: OrderedDict[tuple[int, int], _Run] = OrderedDict()
        self._session = 0

    def new_session(self) -> None:
        """Expect that the peer may deliver again what it delivered before."""
        self._session += 1
        for run in self._runs.values():
            run.next = 0

    def forget(self) -> None:
        """Recognise no repeat of anything before: rows may come again that never reached the disk."""
        self._runs.clear()
        self._base_ns[:] = self._last_ns[:] = _UNSEEN

    def prime(self, batch: SampleBatch) -> None:
        """Take the newest stamped rows from the journal, before the first session."""
        counted, self.figures = self.figures, StampFigures()
        base = dict[int, int]()
        for row, (signal, time_ns) in enumerate(
            zip(batch.signal.tolist(), batch.source_ns.tolist(), strict=True)
        ):
            self._grow(signal)
            run_base = base.get(signal)
            follows = run_base is not None and time_ns == self._last_ns[signal] + 1
            base[signal] = run_base if follows and run_base is not None else time_ns
            self._place(signal, base[signal], row, batch)
        self.figures = counted
        self.new_session()

    def stamp(self, batch: SampleBatch) -> SampleBatch:
        """Return the batch as it goes into the journal; raises `ValueError` for a negative signal index."""
        if len(batch) == 0:
            return batch
        if int(batch.signal.min()) < 0:
            msg = f"signal index {int(batch.signal.min())} is not in the catalogue"
            raise ValueError(msg)
        self._grow(int(batch.signal.max()))
        batch = self._believable(self._in_range(batch))
        ages = batch.received_ns - batch.source_ns
        self.figures.skew_s = float(np.median(ages)) / NS_PER_S
        if self._moves_on(batch):
            self._note(batch)
            return batch
        return self._one_by_one(batch)

    def _in_range(self, batch: SampleBatch) -> SampleBatch:
        wrong = ~np.isfinite(batch.value)
        if not wrong.any():
            return batch
        wrong &= is_good(batch.quality)
        if batch.side:
            wrong[list(batch.side)] = False
        count = int(wrong.sum())
        if count == 0:
            return batch
        self.figures.out_of_range += count
        return replace(batch, quality=np.where(wrong, np.uint32(BAD_OUT_OF_RANGE), batch.quality))

    def _believable(self, batch: SampleBatch) -> SampleBatch:
        oldest = np.int64(self._options.oldest_source_s * NS_PER_S)
        ahead = np.int64(self._options.max_ahead_s * NS_PER_S)
        absurd = (batch.source_ns < oldest) | (batch.source_ns > batch.received_ns + ahead)
        count = int(absurd.sum())
        if count == 0:
            return batch
        self.figures.replaced_times += count
        return replace(
            batch,
            source_ns=np.where(absurd, batch.received_ns, batch.source_ns),
            quality=np.where(absurd & is_good(batch.quality), np.uint32(UNCERTAIN), batch.quality),
        )

    def _moves_on(self, batch: SampleBatch) -> bool:
        """Return whether every row is newer than all before it of its signal: the common case."""
        if not (batch.source_ns > self._last_ns[batch.signal]).all():
            return False
        order = np.argsort(batch.signal, kind="stable")
        signal, source = batch.signal[order], batch.source_ns[order]
        return not ((signal[1:] == signal[:-1]) & (source[1:] <= source[:-1])).any()

    def _note(self, batch: SampleBatch) -> None:
        # Where a signal comes twice, numpy keeps the last assignment, which is the newest row.
        self._base_ns[batch.signal] = batch.source_ns
        self._last_ns[batch.signal] = batch.source_ns
        self._last_value[batch.signal] = batch.value
        self._last_quality[batch.signal] = batch.quality
        self._last_session[batch.signal] = self._session
        if not batch.side and not self._last_side:
            return
        beside = np.zeros(len(batch), np.bool_)
        for row in sorted(batch.side):
            beside[row] = True
            self._last_side[int(batch.signal[row])] = batch.side[row]
        self._has_side[batch.signal] = beside

    def _one_by_one(self, batch: SampleBatch) -> SampleBatch:
        placed = [
            self._place(signal, time_ns, row, batch)
            for row, (signal, time_ns) in enumerate(
                zip(batch.signal.tolist(), batch.source_ns.tolist(), strict=True)
            )
        ]
        keep = np.array([time_ns is not None for time_ns in placed])
        times = np.array([0 if time_ns is None else time_ns for time_ns in placed], np.int64)
        self.figures.nudged += int((keep & (times != batch.source_ns)).sum())
        self.figures.duplicates += len(batch) - int(keep.sum())
        batch = replace(batch, source_ns=times)
        return batch if keep.all() else batch.take(keep)

    def _place(self, signal: int, time_ns: int, row: int, batch: SampleBatch) -> int | None:
        """Return the source time this row is kept under, or None where it is a duplicate."""
        base_ns, last_ns = int(self._base_ns[signal]), int(self._last_ns[signal])
        key = (batch.value[row].tobytes(), int(batch.quality[row]), batch.side.get(row))
        if time_ns > last_ns:
            self._set_last(signal, time_ns, time_ns, row, batch)
            return time_ns
        time_ns = min(time_ns, base_ns)
        run = self._runs.get((signal, time_ns))
        if run is None:
            if time_ns != base_ns:
                # Late: older than anything remembered of this signal. Another value at this time stands beside it.
                self._keep(signal, time_ns, _Run([key], 1))
                return time_ns
            run = self._remember(signal, time_ns)
        if self._known(run, key):
            return None
        run.keys.append(key)
        run.next = len(run.keys)
        placed = time_ns + run.first + len(run.keys) - 1
        if time_ns == base_ns:
            self._set_last(signal, time_ns, placed, row, batch)
        return placed

    def _known(self, run: _Run, key: _Key) -> bool:
        if run.next and run.keys[run.next - 1] == key:
            return True
        for at in range(run.next, len(run.keys)):
            if run.keys[at] == key:
                run.next = at + 1
                return True
        return False

    def _remember(self, signal: int, time_ns: int) -> _Run:
        """Turn the signal's newest sample into a run; the oldest runs make room."""
        held = (
            self._last_value[signal].tobytes(),
            int(self._last_quality[signal]),
            self._last_side.get(signal) if self._has_side[signal] else None,
        )
        seen = int(self._last_session[signal]) == self._session
        first = int(self._last_ns[signal]) - time_ns
        return self._keep(signal, time_ns, _Run([held], 1 if seen else 0, first))

    def _keep(self, signal: int, time_ns: int, run: _Run) -> _Run:
        """Remember a run; the oldest make room."""
        self._runs[(signal, time_ns)] = run
        if len(self._runs) > self._options.runs_max:
            self._runs.popitem(last=False)
        return run

    def _set_last(
        self, signal: int, base_ns: int, last_ns: int, row: int, batch: SampleBatch
    ) -> None:
        self._base_ns[signal], self._last_ns[signal] = base_ns, last_ns
        self._last_value[signal] = batch.value[row]
        self._last_quality[signal] = batch.quality[row]
        self._last_session[signal] = self._session
        side = batch.side.get(row)
        self._has_side[signal] = side is not None
        if side is not None:
            self._last_side[signal] = side

    def _grow(self, signal: int) -> None:
        size = len(self._last_ns)
        if signal < size:
            return
        more = max(signal + 1, 2 * size) - size
        self._base_ns = np.concatenate([self._base_ns, np.full(more, _UNSEEN)])
        self._last_ns = np.concatenate([self._last_ns, np.full(more, _UNSEEN)])
        self._last_value = np.concatenate([self._last_value, np.zeros(more)])
        self._last_quality = np.concatenate([self._last_quality, np.zeros(more, np.uint32)])
        self._last_session = np.concatenate([self._last_session, np.zeros(more, np.int32)])
        self._has_side = np.concatenate([self._has_side, np.zeros(more, np.bool_)])
