"""Rows between the publish answers and `read()`: bounded, oldest dropped first, every drop declared as a loss."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final

import numpy as np

from gateway.model import DeadLetter, Intake, Loss, SampleBatch

_MAX_LETTERS: Final = 100
_MAX_LOSSES: Final = 10_000


class RowBuffer:
    """Holds at most `limit` rows.

    Overflow policy: the oldest rows go, because a floor display and a rule need the newest; `drops` counts
    them, and each signal that lost rows gets a `Loss` from its first dropped source time to just after the
    last. Losses beyond 10,000 are merged per signal, dead letters beyond 100 are counted only.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.rows = 0
        self.drops = 0
        self.lost_letters = 0
        self.ready = asyncio.Event()
        self._batches: deque[SampleBatch] = deque()
        self._losses: list[Loss] = []
        self._letters: list[DeadLetter] = []

    def put(self, batch: SampleBatch, losses: Iterable[Loss] = ()) -> None:
        """Add rows and losses; never waits."""
        self.declare(losses)
        if not len(batch):
            return
        self._batches.append(batch)
        self.rows += len(batch)
        while self.rows > self.limit:
            self._drop(self.rows - self.limit)
        self.ready.set()

    def declare(self, losses: Iterable[Loss]) -> None:
        """Add losses alone."""
        before = len(self._losses)
        self._losses.extend(losses)
        if len(self._losses) > _MAX_LOSSES:
            self._losses = merged(self._losses)
        if len(self._losses) != before:
            self.ready.set()

    def bury(self, letter: DeadLetter) -> None:
        """Add an unusable payload."""
        if len(self._letters) >= _MAX_LETTERS:
            self.lost_letters += 1
            return
        self._letters.append(letter)
        self.ready.set()

    def take(self) -> Intake | None:
        """Return and forget everything held, or None where there is nothing."""
        self.ready.clear()
        if not (self._batches or self._losses or self._letters):
            return None
        intake = Intake(
            batch=SampleBatch.concat(self._batches),
            dead_letters=tuple(self._letters),
            losses=tuple(self._losses),
        )
        self._batches.clear()
        self._losses, self._letters, self.rows = [], [], 0
        return intake

    def _drop(self, excess: int) -> None:
        oldest = self._batches.popleft()
        gone = min(excess, len(oldest))
        if gone < len(oldest):
            self._batches.appendleft(oldest.take(np.arange(gone, len(oldest))))
        self.rows -= gone
        self.drops += gone
        self.declare(_losses_of(oldest.take(np.arange(gone))))


def _losses_of(batch: SampleBatch) -> list[Loss]:
    losses = []
    for signal in np.unique(batch.signal).tolist():
        times = batch.source_ns[batch.signal == signal]
        losses.append(
            Loss(
                signal=signal,
                start_ns=int(times.min()),
                end_ns=int(times.max()) + 1,
                cause="gateway buffer full",
            )
        )
    return losses


def merged(losses: Iterable[Loss]) -> list[Loss]:
    """Return one loss per signal and cause that spans all of them."""
    spans: dict[tuple[int, str], tuple[int, int]] = {}
    for loss in losses:
        key = (loss.signal, loss.cause)
        start, end = spans.get(key, (loss.start_ns, loss.end_ns))
        spans[key] = (min(start, loss.start_ns), max(end, loss.end_ns))
    return [
        Loss(signal=signal, start_ns=start, end_ns=end, cause=cause)
        for (signal, cause), (start, end) in spans.items()
    ]
