"""A filler told minute by minute to a real historian, the KPIs and the rules, under a clock that is turned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from gateway.clock import NS_PER_S
from gateway.detect.evaluate import Detector
from gateway.detect.options import rule_types
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.options import EmbeddedOptions
from gateway.model import DataType, SampleBatch, Signal, SignalKind, SignalRole
from gateway.ports import Chunk
from gateway.production.kpi.desk import KpiDesk
from gateway.production.kpi.options import ProductionOptions
from gateway.store import Store
from tests.peers.cases import FILLER, TWIN, WEIGHT, CaseBench
from tests.peers.catalogue import FakeCatalogue

MINUTE_NS: Final = 60 * NS_PER_S
HOUR_NS: Final = 60 * MINUTE_NS
EXECUTE, HELD = 6.0, 11.0
COLA, WATER = 1.0, 2.0
RULE: Final = {"type": "limit", "title": "Fill weight", "signals": [WEIGHT], "high": 510.0}
PRODUCTION: Final[Mapping[str, Any]] = {
    "unknown_after_s": 300,
    "lateness_s": 60,
    "commit_every_s": 5,
    "units": {FILLER: {"run_time_s": 1.0}},
}
SIGNALS: Final = (
    Signal(path=WEIGHT, unit="g"),
    Signal(
        path=f"{FILLER}/state",
        kind=SignalKind.STATE,
        data_type=DataType.ENUM,
        role=SignalRole.STATE,
        labels=((6, "Execute"), (11, "Held")),
    ),
    Signal(path=f"{FILLER}/good", data_type=DataType.INTEGER, role=SignalRole.GOOD_COUNT),
    Signal(path=f"{FILLER}/bad", data_type=DataType.INTEGER, role=SignalRole.REJECT_COUNT),
    Signal(
        path=f"{FILLER}/product",
        kind=SignalKind.STATE,
        data_type=DataType.ENUM,
        labels=((1, "Cola"), (2, "Water")),
    ),
    Signal(path=f"{TWIN}/weight", unit="g"),
)


class NoTail:
    """A journal that has nothing further."""

    head = 0

    async def wait(self, after: int) -> None:
        """Return at once."""

    async def read(self, after: int, *, max_rows: int) -> Chunk | None:
        """Have nothing."""
        return None


class ProofPlant(CaseBench):
    """Cases over a simulated filler. Water is held longer than Cola; `scale` is by how much of that both are held.

    `cola_hours` of each four are Cola. Weights have a mean of 500 g and the standard deviation `sigma`.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        super().__init__(store)
        self.scale, self.cola_hours, self.sigma, self.spike = 1.0, 2, 1.0, 0.0
        self.catalogue = FakeCatalogue(*SIGNALS)
        self.historian = EmbeddedHistorian.open(
            folder, catalogue=self.catalogue, clock=self.clock, options=EmbeddedOptions()
        )
        self.history = self.historian
        self.performance = self.kpis = KpiDesk(
            ProductionOptions.model_validate(PRODUCTION),
            catalogue=self.catalogue,
            store=store,
            clock=self.clock,
            time_zone="UTC",
        )
        self._told_ns = self.clock.now_ns()
        self._made = 0.0
        self._seq = 0
        self._chance = np.random.default_rng(7)

    async def open(self) -> ProofPlant:
        """Open the desks, with the rules in front of them."""
        await super().open()
        kind = rule_types()[str(RULE["type"])]
        self.detector = Detector(
            {"weight": kind.model_validate(RULE)},
            catalogue=self.catalogue,
            issues=self.desk,
            store=self.store,
            clock=self.clock,
            tail=NoTail(),
        )
        return self

    async def close(self) -> None:
        """End what was opened."""
        await self.kpis.close()
        await self.historian.close()
        await self.store.close()

    def count(self, name: str, first: int, last: int, *, start_s: float, end_s: float) -> None:
        """Count nothing by hand: the plant does."""

    async def spell(self, **changes: Any) -> int:
        """Have two minutes of bottles far too heavy, which the rule sees; return the issue's number."""
        self.spike = 20.0
        await self.make(120)
        self.spike = 0.0
        await self.make(300)
        (found,) = await self.desk.list(states=[], limit=1)
        return found.number

    async def freeze(self) -> None:
        """Go on for a minute, then read evidence and context."""
        await self.make(180)
        await self.desk.collect()
        await self.context.collect()

    async def make(self, seconds: float) -> None:
        """Produce, an hour at a time, and tell every minute of it."""
        left = seconds
        while left > 0:
            step = min(left, 3600.0)
            await self.clock.advance(step)
            await self._tell()
            left -= step

    async def watch_hours(self, most: int) -> int:
        """Produce until the watched proof has ended, at most so many hours; return how many it took."""
        for hour in range(most):
            await self.make(3600)
            if await self.watcher.look():
                return hour + 1
        return most

    async def _tell(self) -> None:
        """Tell historian, KPIs and rules the minutes up to now."""
        first, last = self._told_ns // MINUTE_NS + 1, self.clock.now_ns() // MINUTE_NS
        minutes = np.arange(first, last + 1)
        self._told_ns = self.clock.now_ns()
        if not len(minutes):
            return
        hours = minutes // 60
        product = np.where(hours % 4 < self.cola_hours, COLA, WATER)
        share = np.where(product == COLA, 0.10, 0.30)
        wobble = np.array([np.random.default_rng(int(h)).uniform(0.7, 1.3) for h in hours])
        held = minutes % 60 < np.round(60 * self.scale * share * wobble)
        good = self._made + np.cumsum(np.where(held, 0.0, 60.0))
        self._made = float(good[-1])
        weight = self._chance.normal(500.0, self.sigma, len(minutes)) + self.spike
        bad = np.zeros(len(minutes))
        columns = (weight, np.where(held, HELD, EXECUTE), good, bad, product)
        times = np.repeat(minutes * MINUTE_NS, len(columns))
        batch = SampleBatch.of(
            signal=np.tile(np.arange(len(columns)), len(minutes)),
            source_ns=times,
            value=np.stack(columns, axis=1).ravel(),
            received_ns=times + NS_PER_S,
        )
        self._seq += 1
        chunk = Chunk(batch=batch, first_seq=self._seq, last_seq=self._seq)
        assert list(await self.historian.write(chunk)) == []
        await self.kpis.write(chunk)
        await self.detector.write(chunk)
        await self.detector.tick()
