"""A history at its port, for faults no real historian gives on demand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gateway.errors import NotConnectedError
from gateway.model import SampleBatch
from gateway.ports import Buckets, Progress


class FakeHistory:
    """Rows in memory; `away` makes every read fail as an unreachable historian does."""

    def __init__(self) -> None:
        self.held = SampleBatch.empty()
        self.away = False
        self.reads = 0

    def add(self, batch: SampleBatch) -> None:
        """Store rows."""
        self.held = SampleBatch.concat([self.held, batch])

    async def rows(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, limit: int
    ) -> SampleBatch:
        """Return rows by source time, oldest first."""
        self.reads += 1
        if self.away:
            raise NotConnectedError("the historian is away")
        order = np.argsort(self.held.source_ns, kind="stable")
        rows = self.held.take(order)
        inside = np.isin(rows.signal, list(signals))
        inside &= (rows.source_ns >= start_ns) & (rows.source_ns < end_ns)
        return rows.take(np.flatnonzero(inside)[:limit])

    async def buckets(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, max_points: int
    ) -> Sequence[Buckets]:
        """Not asked for by evidence."""
        raise NotImplementedError

    async def latest(self, signals: Sequence[int]) -> SampleBatch:
        """Not asked for by evidence."""
        raise NotImplementedError

    async def count(self, signals: Sequence[int], *, start_ns: int, end_ns: int) -> int:
        """Return how many rows there are."""
        return len(await self.rows(signals, start_ns=start_ns, end_ns=end_ns, limit=10**9))

    async def export(
        self,
        signals: Sequence[int],
        *,
        start_ns: int,
        end_ns: int,
        target: Path,
        progress: Progress,
    ) -> int:
        """Not asked for by evidence."""
        raise NotImplementedError

    async def maintain(self, *, now_ns: int) -> None:
        """Nothing to do."""

    def figures(self) -> dict[str, float]:
        """Nothing to count."""
        return {}
