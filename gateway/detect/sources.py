"""How far each signal's source time had come, so that evidence is asked for in the machine's own time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.clock import NS_PER_S
from gateway.issues import Wanted
from gateway.model import SampleBatch, Signal
from rules.events import Event

BEFORE_NS = 120 * NS_PER_S
AFTER_NS = 30 * NS_PER_S


class Sources:
    """The newest source time of each signal, and by how much its rows arrive later."""

    def __init__(self) -> None:
        self._newest: NDArray[np.int64] = np.zeros(0, np.int64)
        self._lag: NDArray[np.int64] = np.zeros(0, np.int64)

    def take(self, batch: SampleBatch) -> None:
        """Note the newest row of each signal in a batch."""
        if not len(batch):
            return
        missing = int(batch.signal.max()) + 1 - len(self._newest)
        if missing > 0:
            self._newest = np.concatenate([self._newest, np.zeros(missing, np.int64)])
            self._lag = np.concatenate([self._lag, np.zeros(missing, np.int64)])
        self._newest[batch.signal] = batch.source_ns
        self._lag[batch.signal] = batch.received_ns - batch.source_ns

    def wanted(self, event: Event, index: int, signal: Signal, batch: SampleBatch) -> Wanted:
        """Return the evidence to keep of a signal for an event found in a batch not yet taken."""
        rows = np.flatnonzero((batch.signal == index) & (batch.received_ns <= event.time_ns))
        if len(rows):
            need_ns = int(batch.source_ns[rows[-1]])
            lag_ns = int(batch.received_ns[rows[-1]]) - need_ns
        elif index < len(self._newest):
            need_ns, lag_ns = int(self._newest[index]), int(self._lag[index])
        else:
            need_ns, lag_ns = 0, 0
        start_ns = event.onset_ns - lag_ns - BEFORE_NS
        middle_ns = max(event.time_ns - lag_ns, need_ns)
        return Wanted(
            signal=index,
            path=signal.path,
            unit=signal.unit,
            start_ns=start_ns,
            middle_ns=middle_ns,
            need_ns=need_ns if need_ns >= start_ns else 0,
            end_ns=middle_ns + AFTER_NS,
        )
