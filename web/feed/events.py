"""A lossless stream of numbered events: the newest are kept, so that a client can resume."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

KEEP_EVENTS: Final = 5_000


class EventStream:
    """The newest events of a stream, encoded once.

    `head` is the number of the newest event, `floor` the number after which every event is kept.
    """

    def __init__(self, *, head: int = 0, keep: int = KEEP_EVENTS) -> None:
        self.head = head
        self.floor = head
        self._keep = keep
        self._seqs: list[int] = []
        self._texts: list[bytes] = []

    def append(self, events: Sequence[tuple[int, bytes]]) -> None:
        """Add events in rising order, as (number, JSON); what is known already is left out."""
        for seq, text in events:
            if seq > self.head:
                self._seqs.append(seq)
                self._texts.append(text)
                self.head = seq
        surplus = len(self._seqs) - self._keep
        if surplus > 0:
            self.floor = self._seqs[surplus - 1]
            del self._seqs[:surplus]
            del self._texts[:surplus]

    def can_resume(self, after: int) -> bool:
        """Say whether everything after a number is kept."""
        return self.floor <= after <= self.head

    def next(self, after: int) -> tuple[int, bytes] | None:
        """Return the event that follows a number, or None where there is none yet."""
        at = bisect_right(self._seqs, after)
        return (self._seqs[at], self._texts[at]) if at < len(self._seqs) else None
