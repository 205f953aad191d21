"""Where the data of one connector has holes: opened when it goes away, ended by each signal's first usable row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gateway.clock import NS_PER_S
from gateway.model import Gap, GapState, SampleBatch
from gateway.ports import Session
from gateway.quality import SEVERITY_BAD, severity
from gateway.stream.ledger import GapLedger
from gateway.stream.link.ages import newest_of

_AHEAD_NS = 86_400 * NS_PER_S


class GapTracker:
    """One connector's part of the ledger; times are source times, as far as the source has any."""

    def __init__(self, ledger: GapLedger, *, last_ns: NDArray[np.int64]) -> None:
        self._ledger = ledger
        self._last_ns = last_ns
        self._open: dict[int, Gap] = {}
        self._resumed = False
        self._connecting_ns = 0
        self._connected_ns = 0

    async def begin(self, signals: Sequence[int], *, cause: str) -> None:
        """Open a gap for each signal that ever had a sample, from its newest journaled one.

        Gaps that are open already, from an earlier run too, are taken over. Raises `StorageError`.
        """
        starts = {
            signal: int(self._last_ns[signal])
            for signal in signals
            if signal < len(self._last_ns) and self._last_ns[signal] > 0
        }
        await self._ledger.begin(starts, cause=cause)
        self._open |= self._ledger.open_gaps(signals)

    def connecting(self, *, now_ns: int) -> None:
        """Take note of an attempt: rows received before it are of the session that ended, and end no gap."""
        self._connecting_ns = now_ns

    def connected(self, session: Session, *, now_ns: int) -> None:
        """Take note of a new session, which decides what becomes of the open gaps."""
        self._resumed = session.resumed
        self._connected_ns = now_ns

    def ended_by(self, batch: SampleBatch, *, now_ns: int) -> list[Gap]:
        """Return the gaps that end with these rows; they count as ended from now on."""
        if not self._open or len(batch) == 0:
            return []
        # A clock that was put back since then must not keep gaps open until it has caught up.
        since_ns = min(self._connecting_ns, now_ns)
        usable = np.flatnonzero(
            (severity(batch.quality) < SEVERITY_BAD) & (batch.received_ns >= since_ns)
        )
        signals, first = np.unique(batch.signal[usable], return_index=True)
        ended = [
            self._end(self._open.pop(signal), batch, int(usable[row]))
            for signal, row in zip(signals.tolist(), first.tolist(), strict=True)
            if signal in self._open
        ]
        self._ledger.ended(ended)
        return ended

    def journaled(self, batch: SampleBatch) -> None:
        """Take note of rows that are on disk."""
        if len(batch) == 0:
            return
        self._last_ns = newest_of(self._last_ns, batch)

    def _end(self, gap: Gap, batch: SampleBatch, row: int) -> Gap:
        source_ns, received_ns = int(batch.source_ns[row]), int(batch.received_ns[row])
        if self._resumed and gap.start_ns < source_ns < self._connected_ns:
            return replace(gap, end_ns=self._connected_ns, state=GapState.REPUBLISHED)
        # A value that did not change meanwhile comes back with its old time: the hole ended with its receipt.
        believable = gap.start_ns < source_ns <= received_ns + _AHEAD_NS
        end_ns = source_ns if believable else received_ns
        return replace(gap, end_ns=max(end_ns, gap.start_ns), state=GapState.LOST)
