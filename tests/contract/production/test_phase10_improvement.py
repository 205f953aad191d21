"""Phase 10, continuous improvement: standard times from cycles, trials with guards, practices, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, cast

import numpy as np
import pytest
from sqlalchemy import insert

from gateway.clock import ManualClock
from gateway.corrective import Hint, Learning
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.model import DataType, SampleBatch, Signal, SignalKind, SignalRole
from gateway.performance import KpiBucket, KpiReport, Kpis, StateInterval
from gateway.ports import Cases, Performance
from gateway.production.archive import Archive
from gateway.production.capacity.load import ResourceKind, Wanted, loads
from gateway.production.execution.wear import add_cycles
from gateway.production.improvement.cycles import cycles, is_off, measured
from gateway.production.improvement.effect import difference
from gateway.production.improvement.model import Aim, Improvement, ImprovementState, Metric
from gateway.production.improvement.port import Improving
from gateway.production.lifecycle import RoutingState, StandardState
from gateway.production.model import (
    Calendar,
    Equipment,
    Operation,
    Product,
    Routing,
    Shift,
    StandardTime,
    Tool,
)
from gateway.production.office.floorplan import load_floor
from gateway.production.office.options import Approval
from gateway.store import Store
from gateway.store.quality_tables import lot_run
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory
from tests.peers.web_issues import MemoryIssues
from tests.peers.web_quality import quality_over
from tests.peers.web_reports import improving_over

S, HOUR = 10**9, 3600 * 10**9
PATH = "plant/milling/cell1/m8"
COUNTER = Signal(
    path=f"{PATH}/good", data_type=DataType.INTEGER, kind=SignalKind.COUNTER,
    role=SignalRole.GOOD_COUNT,
)  # fmt: skip
WEEK = date(2027, 1, 4)
_S = ImprovementState


class Books:
    """Performance in memory: hours by machine, and the states in which it ran."""

    def __init__(self) -> None:
        self.hours: dict[str, list[Kpis]] = {}
        self.running: list[tuple[int, int]] = []

    def hour(self, unit: str, start_ns: int, *, scrap: float, breakdown_s: float) -> None:
        made = Kpis(
            label="", start_ns=start_ns, end_ns=start_ns + HOUR, shift="", day="",
            kpis={"scrap_ratio": scrap, "availability": 1 - breakdown_s / 3600}, sums={"pbt_s": 3600.0},
            losses={"breakdown": breakdown_s}, off_plan={}, coverage=1.0, target_pieces=None,
            version=1, provisional=False,
        )  # fmt: skip
        self.hours.setdefault(unit, []).append(made)

    async def kpis(self, unit: str, *, start_ns: int, end_ns: int, bucket: KpiBucket) -> KpiReport:
        below = [each for each in self.hours if not unit or each == unit]
        if not below:
            raise NotFoundError(f"no machine at {unit}")
        held = [
            each
            for name in below
            for each in self.hours[name]
            if each.start_ns < end_ns and each.end_ns > start_ns
        ]
        lost = sum(each.losses["breakdown"] or 0.0 for each in held)
        total = replace(self.hours[below[0]][0], losses={"productive": 3 * lost, "breakdown": lost})
        return KpiReport(
            unit=unit, machines=tuple(below), bucket=bucket, minor_stops="iso", minor_stop_s=(),
            time_zone="UTC", buckets=tuple(held), total=total,
        )  # fmt: skip

    async def intervals(
        self, machine: str, *, start_ns: int, end_ns: int, limit: int
    ) -> Sequence[StateInterval]:
        return [
            StateInterval(
                start_ns=start,
                end_ns=end,
                state=6,
                state_name="Execute",
                mode=1,
                mode_name="",
                booked="apt",
                provisional=False,
            )
            for start, end in self.running[:limit]
            if end > start_ns and start < end_ns and machine == PATH
        ]


class NothingLearned:
    """Cases that teach nothing."""

    async def learn(self, *, start_ns: int, end_ns: int, by: str) -> Learning:
        return Learning(
            start_ns=start_ns, end_ns=end_ns, by=by, bars=(), trend=(), backlog=(), currency="EUR"
        )

    async def hints(self) -> Sequence[Hint]:
        return ()


@dataclass
class Plant:
    """One machine with a routing, an estimate of sixty seconds, and a history."""

    store: Store
    clock: ManualClock
    archive: Archive
    history: FakeHistory
    books: Books
    desks: Improving
    counted: float = 0.0
    lots: int = 0
    draw: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    async def ran(self, pieces: int, cycle_s: float, *, stop_s: float = 0.0) -> None:
        """Let a job run: each piece a cycle, and a stop in the middle."""
        self.lots += 1
        start_ns = self.clock.now_ns()
        seconds = cycle_s + self.draw.normal(0, 0.4, pieces)
        times = start_ns + np.cumsum(seconds * S).astype(np.int64)
        times[pieces // 2 :] += round(stop_s * S)
        values = self.counted + np.arange(1, pieces + 1)
        self.counted += pieces
        middle = int(times[pieces // 2 - 1])
        end_ns = int(times[-1]) + S
        if stop_s:
            self.books.running += [(start_ns, middle + 1), (middle + round(stop_s * S), end_ns)]
        else:
            self.books.running.append((start_ns, end_ns))
        self.history.add(
            SampleBatch.of(
                signal=np.zeros(pieces, np.int32), source_ns=times, value=values, received_ns=times
            )
        )
        row = {
            "id": self.lots, "lot": f"L{self.lots}", "machine": PATH, "product": "P1",
            "order": f"W{self.lots}", "op": "mill", "job": f"W{self.lots}/mill", "checklist": "",
            "wanted": pieces, "begun_by": "execution", "start_ns": start_ns, "end_ns": end_ns,
            "start_pos": self.counted - pieces, "end_pos": self.counted, "changed_over": False,
            "marks": {},
        }  # fmt: skip
        await self.store.run(lambda c: c.execute(insert(lot_run).values(**row)))
        self.clock.set_wall_ns(end_ns + 60 * S)

    async def milling_min(self) -> float:
        """Return how long a plan reckons for a hundred pieces."""
        floor = await load_floor(self.archive)
        found = loads(floor, [Wanted(product="P1", week=WEEK, qty=100)], weeks=[WEEK])
        return float(found.rows[ResourceKind.MACHINE, "M8"].load[0])


@pytest.fixture
async def plant(url: str, clock: ManualClock) -> AsyncIterator[Plant]:
    store = await Store.open(url)
    archive, history, books = Archive(store, clock=clock), FakeHistory(), Books()
    catalogue = FakeCatalogue(COUNTER)
    quality, watch = quality_over(store, catalogue=catalogue, history=history, clock=clock)
    await watch.cursor()
    week = tuple(Shift(weekday=day, start_min=360, end_min=1320) for day in range(5))
    await archive.add(
        [
            Calendar(id="two", zone="UTC", shifts=week),
            Equipment(id="M8", work_centre="mill", calendar="two", path=PATH),
            Product(id="P1"),
            Routing(
                product="P1", state=RoutingState.ACTIVE,
                operations=(Operation(op="mill", work_centre="mill", role="operator"),),
            ),
            StandardTime(product="P1", op="mill", run_s=60.0),
        ],
        by="anna",
    )  # fmt: skip
    desks = improving_over(
        store, catalogue=catalogue, history=history, performance=cast("Performance", books),
        issues=MemoryIssues(clock), cases=cast("Cases", NothingLearned()), lots=quality.lots,
        clock=clock, approval=Approval.OTHERS,
    )  # fmt: skip
    yield Plant(
        store=store, clock=clock, archive=archive, history=history, books=books, desks=desks
    )
    await store.close()


async def test_66_s_in_place_of_60_is_proposed_once_and_changes_the_next_plan_by_a_tenth(
    plant: Plant,
) -> None:
    before = await plant.milling_min()
    for _ in range(4):
        await plant.ran(15, 66.0, stop_s=900)
    standards = plant.desks.standards
    (made,) = await standards.look(by="anna")
    assert made.run_s == pytest.approx(66, abs=1)
    assert (made.state, made.cycles >= 30, len(made.jobs)) == (StandardState.PROPOSED, True, 4)
    assert await standards.look(by="anna") == []
    (waiting,) = await standards.proposals()
    assert (waiting.current_s, waiting.by) == (60.0, "anna")
    assert await plant.milling_min() == before  # never applied by itself
    told = ("P1", "mill", "M8", 1)
    with pytest.raises(ConflictError, match="somebody else must approve"):
        await standards.decide(*told, approve=True, by="anna")
    await standards.decide(*told, approve=True, by="mary")
    assert await plant.milling_min() / before == pytest.approx(1.10, abs=0.01)
    assert await standards.look(by="anna") == []
    with pytest.raises(ConflictError, match="is approved"):
        await standards.decide(*told, approve=True, by="mary")


async def test_61_s_in_place_of_60_too_few_cycles_or_jobs_propose_nothing(plant: Plant) -> None:
    for _ in range(4):
        await plant.ran(15, 61.0)
    assert await plant.desks.standards.look(by="anna") == []


async def test_a_time_that_was_set_aside_is_not_proposed_again(plant: Plant) -> None:
    for _ in range(3):
        await plant.ran(15, 66.0)
    standards = plant.desks.standards
    assert len(await standards.look(by="anna")) == 1
    await standards.decide("P1", "mill", "M8", 1, approve=False, by="anna")
    assert await standards.look(by="anna") == []
    assert await standards.proposals() == []


def test_a_process_out_of_control_and_too_few_jobs_say_nothing() -> None:
    draw = np.random.default_rng(3)
    steady = {name: 66 + draw.normal(0, 0.4, 15) for name in ("a", "b", "c")}
    found = measured(steady)
    assert found is not None
    assert is_off(found, 60.0)
    assert not is_off(found, 65.0)
    assert measured({name: steady[name] for name in ("a", "b")}) is None
    assert measured({name: each[:9] for name, each in steady.items()}) is None
    assert measured(steady | {"d": np.full(15, 90.0)}) is None


def test_cycles_leave_out_stops_resets_and_leaps() -> None:
    time_ns = np.array([0, 10, 20, 500, 510, 520, 530]) * S
    value = np.array([1.0, 2.0, 4.0, 5.0, 6.0, 0.0, 900.0])
    running = [(0, 30 * S), (495 * S, 600 * S)]
    assert cycles(time_ns, value, running).tolist() == [10, 5, 5, 10]


def test_the_interval_of_a_difference_is_the_same_for_the_same_values() -> None:
    draw = np.random.default_rng(5)
    before, after = draw.normal(10, 1, 60), draw.normal(8, 1, 60)
    found = difference(before, after)
    assert found == difference(before, after)
    assert found.high < 0
    assert found.low < after.mean() - before.mean() < found.high
    with pytest.raises(ValueError, match="two values"):
        difference([1.0], after)


def idea(**more: Any) -> Improvement:
    metric = Metric(kpi="loss.breakdown", unit=PATH, aim=Aim.DOWN)
    guard = Metric(kpi="scrap_ratio", unit=PATH, aim=Aim.DOWN)
    base: dict[str, Any] = {
        "id": "guide-rail", "title": "Fewer jams", "hypothesis": "a wider rail jams less",
        "owner": "otto", "effort_days": 2.0, "metric": metric, "guards": (guard,),
        "loss_h_per_week": 6.0,
    }  # fmt: skip
    return Improvement(**base | more)


def told_hours(plant: Plant, hours: int, *, breakdown_s: float, scrap: float) -> None:
    """Let hours pass in which this was lost and scrapped, each a little different."""
    for _ in range(hours):
        now_ns = plant.clock.now_ns() // HOUR * HOUR
        plant.books.hour(
            PATH, now_ns, scrap=scrap * float(plant.draw.uniform(0.9, 1.1)),
            breakdown_s=breakdown_s * float(plant.draw.uniform(0.7, 1.3)),
        )  # fmt: skip
        plant.clock.set_wall_ns(now_ns + HOUR)


async def on_trial(plant: Plant) -> Improvement:
    told_hours(plant, 48, breakdown_s=600, scrap=0.02)
    desk = plant.desks.improvements
    made = await desk.add(idea(), by="anna")
    made = await desk.move(made.id, _S.SELECTED, by="anna", version=made.version)
    return await desk.move(made.id, _S.TRIAL, by="otto", version=made.version)


async def test_removing_the_fault_shows_the_drop_with_an_interval_that_excludes_0(
    plant: Plant,
) -> None:
    made = await on_trial(plant)
    desk = plant.desks.improvements
    told_hours(plant, 24, breakdown_s=120, scrap=0.02)
    made = await desk.move(made.id, _S.MEASURED, by="otto", version=made.version)
    assert made.effect is not None
    assert made.effect.better
    assert made.effect.high < 0
    assert made.effect.difference == pytest.approx(-480, abs=60)
    assert (made.effect.hours_before, made.effect.hours_after) == (48, 24)
    with pytest.raises(ConflictError, match="otto's own"):
        await desk.move(made.id, _S.ADOPTED, by="otto", version=made.version)
    made = await desk.move(made.id, _S.ADOPTED, by="mary", version=made.version)
    assert (made.state, made.approver) == (_S.ADOPTED, "mary")


async def test_a_guard_that_got_worse_blocks_adopted(plant: Plant) -> None:
    made = await on_trial(plant)
    desk = plant.desks.improvements
    told_hours(plant, 24, breakdown_s=120, scrap=0.04)
    made = await desk.move(made.id, _S.MEASURED, by="otto", version=made.version)
    assert [each.worse for each in made.guarded] == [True]
    with pytest.raises(ConflictError, match="makes worse: scrap_ratio"):
        await desk.move(made.id, _S.ADOPTED, by="mary", version=made.version)
    made = await desk.move(
        made.id, _S.REJECTED, by="mary", version=made.version, reason="twice the scrap"
    )
    assert made.reason == "twice the scrap"


async def test_an_effect_that_may_be_none_is_not_adopted_and_too_short_a_trial_not_measured(
    plant: Plant,
) -> None:
    made = await on_trial(plant)
    desk = plant.desks.improvements
    with pytest.raises(ConflictError, match="try it longer"):
        await desk.move(made.id, _S.MEASURED, by="otto", version=made.version)
    told_hours(plant, 6, breakdown_s=600, scrap=0.02)
    made = await desk.move(made.id, _S.MEASURED, by="otto", version=made.version)
    with pytest.raises(ConflictError, match="effect is not shown"):
        await desk.move(made.id, _S.ADOPTED, by="mary", version=made.version)
    with pytest.raises(ConflictError, match="changed meanwhile"):
        await desk.move(made.id, _S.REJECTED, by="mary", version=1, reason="old")


async def test_the_backlog_is_ranked_by_measured_loss_over_effort(plant: Plant) -> None:
    told_hours(plant, 48, breakdown_s=600, scrap=0.02)
    desk = plant.desks.improvements
    await desk.add(idea(), by="anna")
    await desk.add(idea(id="cheap", effort_days=0.5, loss_h_per_week=3.0), by="anna")
    assert [(each.id, each.score) for each in await desk.improvements()] == [
        ("cheap", 6.0), ("guide-rail", 3.0),
    ]  # fmt: skip
    (loss,) = await desk.losses()
    assert (loss.unit, loss.kpi) == (PATH, "loss.breakdown")
    wrong = Metric(kpi="loss.breakdwn", unit=PATH, aim=Aim.DOWN)
    with pytest.raises(InvalidRequestError, match=r"loss\.breakdown"):
        await desk.add(idea(id="wrong", metric=wrong), by="anna")


async def test_practices_are_found_with_their_evidence(plant: Plant) -> None:
    tool = Tool(id="T1", tool_class="gauge", calibration_due=date(2026, 12, 1))
    worn = Tool(id="T2", tool_class="insert", life_cycles=1000, used_cycles=900)
    await plant.archive.add([tool, worn, replace(worn, id="T3")], by="anna")
    await plant.store.run(lambda c: add_cycles(c, {"T2": 100.0, "T3": 99.0}))
    await plant.ran(15, 60.0)
    row = {"id": 99, "lot": "L99", "machine": PATH, "product": "P1", "order": "", "op": "", "job": "",
           "checklist": "", "wanted": 10, "begun_by": "anna", "start_ns": plant.clock.now_ns() - S,
           "end_ns": plant.clock.now_ns(), "start_pos": 20.0, "end_pos": 40.0, "changed_over": False,
           "marks": {}}  # fmt: skip
    await plant.store.run(lambda c: c.execute(insert(lot_run).values(**row)))
    found = {each.practice: each for each in await plant.desks.improvements.hints()}
    assert set(found) == {"overproduction", "running_expired", "learning_standards"}
    assert found["overproduction"].evidence == [f"lot L99 on {PATH}: 20 of 10 wanted"]
    assert found["running_expired"].evidence == [
        "tool T1 (gauge): calibration was due 2026-12-01",
        "tool T2 (insert): its life is used up",
    ]
