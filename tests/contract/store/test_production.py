"""Versions of production's things on SQLite and PostgreSQL alike."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from gateway.clock import ManualClock
from gateway.errors import ConflictError, NotFoundError
from gateway.production.archive import Archive
from gateway.production.capacity.gaps import Gap, GapKind, Remedy, RemedyKind
from gateway.production.capacity.plan import PlanLine, ProductionPlan
from gateway.production.lifecycle import PlanState, RoutingState, ScheduleState
from gateway.production.model import (
    Calendar,
    Crew,
    DayException,
    DemandLine,
    Equipment,
    ForecastRun,
    Handover,
    JobOrder,
    MaterialLot,
    Operation,
    Override,
    Person,
    Product,
    Routing,
    Schedule,
    ScheduleCause,
    SetupMatrix,
    Shift,
    Skill,
    StandardTime,
    Tool,
    WorkOrder,
)
from gateway.store import Store

DAY = date(2027, 1, 4)
SHIFT = Shift(weekday=0, start_min=360, end_min=840, breaks=((600, 630),))
STEP = Operation(
    op="10", work_centre="mill", machines=("M1",), crew=Crew(skill="miller"),
    handover=Handover(what="pieces", accepted_by="quality"),
)  # fmt: skip
GAP = Gap(
    id="overload:machine:M1", kind=GapKind.OVERLOAD, resource="M1", week=DAY, short=420.0, message="m",
    orders=("A",), remedies=(Remedy(kind=RemedyKind.OVERTIME, text="t", amount=420.0),),
)  # fmt: skip
PLAN = ProductionPlan(
    id=1, weeks=(DAY,), proposer="lead", gaps=(GAP,), state=PlanState.CHECKED,
    lines=(PlanLine(product="P", week=DAY, opening=0, demand=5, output=5, closing=0),),
)  # fmt: skip
JOB = JobOrder(
    id="W/10", order="W", op="10", machine="M1", start_at_min=30_000_000, end_at_min=30_000_060
)
SCHEDULE = Schedule(
    jobs=(JOB,), cause=ScheduleCause.MANUAL, frozen_until_min=0, cost=1.5, p_on_time={"W": 0.9}
)
THINGS = (
    Equipment(id="M1", work_centre="mill", calendar="c"),
    Calendar(id="c", zone="Europe/Berlin", shifts=(SHIFT,), exceptions=(DayException(day=DAY),)),
    Person(id="1", calendar="c", skills=(Skill(skill="miller", level=2, valid_to=DAY),)),
    Tool(id="T", tool_class="vice", calibration_due=DAY),
    MaterialLot(lot="L", material="steel", qty=0.1),
    SetupMatrix(work_centre="mill", minutes={("red", "a,b"): 20}),
    Product(id="P", materials={"steel": 0.5}),
    Routing(product="P", operations=(STEP,), author="anna"),
    StandardTime(product="P", op="10", machine="M1", run_s=72.5),
    DemandLine(id="A", product="P", qty=5, due=DAY),
    ForecastRun(
        product="P", weeks=(DAY,), method="naive", point=(1.0,), p50=(1.0,), p80=(2.0,), mase=None,
        bias=0.1, weak=False, overrides=(Override(week=DAY, qty=3, by="a", reason="fair"),),
    ),
    PLAN,
    WorkOrder(id="W", product="P", qty=5, due_at_min=30_000_000),
    SCHEDULE,
)  # fmt: skip


async def test_everything_comes_back_as_it_was_kept(url: str) -> None:
    store = await Store.open(url)
    archive = Archive(store, clock=ManualClock())
    await archive.add(THINGS, by="anna")
    for thing in THINGS:
        assert await archive.newest(type(thing)) == (thing,)
    assert await archive.get(StandardTime, "P\x1f10\x1fM1") == THINGS[8]
    await store.close()
    store = await Store.open(url)
    assert await Archive(store, clock=ManualClock()).get(Schedule, "plant") == SCHEDULE
    await store.close()


async def test_versions_follow_each_other_and_all_are_added_or_none(url: str) -> None:
    store = await Store.open(url)
    archive = Archive(store, clock=ManualClock())
    first = Product(id="P", scrap_fraction=0.01)
    second = replace(first, scrap_fraction=0.02, version=2)
    await archive.add([first, second], by="anna")
    with pytest.raises(ConflictError, match="product 'P' version 2 does not follow version 2"):
        await archive.add([Product(id="Q"), second], by="anna")
    assert [each.id for each in await archive.newest(Product)] == ["P"]
    assert await archive.get(Product, "P") == second
    assert await archive.get(Product, "P", 1) == first
    assert await archive.versions(Product, "P") == (first, second)
    with pytest.raises(NotFoundError, match="there is no product 'P' version 3"):
        await archive.get(Product, "P", 3)
    await store.close()


async def test_a_used_version_changes_its_state_only(url: str) -> None:
    store = await Store.open(url)
    archive = Archive(store, clock=ManualClock())
    draft = Routing(product="P", operations=(STEP,), author="anna")
    await archive.add([draft], by="anna")
    edited = replace(draft, operations=(replace(STEP, wait_min=5),))
    await archive.change(draft, edited, by="anna")
    review = replace(edited, state=RoutingState.REVIEW)
    await archive.change(edited, review, by="anna")
    with pytest.raises(ConflictError, match="is review: operations change only with a new version"):
        await archive.change(review, replace(review, operations=(STEP,)), by="anna")
    active = replace(review, state=RoutingState.ACTIVE, approver="ben")
    await archive.change(review, active, by="ben")
    assert await archive.newest(Routing, state="active") == (active,)
    assert await archive.newest(Routing, state="draft") == ()
    with pytest.raises(ConflictError, match="was changed since it was read"):
        await archive.change(review, active, by="cleo")
    with pytest.raises(ConflictError, match="add it as a new version"):
        await archive.change(active, replace(active, version=2), by="cleo")
    with pytest.raises(NotFoundError):
        await archive.change(replace(draft, product="Q"), replace(draft, product="Q"), by="x")
    await store.close()


async def test_of_two_who_decide_at_once_one_is_told_to_read_again(url: str) -> None:
    store = await Store.open(url)
    archive = Archive(store, clock=ManualClock())
    await archive.add([SCHEDULE], by="anna")
    approved = replace(SCHEDULE, state=ScheduleState.APPROVED, approver="ben")
    ended = replace(SCHEDULE, state=ScheduleState.SUPERSEDED)
    results = await asyncio.gather(
        archive.change(SCHEDULE, approved, by="ben"), archive.change(SCHEDULE, ended, by="cleo"),
        return_exceptions=True,
    )  # fmt: skip
    assert [type(each) for each in results] == [type(None), ConflictError]
    await store.close()
