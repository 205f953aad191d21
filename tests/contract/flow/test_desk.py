"""The flow of a told line on both databases: bottleneck, whose fault a wait is, and how the shift will end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
import pytest

from gateway.clock import ManualClock
from gateway.detect import running as run
from gateway.detect.options import rule_types
from gateway.errors import InvalidRequestError, NotFoundError
from gateway.flow import FlowForecast
from gateway.model import Intake, SampleBatch
from gateway.production.flow.desk import FlowDesk
from gateway.production.flow.telling import FlowTeller
from gateway.production.kpi.desk import KpiDesk
from gateway.production.kpi.options import ProductionOptions
from gateway.store import Store
from tests.peers.catalogue import FakeCatalogue
from tests.peers.flow_line import (
    EXECUTE,
    HELD,
    LINE,
    MACHINES,
    OPTIONS,
    SUSPENDED,
    T0,
    Counts,
    S,
    States,
    chunk,
    signals,
)

RINSER, FILLER, PACKER = MACHINES


@dataclass(frozen=True)
class Setting:
    machines: tuple[str, ...] = MACHINES
    transport_s: float = 5.0
    flow_every_s: float = 10.0
    flow_window_s: float = 600.0


@asynccontextmanager
async def line_on(
    url: str, clock: ManualClock, *, ordered: bool = True
) -> AsyncIterator[tuple[KpiDesk, FlowDesk]]:
    store = await Store.open(url)
    desk = KpiDesk(
        ProductionOptions.model_validate(dict(OPTIONS)),
        catalogue=FakeCatalogue(*signals()),
        store=store,
        clock=clock,
        time_zone="UTC",
    )
    lines = {"one": Setting()} if ordered else {}
    try:
        yield desk, FlowDesk(lines, performance=desk, clock=clock)
    finally:
        await store.close()


def states(place: int, second: int) -> float:
    """The filler is held for a minute of ten; the packer starves ten seconds later, the rinser is blocked."""
    at = second % 600
    if place == 1 and 300 <= at < 360:
        return HELD
    if place == 2 and 310 <= at < 365:
        return SUSPENDED
    if place == 0 and 330 <= at < 362:
        return SUSPENDED
    return EXECUTE


async def told(
    desk: KpiDesk,
    clock: ManualClock,
    first: int,
    last: int,
    tell: States = states,
    *,
    step: int = 60,
    every: int = 1,
) -> None:
    counts = Counts(tell)
    for start in range(first, last, step):
        seconds = range(start, min(last, start + step), every)
        await desk.write(chunk(start + 1, seconds, tell, counts))
        clock.set_wall_ns(T0 + seconds[-1] * S)
        await clock.advance(3)
        clock.set_wall_ns(T0 + seconds[-1] * S)


async def test_who_waits_for_whom_and_who_is_the_bottleneck(url: str) -> None:
    clock = ManualClock(start_ns=T0)
    async with line_on(url, clock) as (desk, flow):
        await told(desk, clock, 0, 3601)
        found = await flow.flow("one")
        rinser, filler, packer = found.machines
        assert (found.start_ns, found.end_ns) == (T0, T0 + 3600 * S)
        assert (packer.starved_s, packer.blocked_s, packer.by_root) == (330, 0, {FILLER: 330})
        assert (rinser.starved_s, rinser.blocked_s, rinser.by_root) == (0, 192, {FILLER: 192})
        assert (filler.active_s, filler.by_root) == (3600, {})
        assert (found.bottleneck, found.main, found.turning_point) == (FILLER, FILLER, FILLER)
        assert filler.sole_s + found.shifting_s == 3600
        # What is counted at the very end belongs to the next window.
        assert packer.pieces == 3600 - 330 - 1
        assert (packer.cycle_s, packer.planned_cycle_s) == (1, 1)
        assert (packer.takt_s, packer.target_per_min) == (1.2, 50)
        assert [each.doing for each in found.machines] == ["works"] * 3
        assert await flow.flow(LINE) == found
        # The same after a restart, from what was committed.
        await desk.close()
    async with line_on(url, clock) as (desk, flow):
        await desk.cursor()
        assert (await flow.flow("one")).machines[2].by_root == {FILLER: 330}


async def test_windows_of_waiting_add_up(url: str) -> None:
    clock = ManualClock(start_ns=T0)
    async with line_on(url, clock) as (desk, flow):
        await told(desk, clock, 0, 7201)
        hours = [
            await flow.flow("one", start_ns=T0 + h * 3600 * S, end_ns=T0 + (h + 1) * 3600 * S)
            for h in range(2)
        ]
        whole = await flow.flow("one", start_ns=T0, end_ns=T0 + 7200 * S)
        for place in range(3):
            parts = [hour.machines[place] for hour in hours]
            one = whole.machines[place]
            assert one.starved_s == sum(part.starved_s for part in parts)
            assert one.blocked_s == sum(part.blocked_s for part in parts)
            assert one.pieces == sum(part.pieces for part in parts)


async def test_a_waiting_machine_says_whose_fault_it_is_now(url: str) -> None:
    clock = ManualClock(start_ns=T0)
    async with line_on(url, clock) as (desk, flow):
        await told(desk, clock, 0, 341)
        rinser, filler, packer = (await flow.flow("one")).machines
        assert (packer.doing, packer.wait, packer.root) == ("waits", "starved", FILLER)
        assert (rinser.doing, rinser.wait, rinser.root) == ("waits", "blocked", FILLER)
        assert (filler.doing, filler.since_ns) == ("stands", T0 + 300 * S)
        assert packer.since_ns == T0 + 310 * S


async def test_late_data_changes_the_flow(url: str) -> None:
    clock = ManualClock(start_ns=T0)
    async with line_on(url, clock) as (desk, flow):
        counts = Counts(states)
        await desk.write(chunk(1, range(310), states, counts))
        await desk.write(chunk(2, range(370, 420), states, Counts(states)))
        clock.set_wall_ns(T0 + 419 * S)
        assert (await flow.flow("one")).machines[2].starved_s == 0
        await desk.write(chunk(3, range(310, 370), states, Counts(states)))
        assert (await flow.flow("one")).machines[2].starved_s == 55


async def test_without_an_order_nobody_is_starved(url: str) -> None:
    clock = ManualClock(start_ns=T0)
    async with line_on(url, clock, ordered=False) as (desk, flow):
        await told(desk, clock, 0, 700)
        found = await flow.flow(LINE)
        assert not found.ordered
        assert [each.starved_s + each.blocked_s for each in found.machines] == [0, 0, 0]
        assert "not configured" in found.remarks[0]
        assert found.bottleneck == FILLER
        with pytest.raises(NotFoundError, match="p/a/line1"):
            await flow.flow("two")
        with pytest.raises(InvalidRequestError, match="31 days"):
            await flow.flow(LINE, start_ns=1)


async def test_the_shift_is_forecast_with_its_shortfall(url: str) -> None:
    clock = ManualClock(start_ns=T0)
    async with line_on(url, clock) as (desk, flow):
        early = await told_for(desk, clock, flow, 0, 120)
        assert early is None
        found = await told_for(desk, clock, flow, 120, 5 * 3600 + 1)
        assert found is not None
        # 545 of 600 s make a piece, and the target is 50 a minute over eight hours; readings are 5 s apart.
        assert (found.done, found.wanted) == (pytest.approx(5 * 6 * 545, abs=6), 24_000)
        assert found.expected == pytest.approx(8 * 6 * 545, abs=15)
        assert found.expected is not None
        assert found.low is not None
        assert found.high is not None
        assert found.low <= found.expected <= found.high
        assert found.shortfall == 0
        assert found.finish_ns[1] == pytest.approx(T0 + 24_000 / 3270 * 3600 * S, abs=20 * S)
        late = await flow.forecast("one", wanted=30_000, done=20_000)
        # 10,000 pieces take 3 h 3 min: three of them are left today, the rest is made from midnight on.
        assert late.finish_ns[1] == pytest.approx(
            T0 + 24 * 3600 * S + (10_000 / 3270 - 3) * 3600 * S, abs=10 * S
        )
        with pytest.raises(InvalidRequestError, match="quantity"):
            await flow.forecast("one", wanted=1, done=2)


async def told_for(
    desk: KpiDesk, clock: ManualClock, flow: FlowDesk, first: int, last: int
) -> FlowForecast | None:
    await told(desk, clock, first, last, step=600, every=5)
    return (await flow.flow("one")).forecast


class Kept:
    """A journal that keeps what it is given."""

    def __init__(self) -> None:
        self.batches: list[SampleBatch] = []

    async def append(self, intake: Intake) -> int:
        self.batches.append(intake.batch)
        return len(self.batches)


async def test_the_flow_is_told_as_signals_that_rules_can_watch(url: str) -> None:
    clock = ManualClock(start_ns=T0)
    catalogue, journal = FakeCatalogue(), Kept()
    async with line_on(url, clock) as (desk, _):
        teller = FlowTeller(
            {"one": Setting()},
            performance=desk,
            journal=journal,
            catalogue=catalogue,
            clock=clock,
        )
        await desk.cursor()
        await teller.tell("one")
        assert np.isnan(journal.batches[0].value).all()
        assert (journal.batches[0].quality >> 30 == 2).all()
        await told(desk, clock, 0, 1801, step=600, every=5)
        await clock.advance(60)
        clock.set_wall_ns(T0 + 1800 * S)
        await teller.tell("one")
    batch = journal.batches[-1]
    names = [catalogue.signal(index).path for index in batch.signal.tolist()]
    said = dict(zip(names, batch.value.tolist(), strict=True))
    own = f"{LINE}/flow"
    assert said[f"{own}/bottleneck"] == said[f"{own}/bottleneck_main"] == 2
    assert said[f"{own}/bottleneck_moved"] == 0
    assert said[f"{own}/packer_starved"] == pytest.approx(100 * 55 / 600)
    assert said[f"{own}/rinser_blocked"] == pytest.approx(100 * 35 / 600)
    assert said[f"{own}/filler_starved"] == said[f"{own}/packer_blocked"] == 0
    assert said[f"{own}/shift_expected"] == pytest.approx(8 * 6 * 545, rel=0.02)
    assert said[f"{own}/shift_shortfall"] == 0
    labels = dict(catalogue.signal(int(batch.signal[0])).labels)
    assert labels[2] == "filler"
    rule = rule_types()["limit"].model_validate(
        {
            "type": "limit",
            "title": "Packer starves",
            "signals": [f"{own}/packer_starved"],
            "high": 5,
        }
    )
    running, _ = run.start(
        {"starves": rule}, catalogue.all(), state=None, now_ns=int(batch.received_ns[0]) - S
    )
    _, (event,) = run.step(
        running, catalogue.all, batch, now_ns=int(batch.received_ns[0]), starts=()
    )
    assert (event.rule, event.side) == ("starves", "high")
