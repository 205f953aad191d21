"""Recent batches in memory, so that readers close to the head never touch the disk."""

from __future__ import annotations

from collections import deque
from itertools import islice

from gateway.model import SampleBatch
from gateway.ports import Chunk


class Ring:
    """The newest consecutive batches, at most `max_rows` rows of them (the newest batch always)."""

    def __init__(self, *, max_rows: int) -> None:
        self._max_rows = max_rows
        self._rows = 0
        self._batches: deque[SampleBatch] = deque()

    def push(self, batch: SampleBatch) -> None:
        """Add the batch that follows; older ones make room."""
        held = self._batches
        if held and batch.seq != held[-1].seq + 1:
            held.clear()
            self._rows = 0
        held.append(batch)
        self._rows += len(batch)
        while self._rows > self._max_rows and len(held) > 1:
            self._rows -= len(held.popleft())

    def read(self, after: int, *, max_rows: int) -> Chunk | None:
        """Return what follows `after`, or None where that is no longer (or not yet) here."""
        held = self._batches
        if not held or not held[0].seq <= after + 1 <= held[-1].seq:
            return None
        start = after + 1 - held[0].seq
        return chunk_of(take_rows(islice(held, start, None), max_rows=max_rows))


def take_rows(batches: islice[SampleBatch], *, max_rows: int) -> list[SampleBatch]:
    """Return batches from the front as long as they stay within `max_rows`, but at least one."""
    parts: list[SampleBatch] = []
    rows = 0
    for batch in batches:
        rows += len(batch)
        if parts and rows > max_rows:
            break
        parts.append(batch)
    return parts


def chunk_of(parts: list[SampleBatch]) -> Chunk:
    """Return consecutive batches as one chunk."""
    batch = parts[0] if len(parts) == 1 else SampleBatch.concat(parts)
    return Chunk(batch=batch, first_seq=parts[0].seq, last_seq=parts[-1].seq)
