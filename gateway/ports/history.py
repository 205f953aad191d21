"""What was and what is: history, newest values, whose source is away, gaps and dead letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gateway.model import DeadLetter, Gap, SampleBatch

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Buckets:
    """One signal's history in equal buckets, made on the server; only buckets with rows are present.

    `start_ns` int64 bucket starts; `first`, `last`, `low`, `high`, `mean` float64 over good and uncertain rows
    (NaN where there are none); `count` int64 all rows; `worst` uint8 the worst severity in the bucket.
    """

    signal: int
    width_ns: int
    start_ns: NDArray[np.int64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    mean: NDArray[np.float64]
    count: NDArray[np.int64]
    worst: NDArray[np.uint8]


class History(Protocol):
    """Every sample ever kept, whichever engine holds it. Times are UTC nanoseconds, ranges [start, end)."""

    async def buckets(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, max_points: int
    ) -> Sequence[Buckets]:
        """Return at most `max_points` buckets for each signal, in the order asked."""
        ...

    async def rows(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, limit: int
    ) -> SampleBatch:
        """Return raw rows by source time, at most `limit`, oldest first; side values included."""
        ...

    async def latest(self, signals: Sequence[int]) -> SampleBatch:
        """Return the newest row of each signal that has any."""
        ...

    async def count(self, signals: Sequence[int], *, start_ns: int, end_ns: int) -> int:
        """Return how many rows the range holds."""
        ...

    async def export(
        self,
        signals: Sequence[int],
        *,
        start_ns: int,
        end_ns: int,
        target: Path,
        progress: Progress,
    ) -> int:
        """Write the range to `target` (`.csv` or `.parquet`), whole or not at all; return the rows written."""
        ...

    async def maintain(self, *, now_ns: int) -> None:
        """Re-cluster what is closed and drop what is past its age or size limit; safe to call at any time."""
        ...

    def figures(self) -> dict[str, float]:
        """Return its own counts (rows, bytes, oldest time) for health and metrics."""
        ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Latest:
    """The newest row of every signal, by index; `source_ns` 0 where nothing was seen yet. Copies, safe to keep."""

    rows: SampleBatch


class LatestValues(Protocol):
    """The newest row of every signal, kept in memory from the journal's tail."""

    def latest(self) -> Latest:
        """Return the newest row of every signal that has one, in index order."""
        ...


class Presence(Protocol):
    """Which signals have a live source; the newest value of the others is the last known one, not the present."""

    def absent(self) -> NDArray[np.int32]:
        """Return the indices of signals whose connector is not connected now, sorted."""
        ...

    def readers(self, machine: str) -> Sequence[str]:
        """Return the names of the running connectors that read a signal of this machine, sorted."""
        ...


class Ledger(Protocol):
    """The gap ledger and the dead letters, as they are read."""

    def gaps(
        self, signals: Sequence[int] | None, *, start_ns: int, end_ns: int, limit: int
    ) -> Sequence[Gap]:
        """Return gaps that touch the range, newest first."""
        ...

    def dead_letters(self, *, before_id: int | None, limit: int) -> Sequence[DeadLetter]:
        """Return dead letters, newest first, those with a smaller id than `before_id` where it is given."""
        ...

    def dead_letter(self, number: int) -> DeadLetter:
        """Return one dead letter; raises `NotFoundError` where it is not kept (any more)."""
        ...

    def gap(self, number: int) -> Gap:
        """Return one gap; raises `NotFoundError`."""
        ...

    def dead_letter_count(self) -> int:
        """Return how many are kept."""
        ...
