"""The loop from imported tables to a published schedule, a breakdown, and a next plan that has learnt."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.errors import ConflictError, NotFoundError
from gateway.production.capacity.gaps import RemedyKind
from gateway.production.capacity.load import ResourceKind
from gateway.production.capacity.plan import Decision, approve, check, decide, draft
from gateway.production.floor import Floor
from gateway.production.lifecycle import PlanState
from gateway.production.model import DemandLine, ScheduleCause, StandardTime
from gateway.production.orders import by_week, causes, work_orders
from gateway.production.schedule.build import Asked, build, to_jobs
from gateway.production.schedule.check import faults
from gateway.production.schedule.confidence import Noise, confidence
from gateway.production.schedule.repair import Breakdown, right_shift
from gateway.production.schedule.solve.solver import solve
from gateway.production.schedule.solve.strategy import Exact
from gateway.production.schedule.versions import difference
from gateway.production.tables.entities import (
    to_calendars,
    to_demand,
    to_machines,
    to_people,
    to_products,
    to_routings,
    to_setups,
)
from gateway.production.tables.importing import read_table
from gateway.production.workflow.versions import approved, submitted

MONDAY = date(2027, 1, 4)
START = int(datetime(2027, 1, 4, 5, tzinfo=UTC).timestamp()) // 60
PRODUCTS = "id,family,scrap\nP1,red,0.02\nP2,blue,0\n"
MACHINES = "id,work_centre,calendar\nM1,mill,two\nM2,mill,two\nL1,lab,two\n"
CALENDAR = "resource,weekday,from,to,break\n" + "".join(
    f"two,{day},{begin},{end},{pause}\n"
    for day in ("mon", "tue", "wed", "thu", "fri")
    for begin, end, pause in (("06:00", "14:00", "10:00-10:30"), ("14:00", "22:00", "18:00-18:30"))
)
ROUTINGS = "product,op,after,work_centre,run_s,skill,role,accepts\n" + "".join(
    f"{product},mill,,mill,{run},miller,operator,quality\n{product},test,mill,lab,20,,quality,\n"
    for product, run in (("P1", 60), ("P2", 48))
)
PEOPLE = "id,skill,level\n" + "".join(f"{each},miller,2\n" for each in range(4))
SETUP = "work_centre,from,to,min\nmill,red,blue,20\nmill,blue,red,15\n"
ORDERS = "id,product,qty,due,priority\n" + "".join(
    f"A{each},P{each % 2 + 1},{120 + each % 5 * 20},{MONDAY + timedelta(days=each % 10 + each % 10 // 5 * 2)},{each % 9 + 1}\n"
    for each in range(60)
)


def rows(name, content):
    return read_table(name, name=f"{name}.csv", content=content.encode())


@pytest.fixture
def floor():
    drafts, times = to_routings(rows("routings", ROUTINGS), author="anna")
    held = Floor(
        calendars={
            each.id: each for each in to_calendars(rows("calendar", CALENDAR), zone="Europe/Berlin")
        },
        machines=to_machines(rows("machines", MACHINES), calendar="two"),
        products={each.id: each for each in to_products(rows("products", PRODUCTS))},
        routings={},
        standards=times,
        people=to_people(rows("people", PEOPLE), calendar="two"),
        setups={each.work_centre: each for each in to_setups(rows("setup", SETUP))},
    )
    active = {}
    for each in drafts:
        (active[each.product],) = approved(
            (submitted(each, held, on=MONDAY),), 1, held, by="ben", on=MONDAY
        )
    return replace(held, routings=active)


async def test_sixty_orders_from_their_file_to_a_changed_next_plan(floor):
    lines = to_demand(rows("orders", ORDERS))
    weeks = (MONDAY, MONDAY + timedelta(weeks=1), MONDAY + timedelta(weeks=2))
    plan = check(
        draft(number=1, demand=by_week(lines), opening={"P1": 200.0}, weeks=weeks, proposer="lead",
              orders=causes(lines)), floor,
    )  # fmt: skip
    for gap in plan.undecided:
        plan = decide(plan, Decision(gap=gap.id, remedy=RemedyKind.OVERTIME, by="cleo", reason="x"))
    plan = approve(plan, by="cleo")
    orders = work_orders(plan, lines, routings=floor.routings, time_zone="Europe/Berlin")
    assert 50 < len(orders) <= 60
    assert sum(each.qty for each in orders) == sum(each.output for each in plan.lines)

    versions = {(name, each.version): each for name, each in floor.routings.items()}
    built = build(floor, Asked(orders=orders, routings=versions, start_at_min=START, days=40))
    found = await solve(built.problem, seconds=1, exact=Exact.NEVER)
    jobs = to_jobs(built, found.plan)
    assert len(jobs) == 2 * len(orders)
    sure = confidence(built.problem, found.plan, Noise(sigma=0.1), seed=1, runs=200)
    assert set(sure.p_on_time) == {each.id for each in orders}

    broken = Breakdown(machine=0, from_min=300, until_min=540)
    repair = right_shift(built.problem, found.plan, broken, now_min=300)
    assert faults(repair.problem, repair.plan) == ()
    shifted = to_jobs(replace(built, problem=repair.problem), repair.plan)
    diff = difference(jobs, shifted, orders, frozen_until_min=START + 360)
    assert diff.moves
    assert not diff.machine_changes
    assert ScheduleCause.BREAKDOWN == "breakdown"

    measured = StandardTime(product="P1", op="mill", run_s=66, version=2)
    learnt = replace(floor, standards=(*floor.standards, measured))
    again = check(replace(plan, state=PlanState.DRAFT, gaps=(), decisions=()), learnt)

    def milled(one):
        centre = (ResourceKind.WORK_CENTRE, "mill")
        return sum(
            next(each.load for each in one.resources if (each.kind, each.resource) == centre)
        )

    assert milled(again) > milled(plan) * 1.03


def test_a_plan_is_released_only_when_approved_and_stock_goes_to_what_is_due_first(floor):
    lines = [
        DemandLine(id="late", product="P1", qty=50, due=MONDAY + timedelta(days=4)),
        DemandLine(id="early", product="P1", qty=30, due=MONDAY + timedelta(days=1), priority=1),
    ]
    plan = draft(
        number=1, demand={"P1": {MONDAY: 100.0}}, opening={"P1": 40.0}, weeks=(MONDAY,),
        proposer="lead",
    )  # fmt: skip
    with pytest.raises(ConflictError, match="only an approved plan is released"):
        work_orders(plan, lines, routings=floor.routings, time_zone="Europe/Berlin")
    plan = approve(check(plan, floor), by="cleo")
    found = work_orders(plan, lines, routings=floor.routings, time_zone="Europe/Berlin")
    assert [(each.id, each.qty) for each in found] == [("W-late", 40), (f"S-P1-{MONDAY}", 20)]
    end = int(datetime(2027, 1, 8, 23, tzinfo=UTC).timestamp()) // 60
    assert found[0].due_at_min == end  # midnight in Berlin
    with pytest.raises(NotFoundError, match="P1 has no routing in force"):
        work_orders(plan, lines, routings={}, time_zone="Europe/Berlin")
