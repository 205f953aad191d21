"""Phase 5, Resource Allocation: each of eight things failed alone blocks dispatch, tools, skills (production.md §2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import NS_PER_S, ManualClock
from gateway.deviation import Issue, IssueType, Severity
from gateway.errors import ConflictError
from gateway.model import DataType, SampleBatch, Signal, SignalKind, SignalRole
from gateway.ports import GateAsked, GateBlock, GateKind
from gateway.production.archive import Archive
from gateway.production.execution.port import Act, Aspect, Commanded
from gateway.production.lifecycle import JobState, LotState, ToolState, WorkOrderState
from gateway.production.model import JobOrder, MaterialLot, Person, Schedule, Skill, Tool
from gateway.store import Store
from tests.peers.shop_floor import ANNA, LATHE, QTY, changed, fill, things
from tests.peers.web_execution import Executing, Floor, execution_over
from tests.peers.web_services import MemoryPlant, memory_plant

EIGHT = datetime(2027, 1, 4, 7, 0, tzinfo=UTC)
"""Monday, 08:00 in the plant."""

START = Commanded(act=Act.START)


class Shut:
    """Gates that a test shuts."""

    def __init__(self) -> None:
        self.blocks: list[GateBlock] = []
        self.asked: list[GateAsked] = []

    async def blocking(self, asked: GateAsked) -> Sequence[GateBlock]:
        self.asked.append(asked)
        return self.blocks


@dataclass(frozen=True)
class House:
    """A small shop, with everything that a test turns."""

    shop: dict[str, Any]
    archive: Archive
    clock: ManualClock
    gates: Shut
    plant: MemoryPlant
    executing: Executing

    async def kept(self, **changes: Any) -> House:
        """Keep the shop with some of it replaced."""
        await fill(self.archive, self.shop | changes)
        return self

    async def problems(self, job: str = "W-1/turn") -> dict[Aspect, str]:
        """Return what fails of a job, with the tool and lot that the gateway would give it."""
        with pytest.raises(ConflictError) as refused:
            await self.executing.desk.command(job, START, by=ANNA)
        found = await self.executing.desk.readiness(job)
        failed = {each.aspect: each.problem for each in found.checks if each.problem}
        assert str(refused.value)
        return failed


@pytest.fixture
async def house(url: str, tmp_path: Path) -> AsyncIterator[House]:
    clock = ManualClock(start_ns=int(EIGHT.timestamp()) * NS_PER_S)
    store = await Store.open(url)
    plant = memory_plant(folder=tmp_path, clock=clock)
    gates = Shut()
    floor = Floor(
        catalogue=plant.catalogue, latest=plant.store, presence=plant.presence,
        performance=plant.services.performance,
    )  # fmt: skip
    executing = execution_over(store, clock, floor, issues=plant.issues, gates=gates)
    shop = things(clock.now_ns() // (60 * NS_PER_S))
    yield House(shop, Archive(store, clock=clock), clock, gates, plant, executing)
    await store.close()


async def allocated(house: House, job: str = "W-1/turn") -> None:
    """Give a job what it takes by name, so that nothing but what a test breaks is missing."""
    await house.executing.desk.allocate(job, tool="T-1", people=["201"], lots=["L-1"], by=ANNA)


async def test_phase5_a_job_for_which_all_eight_hold_is_begun(house: House) -> None:
    await house.kept()
    await allocated(house)
    found = await house.executing.desk.readiness("W-1/turn")
    assert [each.aspect for each in found.checks] == list(Aspect)
    assert found.problems == ()
    run = await house.executing.desk.command("W-1/turn", START, by=ANNA)
    assert run.state is JobState.RUNNING
    assert house.gates.asked[-1] == GateAsked(
        job="W-1/turn", order="W-1", op="turn", product="P", machine="M1",
        checklist="first piece", lots=("L-1",),
    )  # fmt: skip


async def test_phase5_an_order_that_is_not_released_blocks(house: House) -> None:
    held = replace(house.shop["order 1"], state=WorkOrderState.HOLD)
    await house.kept(**{"order 1": held})
    await allocated(house)
    assert await house.problems() == {Aspect.ORDER: "order W-1 is hold, not released"}


async def test_phase5_a_step_before_blocks_until_it_is_handed_over(house: House) -> None:
    await house.kept()
    desk = house.executing.desk
    assert await house.problems("W-1/test") == {
        Aspect.PREDECESSOR: "step turn before it is planned"
    }
    await allocated(house)
    await desk.command("W-1/turn", START, by=ANNA)
    await desk.command("W-1/turn", Commanded(act=Act.FINISH, good=QTY), by=ANNA)
    assert await house.problems("W-1/test") == {
        Aspect.PREDECESSOR: "step turn is done, but quality has not accepted 250 bodies"
    }
    await desk.command("W-1/turn", Commanded(act=Act.ACCEPT), by=ANNA)
    run = await desk.command("W-1/test", START, by=ANNA)
    assert run.state is JobState.RUNNING


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"state": LotState.QUARANTINE}, "lot L-1 of bar is in quarantine"),
        ({"state": LotState.BLOCKED}, "lot L-1 of bar is blocked"),
        ({"qty": 150.0}, "bar: 200 are needed, released lots hold 150"),
    ],
)
async def test_phase5_a_lot_that_is_not_released_or_too_small_blocks(
    house: House, values: dict[str, Any], said: str
) -> None:
    await house.kept()
    await allocated(house)
    await changed(house.archive, MaterialLot, "L-1", **values)
    assert await house.problems() == {Aspect.MATERIAL: said}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"used_cycles": 800}, "tool T-1 has 200 of 1000 cycles left, 250 are needed"),
        ({"state": ToolState.WORN}, "tool T-1 is worn"),
        (
            {"calibration_due": datetime(2027, 1, 3, tzinfo=UTC).date()},
            "tool T-1: its calibration ended with 2027-01-03",
        ),
    ],
)
async def test_phase5_a_tool_at_its_end_or_out_of_calibration_blocks(
    house: House, values: dict[str, Any], said: str
) -> None:
    await house.kept()
    await allocated(house)
    await changed(house.archive, Tool, "T-1", **values)
    assert await house.problems() == {Aspect.TOOL: said}


@pytest.mark.parametrize(
    ("skills", "said"),
    [
        ((Skill(skill="welding", level=4),), "201 has no skill machining"),
        ((Skill(skill="machining", level=1),), "201 has machining level 1, the step wants 2"),
    ],
)
async def test_phase5_a_person_without_the_skill_blocks(
    house: House, skills: tuple[Skill, ...], said: str
) -> None:
    await house.kept()
    await allocated(house)
    await changed(house.archive, Person, "201", skills=skills)
    assert await house.problems() == {Aspect.SKILL: said}


async def test_phase5_nobody_with_the_skill_blocks_where_nobody_is_named(house: House) -> None:
    skills = (Skill(skill="welding", level=4),)
    await house.kept(person=replace(house.shop["person"], skills=skills))
    await house.executing.desk.allocate("W-1/turn", tool="T-1", people=[], lots=[], by=ANNA)
    assert await house.problems() == {
        Aspect.SKILL: "1 with machining level 2 needed, 0 are free and valid now"
    }


async def test_phase5_a_checklist_blocks_with_what_the_gate_says(house: House) -> None:
    await house.kept()
    await allocated(house)
    why = "checklist 'first piece' is due"
    house.gates.blocks = [GateBlock(kind=GateKind.CHECKLIST, why=why)]
    assert await house.problems() == {Aspect.CHECKLIST: why}


async def test_phase5_a_machine_in_another_mode_than_production_blocks(house: House) -> None:
    await house.kept()
    await allocated(house)
    mode = Signal(
        path=f"{LATHE}/mode", kind=SignalKind.STATE, data_type=DataType.ENUM,
        role=SignalRole.MODE, labels=((1, "Production"), (2, "Maintenance")),
    )  # fmt: skip
    (index,) = house.plant.catalogue.register([mode]).tolist()
    now_ns = house.clock.now_ns()
    for value in (1.0, 2.0):
        house.plant.store.append(
            SampleBatch.of(signal=[index], source_ns=[now_ns], value=[value], received_ns=now_ns)
        )
    assert await house.problems() == {
        Aspect.MACHINE: "M1 is in mode Maintenance, not in production"
    }


async def test_phase5_an_open_issue_of_the_machine_blocks(house: House) -> None:
    await house.kept()
    await allocated(house)
    issue = _issue(house.clock.now_ns(), Severity.P1)
    house.plant.issues.issues[7] = issue
    assert await house.problems() == {Aspect.ISSUE: "issue 7 (P1) is open: Guard door switch fails"}
    house.plant.issues.issues[7] = replace(issue, severity=Severity.P2)
    run = await house.executing.desk.command("W-1/turn", START, by=ANNA)
    assert run.state is JobState.RUNNING


def _issue(now_ns: int, severity: Severity) -> Issue:
    from gateway.deviation import IssueState

    return Issue(
        number=7, state=IssueState.TRIAGE, title="Guard door switch fails", severity=severity,
        type=IssueType.SAFETY, cause="door", rule="door", rule_version="1", asset=LATHE,
        signal=f"{LATHE}/door", onset_ns=now_ns, opened_ns=now_ns, active=True, cleared_ns=None,
        closed_ns=None, occurrences=1, value=None, limits={}, explanation="",
    )  # fmt: skip


async def test_phase5_one_tool_on_two_overlapping_jobs_is_refused(house: House) -> None:
    await house.kept()
    desk = house.executing.desk
    await allocated(house)
    with pytest.raises(ConflictError, match="tool T-1 is given to W-1/turn at that time"):
        await allocated(house, "W-2/turn")
    # Without being named it is not given either: the only insert is taken at that time.
    with pytest.raises(ConflictError, match="no insert is given to the job"):
        await desk.command("W-2/turn", START, by=ANNA)
    schedule = await house.archive.get(Schedule, "plant")
    apart = tuple(_later(each) if each.id == "W-2/turn" else each for each in schedule.jobs)
    await changed(house.archive, Schedule, "plant", jobs=apart)
    await allocated(house, "W-2/turn")


def _later(job: JobOrder) -> JobOrder:
    return replace(job, start_at_min=job.start_at_min + 60, end_at_min=job.end_at_min + 60)


async def test_phase5_tool_life_falls_by_counted_cycles(house: House) -> None:
    await house.kept()
    desk = house.executing.desk
    await changed(house.archive, Tool, "T-1", used_cycles=600)
    await allocated(house)
    await desk.command("W-1/turn", START, by=ANNA)
    await desk.command("W-1/turn", Commanded(act=Act.COUNT, good=140, reject=10), by=ANNA)
    await desk.command("W-1/turn", Commanded(act=Act.FINISH, good=QTY - 140), by=ANNA)
    assert (await desk.detail("W-1/turn")).job.run.good == QTY
    schedule = await house.archive.get(Schedule, "plant")
    apart = tuple(_later(each) if each.id == "W-2/turn" else each for each in schedule.jobs)
    await changed(house.archive, Schedule, "plant", jobs=apart)
    await allocated(house, "W-2/turn")
    # 1000 - 600 - 250 good - 10 rejected
    assert (await house.problems("W-2/turn"))[Aspect.TOOL] == (
        "tool T-1 has 140 of 1000 cycles left, 250 are needed"
    )
    # A new entry of the tool starts its own count.
    await changed(house.archive, Tool, "T-1", used_cycles=0)
    found = await desk.readiness("W-2/turn")
    assert not found.checks[list(Aspect).index(Aspect.TOOL)].problem


async def test_phase5_an_expired_skill_blocks_at_the_minute_of_its_expiry(house: House) -> None:
    await house.kept()
    await allocated(house)
    desk = house.executing.desk
    # It holds through 4 January in the plant, which ends at 23:00 UTC.
    left_s = (datetime(2027, 1, 4, 23, 0, tzinfo=UTC) - EIGHT).total_seconds()
    await house.clock.advance(left_s - 60)
    assert (await desk.readiness("W-1/turn")).problems == ()
    await house.clock.advance(60)
    assert await house.problems() == {Aspect.SKILL: "201: machining expired with 2027-01-04"}
