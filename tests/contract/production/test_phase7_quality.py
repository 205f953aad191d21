"""Phase 7, quality control: every sentence of its acceptance, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gateway.clock import ManualClock
from gateway.deviation import IssueType
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.model import DataType, Principal, SampleBatch, Signal, SignalKind, SignalRole
from gateway.ports import Chunk
from gateway.ports.gates import GateAsked, GateKind
from gateway.production.quality.model import (
    Checklist,
    ChecklistItem,
    CheckRun,
    CheckState,
    Direction,
    Disposition,
    Gate,
    ItemKind,
    NcState,
    NewLot,
    Origin,
    Sampling,
    Stops,
    Thing,
    Trigger,
)
from gateway.production.quality.port import Quality
from gateway.production.quality.watch import QualityWatch
from gateway.store import Store
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory
from tests.peers.spc_oracle import numbers
from tests.peers.web_quality import quality_over

S = 10**9
MACHINE = "plant/milling/cell1/m8"
GOOD, REJECT, STATE, SIZE = range(4)
SIGNALS = (
    Signal(path=f"{MACHINE}/good", data_type=DataType.INTEGER, kind=SignalKind.COUNTER,
           role=SignalRole.GOOD_COUNT, counter_bits=16),
    Signal(path=f"{MACHINE}/reject", data_type=DataType.INTEGER, kind=SignalKind.COUNTER,
           role=SignalRole.REJECT_COUNT, counter_bits=16),
    Signal(path=f"{MACHINE}/state", data_type=DataType.ENUM, kind=SignalKind.STATE,
           role=SignalRole.STATE),
    Signal(path=f"{MACHINE}/size", unit="mm"),
)  # fmt: skip
SIZE_ITEM = ChecklistItem(
    id="size", text="Size", kind=ItemKind.NUMBER, unit="mm", low=9.9, high=10.1, signal="size"
)
LOOKS = ChecklistItem(id="looks", text="No burr", kind=ItemKind.YES_NO)
EVERY_50 = (
    Sampling(trigger=Trigger.FIRST),
    Sampling(trigger=Trigger.COUNT, every=50),
    Sampling(trigger=Trigger.LAST),
)
ANNA = "anna"
QUALITY = Principal(name="quinn", kind="person", roles=frozenset({"quality"}))
MANAGER = Principal(name="mary", kind="person", roles=frozenset({"production_manager"}))


@dataclass
class Cell:
    """One machine, its quality control, and a journal that the test writes."""

    store: Store
    clock: ManualClock
    quality: Quality
    watch: QualityWatch
    seq: int = 0
    made: int = 65_500
    """What the counter shows: it rolls over at 16 bits on the way."""

    async def tell(self, rows: Sequence[tuple[int, int, float]], quality: int = 0) -> None:
        """Journal rows of (signal, time, value)."""
        self.seq += 1
        batch = SampleBatch.of(
            signal=[each[0] for each in rows], source_ns=[each[1] for each in rows],
            value=[each[2] for each in rows], received_ns=self.clock.now_ns(), quality=quality,
        )  # fmt: skip
        await self.watch.write(Chunk(batch=batch, first_seq=self.seq, last_seq=self.seq))

    def count(self, pieces: int) -> tuple[int, int, float]:
        """Return the counter's row some pieces on."""
        self.made += pieces
        return GOOD, self.clock.now_ns(), float(self.made % 65_536)

    async def make(self, pieces: int, size: float = 10.0) -> None:
        """Make pieces one a second, each measured."""
        for _ in range(pieces):
            await self.clock.advance(1.0)
            now_ns = self.clock.now_ns()
            await self.tell([(SIZE, now_ns - 1, size), self.count(1)])

    async def at_once(self, pieces: int, size: float = 10.0) -> None:
        """Make pieces that are told in one reading."""
        await self.clock.advance(float(pieces))
        await self.tell([(SIZE, self.clock.now_ns() - 1, size), self.count(pieces)])

    async def in_force(self, wanted: Checklist) -> None:
        made = await self.quality.checklists.draft(wanted, by=ANNA)
        await self.quality.checklists.submit(made.id, made.version, by=ANNA)
        await self.quality.checklists.approve(made.id, made.version, by="quinn")

    async def begin(self, lot: str, **more: Any) -> int:
        new = NewLot(lot=lot, machine=MACHINE, product=more.pop("product", "P1"), **more)
        run = await self.quality.lots.begin(new, by=ANNA)
        await self.clock.advance(3.0)
        await self.watch.settle()
        return run.id

    async def end(self, run: int) -> None:
        await self.clock.advance(1.0)
        await self.quality.lots.end(run, by=ANNA)
        await self.clock.advance(3.0)
        await self.watch.settle()

    async def all_checks(self) -> list[CheckRun]:
        checks = self.quality.checks
        found = [*await checks.checks(), *await checks.checks(done=True)]
        return sorted(found, key=lambda each: each.number)

    async def restarted(self) -> Cell:
        """Return the same after a kill: what was not committed is read again from the cursor."""
        quality, watch = quality_over(
            self.store, catalogue=FakeCatalogue(*SIGNALS), history=FakeHistory(), clock=self.clock
        )
        return replace(self, quality=quality, watch=watch, seq=await watch.cursor())


@pytest.fixture
async def cell(url: str, clock: ManualClock) -> AsyncIterator[Cell]:
    store = await Store.open(url)
    quality, watch = quality_over(
        store, catalogue=FakeCatalogue(*SIGNALS), history=FakeHistory(), clock=clock
    )
    made = Cell(store=store, clock=clock, quality=quality, watch=watch)
    await made.watch.cursor()
    await made.tell([made.count(0), (STATE, clock.now_ns(), 6.0)])
    yield made
    await store.close()


def checklist(*items: ChecklistItem, **more: Any) -> Checklist:
    sampling = more.pop("sampling", EVERY_50)
    return Checklist(
        id="dims", title="Dimensions", items=items or (SIZE_ITEM,), machines=(MACHINE,),
        sampling=sampling, **more,
    )  # fmt: skip


async def test_first_every_50_and_last_over_250_pieces_are_6_checks(cell: Cell) -> None:
    await cell.in_force(checklist())
    run = await cell.begin("L1", wanted=250)
    await cell.at_once(120)
    await cell.make(130)
    await cell.end(run)
    found = await cell.all_checks()
    assert [each.piece for each in found] == [1, 50, 100, 150, 200, 250]
    assert [each.state for each in found] == [CheckState.PASSED] * 6
    assert found[-1].triggers == (Trigger.COUNT, Trigger.LAST)
    assert (await cell.quality.lots.lots())[0].pieces == 250


async def test_checks_fall_due_once_even_if_counts_come_late_and_after_a_kill(cell: Cell) -> None:
    await cell.in_force(checklist())
    await cell.begin("L1", wanted=250)
    early = [cell.count(60)]
    await cell.clock.advance(10.0)
    later = [cell.count(60)]
    await cell.tell(later)
    # The older reading comes last: its pieces are in the newer one already.
    await cell.tell(early)
    again = await cell.restarted()
    await again.tell(early)
    await again.at_once(130)
    assert [each.piece for each in await again.all_checks()] == [1, 50, 100, 150, 200, 250]


async def test_a_lot_that_ends_early_is_checked_at_its_last_piece(cell: Cell) -> None:
    await cell.in_force(checklist())
    run = await cell.begin("L1", wanted=250)
    await cell.at_once(70)
    await cell.end(run)
    found = await cell.all_checks()
    assert [each.piece for each in found] == [1, 50, 70]
    assert found[-1].triggers == (Trigger.LAST,)


async def test_checks_by_time_after_a_change_over_and_after_a_stop(cell: Cell) -> None:
    sampling = (
        Sampling(trigger=Trigger.TIME, every=10), Sampling(trigger=Trigger.CHANGE_OVER),
        Sampling(trigger=Trigger.STOP, every=5),
    )  # fmt: skip
    await cell.in_force(checklist(LOOKS, sampling=sampling))
    first = await cell.begin("L1")
    await cell.at_once(1800)  # thirty minutes in one reading: only its last interval has pieces
    for state, minutes in ((11.0, 4), (6.0, 1), (11.0, 6), (6.0, 1)):
        await cell.tell([(STATE, cell.clock.now_ns(), state)])
        await cell.clock.advance(60.0 * minutes)
    await cell.end(first)
    second = await cell.begin("L2")
    await cell.end(second)
    await cell.begin("L3", product="P2")
    found = [(each.lot, each.triggers, each.piece) for each in await cell.all_checks()]
    assert sorted(found, key=lambda each: (each[0], each[2])) == [
        ("L1", (Trigger.CHANGE_OVER,), 0),
        ("L1", (Trigger.TIME,), 1800),
        ("L1", (Trigger.STOP,), 1801),
        ("L3", (Trigger.CHANGE_OVER,), 0),
    ]


async def test_a_failed_hard_gate_blocks_handover_and_dispatch_at_once_and_opens_an_issue(
    cell: Cell,
) -> None:
    await cell.in_force(checklist())
    await cell.begin("L1")
    await cell.at_once(1)
    assert await cell.quality.gates.blocks(machine=MACHINE) == []
    asked = GateAsked(
        job="W1/turn", order="W1", op="turn", product="P1", machine=MACHINE, lots=("L1",)
    )
    assert await cell.quality.gates.blocking(asked) == []
    before = cell.quality.gates.revision
    woken = asyncio.create_task(cell.quality.gates.wait(before))
    await asyncio.sleep(0)
    await cell.at_once(49, size=10.4)
    # The same call that took the reading: nothing has to be asked for, no time has to pass.
    await asyncio.wait_for(woken, 30)
    blocks = await cell.quality.gates.blocks(machine=MACHINE)
    assert [each.stops for each in blocks] == [Stops.DISPATCH, Stops.HANDOVER]
    assert blocks[1].lot == "L1"
    shut = await cell.quality.gates.blocking(asked)
    assert [each.kind for each in shut] == [GateKind.CHECKLIST, GateKind.LOT]
    elsewhere = replace(asked, machine="plant/milling/cell1/m9", lots=())
    assert await cell.quality.gates.blocking(elsewhere) == []
    assert "10.4 mm" in blocks[0].message
    (nc,) = await cell.quality.ncs.ncs()
    assert nc.state is NcState.OPEN
    issues = cell.quality.checks._issues  # type: ignore[attr-defined]
    (issue,) = await issues.list(states=(), limit=5)
    assert issue.type is IssueType.QUALITY
    assert issue.asset == MACHINE


async def test_a_hard_gate_that_is_due_holds_the_lot_and_not_the_machine(cell: Cell) -> None:
    await cell.in_force(checklist(SIZE_ITEM, LOOKS))
    await cell.begin("L1")
    await cell.at_once(1)
    (block,) = await cell.quality.gates.blocks()
    assert (block.stops, block.lot) == (Stops.HANDOVER, "L1")
    assert "No burr" in block.message
    (check,) = await cell.quality.checks.checks()
    filled = await cell.quality.checks.fill(
        check.number, item="looks", value=True, version=check.version, by=ANNA
    )
    assert filled.state is CheckState.PASSED
    assert await cell.quality.gates.blocks() == []


async def test_a_failed_soft_item_is_written_down_and_blocks_nothing(cell: Cell) -> None:
    await cell.in_force(checklist(replace(SIZE_ITEM, gate=Gate.SOFT)))
    await cell.begin("L1")
    await cell.at_once(1, size=12.0)
    (nc,) = await cell.quality.ncs.ncs()
    assert nc.gate is Gate.SOFT
    assert await cell.quality.gates.blocks() == []


async def test_suspects_are_exactly_what_was_made_since_the_last_passed_check(cell: Cell) -> None:
    await cell.in_force(checklist(sampling=EVERY_50[:2]))
    await cell.quality.lots.mount(MACHINE, material="bar", lot="B1", by=ANNA)
    first = await cell.begin("L1")
    await cell.at_once(120)  # 1, 50 and 100 passed
    await cell.end(first)
    await cell.quality.lots.mount(MACHINE, material="bar", lot="B2", by=ANNA)
    await cell.begin("L2")
    await cell.at_once(30, size=10.5)  # its first piece fails
    (nc,) = await cell.quality.ncs.ncs()
    assert nc.suspects.pieces == 50
    assert [(each.lot, each.pieces, each.first, each.last) for each in nc.suspects.lots] == [
        ("L1", 20, 101, 120), ("L2", 30, 1, 30),
    ]  # fmt: skip
    assert nc.suspects.materials == (("bar", "B1"), ("bar", "B2"))
    await cell.at_once(10, size=10.5)
    assert (await cell.quality.ncs.nc(nc.number)).suspects.pieces == 60
    await cell.at_once(10)  # piece 50 of L2 passes and bounds it
    assert (await cell.quality.ncs.nc(nc.number)).suspects.pieces == 70
    await cell.at_once(30)
    assert (await cell.quality.ncs.nc(nc.number)).suspects.pieces == 70


async def test_a_sensor_value_is_never_overtyped_only_voided_with_a_reason(cell: Cell) -> None:
    await cell.in_force(checklist(SIZE_ITEM, LOOKS))
    await cell.begin("L1")
    await cell.at_once(1, size=10.02)
    (check,) = await cell.quality.checks.checks()
    (told,) = check.results
    assert (told.value, told.origin, told.quality) == (10.02, Origin.SIGNAL, 0)
    assert told.source_ns == cell.clock.now_ns() - 1
    checks = cell.quality.checks
    with pytest.raises(ConflictError, match="void it with a reason"):
        await checks.fill(check.number, item="size", value=10.0, version=check.version, by=ANNA)
    with pytest.raises(InvalidRequestError, match="reason"):
        await checks.void(check.number, item="size", reason=" ", version=check.version, by="quinn")
    voided = await checks.void(
        check.number, item="size", reason="probe dirty", version=check.version, by="quinn"
    )
    with pytest.raises(ConflictError, match="changed meanwhile"):
        await checks.fill(check.number, item="size", value=10.0, version=check.version, by=ANNA)
    typed = await checks.fill(
        check.number, item="size", value=10.01, version=voided.version, by=ANNA
    )
    assert [(each.value, each.origin, each.void_reason) for each in typed.results] == [
        (10.02, Origin.SIGNAL, "probe dirty"), (10.01, Origin.PERSON, ""),
    ]  # fmt: skip


async def test_a_bad_or_old_value_is_not_taken_the_next_good_one_is(cell: Cell) -> None:
    await cell.in_force(checklist())
    await cell.begin("L1")
    await cell.tell([(SIZE, cell.clock.now_ns(), 10.0)])
    await cell.clock.advance(300.0)
    await cell.tell([(SIZE, cell.clock.now_ns(), 10.0)], quality=0x808C0000)
    await cell.tell([cell.count(1)])
    (check,) = await cell.quality.checks.checks()
    assert check.results == ()
    again = await cell.restarted()
    await again.clock.advance(5.0)
    await again.tell([(SIZE, again.clock.now_ns(), 10.03)], quality=0x40000000)
    (check,) = await again.all_checks()
    assert [(each.value, each.quality) for each in check.results] == [(10.03, 0x40000000)]
    assert check.state is CheckState.PASSED


async def failed(cell: Cell) -> int:
    """Return the nonconformance of a failed first piece that anna filled in part."""
    await cell.in_force(checklist(SIZE_ITEM, LOOKS))
    await cell.begin("L1")
    await cell.at_once(1)
    (check,) = await cell.quality.checks.checks()
    await cell.quality.checks.fill(
        check.number, item="looks", value=False, version=check.version, by=ANNA
    )
    (nc,) = await cell.quality.ncs.ncs()
    return nc.number


async def test_use_as_is_takes_two_signatures_and_none_of_who_made_or_proposed_it(
    cell: Cell,
) -> None:
    number = await failed(cell)
    ncs = cell.quality.ncs
    nc = await ncs.propose(
        number, disposition=Disposition.USE_AS_IS, reason="burr is inside", version=1, by="otto"
    )
    assert nc.needs == ("quality", "production_manager")
    for name in (ANNA, "otto"):
        with pytest.raises(ConflictError, match="somebody else signs"):
            await ncs.sign(number, version=nc.version, by=replace(QUALITY, name=name))
    with pytest.raises(ConflictError, match="changed meanwhile"):
        await ncs.sign(number, version=nc.version - 1, by=QUALITY)
    nc = await ncs.sign(number, version=nc.version, by=QUALITY)
    assert (nc.state, nc.needs) == (NcState.PROPOSED, ("production_manager",))
    both = replace(QUALITY, roles=frozenset({"quality", "production_manager"}))
    with pytest.raises(ConflictError, match="signed already"):
        await ncs.sign(number, version=nc.version, by=both)
    assert await cell.quality.gates.blocks(machine=MACHINE)
    nc = await ncs.sign(number, version=nc.version, by=MANAGER)
    assert nc.state is NcState.CLOSED
    assert [each.by for each in nc.signatures] == ["quinn", "mary"]
    assert await cell.quality.gates.blocks(machine=MACHINE) == []
    (check,) = await cell.all_checks()
    assert check.state is CheckState.DISPOSITIONED


async def test_rework_lets_work_go_on_once_signed_and_the_lot_once_every_piece_is_accounted_for(
    cell: Cell,
) -> None:
    number = await failed(cell)
    await cell.at_once(39)
    ncs, gates = cell.quality.ncs, cell.quality.gates
    nc = await ncs.propose(
        number, disposition=Disposition.REWORK, reason="deburr", version=1, by="otto"
    )
    await cell.at_once(5)  # made after the proposal: not in it
    with pytest.raises(ConflictError, match="needs the signature of: quality"):
        await ncs.sign(number, version=nc.version, by=MANAGER)
    nc = await ncs.sign(number, version=nc.version, by=QUALITY)
    assert nc.state is NcState.DECIDED
    assert [each.stops for each in await gates.blocks(machine=MACHINE)] == [Stops.HANDOVER]
    with pytest.raises(InvalidRequestError, match="40 suspect pieces"):
        await ncs.close(number, good=37, scrapped=2, version=nc.version, by="otto")
    nc = await ncs.close(number, good=37, scrapped=3, version=nc.version, by="otto")
    assert nc.outcome == {"good": 37, "scrapped": 3}
    assert await gates.blocks(machine=MACHINE) == []


async def test_a_proposal_given_back_starts_anew(cell: Cell) -> None:
    number = await failed(cell)
    ncs = cell.quality.ncs
    nc = await ncs.propose(
        number, disposition=Disposition.SCRAP, reason="burr", version=1, by="otto"
    )
    nc = await ncs.give_back(number, reason="measure first", version=nc.version, by="quinn")
    assert (nc.state, nc.disposition, nc.signatures) == (NcState.OPEN, None, ())
    with pytest.raises(ConflictError, match="only what is proposed"):
        await ncs.sign(number, version=nc.version, by=QUALITY)


async def test_genealogy_follows_lots_and_serials_both_ways(cell: Cell) -> None:
    lots = cell.quality.lots
    first = await cell.begin("L1", materials=(("bar", "B1"),))
    await cell.at_once(10)
    await cell.end(first)
    second = await cell.begin("L2", product="P2", materials=(("bar", "B2"), ("P1", "L1")))
    await cell.at_once(4)
    await lots.serial(second, serial="SN-1", parts=[(Thing.SERIAL, "CHIP-9")], by=ANNA)
    await lots.serial(second, serial="SN-1", parts=[], by=ANNA)
    back = await lots.trace(Thing.SERIAL, "SN-1", Direction.FROM)
    assert {each.id for each in back.nodes} == {"SN-1", "CHIP-9", "L2", "L1", "B1", "B2"}
    assert not back.cut
    assert next(each for each in back.nodes if each.id == "B1").depth == 3
    forth = await lots.trace(Thing.LOT, "B1", Direction.TO)
    assert [(each.id, each.what) for each in forth.nodes] == [
        ("B1", "bar"), ("L1", "P1"), ("L2", "P2"), ("SN-1", "P2"),
    ]  # fmt: skip
    # B2 came only with L2, and never into L1.
    assert {each.id for each in (await lots.trace(Thing.LOT, "B2", Direction.TO)).nodes} == {
        "B2", "L2", "SN-1",
    }  # fmt: skip
    with pytest.raises(NotFoundError, match="nothing is known"):
        await lots.trace(Thing.LOT, "B99", Direction.FROM)


async def test_the_chart_beside_an_item_is_the_oracles_individuals_chart(cell: Cell) -> None:
    case = numbers("nist_handbook_examples")["imr_6.3.2.2"]
    values = [float(each) for each in case["x"]]
    await cell.in_force(checklist(replace(SIZE_ITEM, low=None, high=None), sampling=EVERY_50[:1]))
    for number, value in enumerate(values):
        run = await cell.begin(f"L{number}")
        await cell.at_once(1, size=value)
        await cell.end(run)
    chart = await cell.quality.checks.chart("dims", "size", machine=MACHINE)
    assert chart.value == tuple(values)
    assert chart.centre == pytest.approx(case["xbar"])
    assert chart.lower == pytest.approx(case["LCL"], abs=2e-3)
    assert chart.upper == pytest.approx(case["UCL"], abs=2e-3)
    assert chart.fired == ((),) * len(values)


async def test_a_job_that_begins_twice_is_one_lot_and_two_lots_do_not_share_a_machine(
    cell: Cell,
) -> None:
    new = NewLot(lot="L1", machine=MACHINE, product="P1", job="W1/mill")
    one = await cell.quality.lots.begin(new, by="execution")
    assert (await cell.quality.lots.begin(new, by="execution")).id == one.id
    with pytest.raises(ConflictError, match="lot L1 runs on"):
        await cell.quality.lots.begin(replace(new, job="W2/mill"), by="execution")
    with pytest.raises(NotFoundError, match="has counted no pieces"):
        await cell.quality.lots.begin(replace(new, machine="plant/x/y/z", job="W3"), by=ANNA)


async def test_a_checklist_is_refused_with_every_flaw_and_approved_by_somebody_else(
    cell: Cell,
) -> None:
    wrong = checklist(
        replace(SIZE_ITEM, low=11.0), replace(LOOKS, high=3.0), LOOKS,
        sampling=(Sampling(trigger=Trigger.COUNT, every=0.5),),
    )  # fmt: skip
    with pytest.raises(InvalidRequestError) as told:
        await cell.quality.checklists.draft(wrong, by=ANNA)
    for flaw in (
        "low 11 is above high",
        "limits are for numbers",
        "stands there twice",
        "whole number",
    ):
        assert flaw in str(told.value)
    made = await cell.quality.checklists.draft(checklist(), by=ANNA)
    await cell.quality.checklists.submit("dims", made.version, by=ANNA)
    with pytest.raises(ConflictError, match="somebody else must approve"):
        await cell.quality.checklists.approve("dims", made.version, by=ANNA)


async def test_what_is_coming_is_counted_down(cell: Cell) -> None:
    await cell.in_force(checklist())
    await cell.begin("L1", wanted=250)
    await cell.at_once(45)
    coming = {each.trigger: each.in_pieces for each in await cell.quality.checks.coming()}
    assert coming == {Trigger.COUNT: 5, Trigger.LAST: 205}
