"""A detector over a real store with a journal, a history and a clock that a test turns; stopped hard and started again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gateway.clock import NS_PER_S, ManualClock
from gateway.detect.evaluate import Detector
from gateway.detect.options import RuleOptions, rule_types
from gateway.deviation import Issue
from gateway.issues import IssueDesk
from gateway.model import DataType, SampleBatch, Signal, SignalKind
from gateway.ports import Chunk
from gateway.store import Store
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory

S = NS_PER_S
M = "demo/packaging/l1/filler"
LIMIT = {
    "type": "limit",
    "title": "Weight",
    "signals": [f"{M}/weight"],
    "high": 504.0,
    "on_delay_s": 5,
}
MISSING = {"type": "missing", "title": "Silent", "signals": [f"{M}/*"], "after_s": 10}
WORD = Signal(path=f"{M}/word", kind=SignalKind.EVENT, data_type=DataType.STRING)


def rules(**written: dict[str, Any]) -> dict[str, RuleOptions]:
    return {
        key: rule_types()[value["type"]].model_validate(value) for key, value in written.items()
    }


class FakeTail:
    """A journal as far as the detector asks."""

    def __init__(self) -> None:
        self.head = 0
        self.ahead: Chunk | None = None

    async def wait(self, after: int) -> None: ...

    async def read(self, after: int, *, max_rows: int) -> Chunk | None:
        return self.ahead


class House:
    """A detector with everything around it, that can be stopped hard and started again."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = ManualClock()
        self.catalogue = FakeCatalogue(Signal(path=f"{M}/weight", unit="g", decimals=1))
        self.tail = FakeTail()
        self.seq = 0
        self.t0 = self.clock.now_ns()

    async def start(self, every_s: float = 0.0, **written: dict[str, Any]) -> None:
        self.desk = await IssueDesk.open(store=self.store, history=FakeHistory(), clock=self.clock)
        self.detector = Detector(
            rules(**written),
            catalogue=self.catalogue,
            issues=self.desk,
            store=self.store,
            clock=self.clock,
            tail=self.tail,
            snapshot_every_s=every_s,
        )

    def chunk(self, rows: Sequence[tuple[float, float]], signal: int = 0) -> Chunk:
        """Rows of (second, value) as the next journal number."""
        times = np.array([self.t0 + round(t * S) for t, _ in rows], np.int64)
        batch = SampleBatch.of(
            signal=[signal] * len(rows),
            source_ns=times - 2 * S,
            value=[v for _, v in rows],
            received_ns=times,
        )
        self.seq += 1
        self.tail.head = self.seq
        self.tail.ahead = Chunk(batch=batch, first_seq=self.seq, last_seq=self.seq)
        return self.tail.ahead

    async def feed(self, *rows: tuple[float, float], signal: int = 0) -> Chunk:
        chunk = self.chunk(rows, signal)
        await self.detector.write(chunk)
        return chunk

    async def at(self, second: float) -> None:
        """Bring the clock to a second and tick."""
        await self.clock.advance(second - (self.clock.now_ns() - self.t0) / S)
        await self.detector.tick()

    async def issues(self) -> list[Issue]:
        return list(reversed(await self.desk.list(states=[], limit=100)))
