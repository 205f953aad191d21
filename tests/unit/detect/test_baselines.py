"""Control limits over a real store: frozen once, kept over restarts and other settings, changed by two people only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway.chart import BaselineState, ChartPhase, LimitsOrigin
from gateway.clock import NS_PER_S, ManualClock
from gateway.detect.charts.desk import ChartDesk
from gateway.detect.evaluate import Detector
from gateway.detect.options import RuleOptions, rule_types
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.issues import IssueDesk
from gateway.model import SampleBatch, Signal
from gateway.ports import Chunk
from gateway.store import Store
from rules.spc.spread import individuals
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory

S = NS_PER_S
SIGNAL = "demo/packaging/l1/filler/weight"
WEIGHTS = 500.0 + np.random.default_rng(8).normal(size=400)
WEIGHTS[200:] += 3.0


def chart(**changes: Any) -> RuleOptions:
    values = {"type": "spc", "title": "Drift", "signals": [SIGNAL], "run_rules": ["N1"]}
    return rule_types()["spc"].model_validate(values | changes)


class House:
    """A detector and a desk of charts over one store and history."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock, self.history = store, ManualClock(), FakeHistory()
        self.catalogue = FakeCatalogue(Signal(path=SIGNAL, unit="g"))
        self.t0 = self.clock.now_ns()
        self.fed = 0

    async def start(self, **changes: Any) -> None:
        desk = await IssueDesk.open(store=self.store, history=self.history, clock=self.clock)
        self.detector = Detector(
            {"drift": chart(**changes)},
            catalogue=self.catalogue,
            issues=desk,
            store=self.store,
            clock=self.clock,
            snapshot_every_s=0.0,
        )
        self.charts = ChartDesk(
            rules=self.detector.configured,
            live=self.detector.charts,
            catalogue=self.catalogue,
            history=self.history,
            store=self.store,
            clock=self.clock,
            keeper=self.detector,
        )
        await self.detector.cursor()

    async def feed(self, until: int) -> None:
        at = np.arange(self.fed, until)
        times = self.t0 + at.astype(np.int64) * S
        batch = SampleBatch.of(
            signal=[0] * len(at), source_ns=times, value=WEIGHTS[at], received_ns=times
        )
        self.history.add(batch)
        await self.detector.write(Chunk(batch=batch, first_seq=self.fed + 1, last_seq=until))
        self.fed = until

    async def propose(self, by: str = "anna", first: int = 200, last: int = 400) -> int:
        made = await self.charts.propose(
            "drift",
            SIGNAL,
            side="",
            start_ns=self.t0 + first * S,
            end_ns=self.t0 + last * S,
            by=by,
            reason="New nozzle.",
        )
        assert made.state is BaselineState.PROPOSED
        return made.number


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = await Store.open(f"sqlite:///{tmp_path}/state.db")
    made = House(store)
    await made.start()
    yield made
    await made.detector.close()
    await store.close()


async def test_what_phase_one_froze_is_written_down_and_outlives_other_settings(
    house: House,
) -> None:
    await house.feed(99)
    assert house.charts.list()[0].phase is ChartPhase.ESTIMATING
    await house.feed(150)
    (one,) = house.charts.list()
    assert one.limits is not None
    assert one.limits.centre == pytest.approx(WEIGHTS[:100].mean())
    assert one.limits.origin is LimitsOrigin.ESTIMATED
    (kept,) = await house.charts.baselines("drift", limit=10)
    assert (kept.version, kept.state) == (one.limits.version, BaselineState.ESTIMATED)
    assert "lag-1 correlation" in kept.said
    await house.detector.close()
    await house.start(run_rules=["N1", "N2"])
    await house.feed(151)
    (again,) = house.charts.list()
    assert again.limits is not None
    assert again.limits.version == one.limits.version
    drawn = await house.charts.chart("drift", SIGNAL, start_ns=house.t0, end_ns=house.t0 + 151 * S)
    assert drawn.autocorrelation is not None
    assert drawn.autocorrelation.sentence == kept.said
    await house.detector.close()
    await house.start(subgroup_count=2)
    await house.feed(160)
    assert house.charts.list()[0].phase is ChartPhase.ESTIMATING


async def test_two_people_put_other_limits_in_force(house: House) -> None:
    await house.feed(399)
    number = await house.propose(last=399)
    with pytest.raises(InvalidRequestError, match="anna proposed"):
        await house.charts.approve(number, by="anna", reason="Fine.")
    done = await house.charts.approve(number, by="ben", reason="In control since.")
    assert (done.state, done.decided_by) == (BaselineState.APPROVED, "ben")
    (one,) = house.charts.list()
    assert one.limits is not None
    assert one.limits.version == done.version
    assert one.limits.origin is LimitsOrigin.APPROVED
    assert one.limits.centre == pytest.approx(WEIGHTS[200:399].mean(), abs=0.05)
    assert one.limits.sigma == pytest.approx(float(individuals(WEIGHTS[200:399]).sigma), rel=0.05)
    with pytest.raises(ConflictError, match="approved already"):
        await house.charts.approve(number, by="eve", reason="Again.")
    await house.detector.close()
    await house.start(clear_after=3)
    await house.feed(400)
    (again,) = house.charts.list()
    assert again.limits is not None
    assert (again.limits.version, again.limits.origin) == (done.version, LimitsOrigin.APPROVED)


async def test_limits_that_others_overtook_are_not_put_in_force(house: House) -> None:
    await house.feed(400)
    first, second = await house.propose(), await house.propose(first=250)
    await house.charts.approve(second, by="ben", reason="Better.")
    with pytest.raises(ConflictError, match="propose again"):
        await house.charts.approve(first, by="ben", reason="Too late.")
    done = await house.charts.reject(first, by="ben", reason="Too late.")
    assert done.state is BaselineState.REJECTED


async def test_what_gives_no_limits_is_not_proposed(house: House) -> None:
    await house.feed(400)
    with pytest.raises(InvalidRequestError, match="too few"):
        await house.propose(last=250)
    with pytest.raises(NotFoundError):
        await house.charts.approve(99, by="ben", reason="x")
