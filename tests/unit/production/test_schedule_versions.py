"""From orders to a published schedule: building, pins, freezing, projection, drag, diff and approval."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.production.floor import Floor
from gateway.production.lifecycle import ScheduleState
from gateway.production.model import (
    Calendar,
    Crew,
    Equipment,
    Interruption,
    Operation,
    Person,
    Pin,
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
from gateway.production.schedule.build import Asked, build, pool, to_jobs
from gateway.production.schedule.check import faults
from gateway.production.schedule.live import Progress, dragged, projected
from gateway.production.schedule.solve.decode import Shop
from gateway.production.schedule.solve.search import greedy
from gateway.production.schedule.versions import approved, difference, published


def minute(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // 60


MONDAY = minute("2027-01-04T05:00")  # 06:00 in Berlin
DAY = Calendar(
    id="day", zone="Europe/Berlin",
    shifts=tuple(Shift(weekday=at, start_min=360, end_min=840, breaks=((600, 630),)) for at in range(5)),
)  # fmt: skip
LATE = replace(
    DAY, id="late", shifts=tuple(Shift(weekday=at, start_min=600, end_min=1080) for at in range(5))
)
ROUTING = Routing(
    product="red", version=2,
    operations=(
        Operation(op="mill", work_centre="mill", crew=Crew(skill="miller"), tool_class="vice"),
        Operation(op="test", work_centre="lab", after=("mill",), interruption=Interruption.BLOCKS),
    ),
)  # fmt: skip
FLOOR = Floor(
    calendars={"day": DAY, "late": LATE},
    machines=(
        Equipment(id="M1", work_centre="mill", calendar="day", family="red"),
        Equipment(id="M2", work_centre="mill", calendar="day"),
        Equipment(id="L1", work_centre="lab", calendar="day"),
    ),
    products={"red": Product(id="red", family="red", scrap_fraction=0.03), "blue": Product(id="blue", family="blue")},
    routings={},
    standards=tuple(
        StandardTime(product=product, op=op, run_s=run, setup_min=30)
        for product in ("red", "blue") for op, run in (("mill", 72), ("test", 6))
    ),
    people=(
        Person(id="1", calendar="day", skills=(Skill(skill="miller", level=2),)),
        Person(id="2", calendar="late", skills=(Skill(skill="miller", level=1),)),
    ),
    tools=(Tool(id="V1", tool_class="vice"), Tool(id="V2", tool_class="vice")),
    setups={"mill": SetupMatrix(work_centre="mill", minutes={("red", "blue"): 20, ("blue", "red"): 25})},
)  # fmt: skip
ORDERS = tuple(
    WorkOrder(id=f"W{at}", product=product, qty=100, due_at_min=MONDAY + 600, routing_version=2)
    for at, product in enumerate(("red", "blue", "red"))
)
ROUTINGS = {("red", 2): ROUTING, ("blue", 2): replace(ROUTING, product="blue")}


def asked(**more):
    return Asked(
        **{"orders": ORDERS, "routings": ROUTINGS, "start_at_min": MONDAY, "days": 14} | more
    )


def solved(**more):
    built = build(FLOOR, asked(**more))
    return built, greedy(Shop(built.problem)).plan


def test_orders_become_tasks_with_minutes_from_the_standard():
    built, plan = solved()
    problem = built.problem
    assert [each.id for each in problem.tasks[:2]] == ["W0/mill", "W0/test"]
    assert problem.tasks[0].choices[0].run_min == 124  # 100 x 72 s / 0.97, set-up from the matrix
    assert problem.tasks[1].choices[0].run_min == 41  # 100 x 6 s / 0.97 and 30 of set-up
    assert problem.tasks[2].choices[0].run_min == 120
    assert problem.machines[0].setups["red", "blue"] == 20
    assert faults(problem, plan) == ()
    jobs = to_jobs(built, plan)
    assert min(each.start_at_min for each in jobs) == MONDAY
    assert all(each.machine in {"M1", "M2", "L1"} for each in jobs)


def test_people_of_two_shifts_are_one_where_only_one_is_there():
    built, _ = solved()
    crew = next(each for each in built.problem.pools if each.id.startswith("miller"))
    assert crew.capacity == 2
    assert crew.absent[:2] == ((0, 240, 1), (240, 270, 1))  # one has not come, then one has a break
    assert crew.closures[0] == (720, 1440)  # 18:00 to 06:00
    tools = next(each for each in built.problem.pools if each.id == "tool vice")
    assert (tools.capacity, tools.closures, tools.absent) == (2, (), ())


def test_a_pool_counts_who_is_there():
    made = pool("p", [[(0, 10), (20, 30)], [(5, 25)]], horizon_min=40)
    assert (made.capacity, made.closures) == (2, ((30, 40),))
    assert made.absent == ((0, 5, 1), (10, 20, 1), (25, 30, 1))


def test_a_skill_that_expires_takes_its_person_away():
    people = (
        Person(
            id="1",
            calendar="day",
            skills=(Skill(skill="miller", level=2, valid_to=date(2027, 1, 4)),),
        ),
    )
    built = build(replace(FLOOR, people=people), asked(days=3))
    assert built.problem.pools[0].closures[-1] == (480, 3 * 1440)


def test_machines_pinned_and_starts_pinned_are_kept():
    pin = Pin(job="W1/mill", machine="M2", start_at_min=MONDAY + 30)
    built, plan = solved(pins=(pin, Pin(job="W0/mill", machine="M2")))
    jobs = {each.id: each for each in to_jobs(built, plan)}
    assert (jobs["W1/mill"].machine, jobs["W1/mill"].start_at_min) == ("M2", MONDAY + 30)
    assert jobs["W0/mill"].machine == "M2"
    assert faults(built.problem, plan) == ()
    with pytest.raises(
        InvalidRequestError, match=r"W1/mill cannot begin there on M2: .* 10 min later"
    ):
        solved(pins=(replace(pin, start_at_min=MONDAY + 260),))
    with pytest.raises(InvalidRequestError, match="pinned machine L1"):
        solved(pins=(Pin(job="W1/mill", machine="L1"),))
    with pytest.raises(NotFoundError, match="W0: there is no routing of red version 2"):
        build(FLOOR, asked(routings={}))


def test_frozen_jobs_stay_and_may_have_begun_before_now():
    built, plan = solved()
    jobs = to_jobs(built, plan)
    held = tuple(each for each in jobs if each.start_at_min < MONDAY + 60)
    later, replanned = solved(start_at_min=MONDAY + 60, frozen=held)
    assert later.origin_min == MONDAY
    assert faults(later.problem, replanned) == ()
    again = {each.id: each for each in to_jobs(later, replanned)}
    assert all(again[each.id] == each for each in held)


def test_a_machine_that_is_down_is_not_planned_on():
    built, plan = solved(down={"L1": ((MONDAY, MONDAY + 400),)})
    jobs = to_jobs(built, plan)
    assert min(each.start_at_min for each in jobs if each.machine == "L1") >= MONDAY + 400


def test_the_projection_follows_progress_and_leaves_the_plan_alone():
    built, plan = solved()
    kept = tuple(plan)
    first = min(plan, key=lambda each: each.start_min).task
    late = projected(
        built.problem, plan, {first: Progress(started_min=plan[first].start_min)},
        now_min=plan[first].end_min + 60,
    )  # fmt: skip
    assert plan == kept
    assert late[first].end_min == plan[first].end_min + 60
    assert all(new.start_min >= old.start_min for old, new in zip(plan, late, strict=True))
    assert all(new.machine == old.machine for old, new in zip(plan, late, strict=True))
    unchanged = projected(built.problem, plan, {}, now_min=0)
    assert unchanged == plan


def test_a_drag_is_judged_at_once():
    built, plan = solved()
    problem = built.problem
    test = next(at for at, each in enumerate(problem.tasks) if each.id == "W0/test")
    later = dragged(problem, plan, task=test, machine=2, start_min=1440 + 100)
    assert later.faults == ()
    early = dragged(problem, plan, task=test, machine=2, start_min=0)
    assert any("before W0/mill is handed over" in each for each in early.faults)
    with pytest.raises(InvalidRequestError, match="cannot be done on M1"):
        dragged(problem, plan, task=test, machine=0, start_min=0)
    with pytest.raises(InvalidRequestError, match="cannot begin there"):
        dragged(problem, plan, task=test, machine=2, start_min=230)
    held = replace(problem, fixed={test: plan[test]})
    with pytest.raises(InvalidRequestError, match="is frozen"):
        dragged(held, plan, task=test, machine=2, start_min=2000)


def test_the_difference_of_two_versions_names_what_matters():
    built, plan = solved()
    jobs = to_jobs(built, plan)
    same = difference(jobs, jobs, ORDERS, frozen_until_min=MONDAY + 60)
    assert (same.moves, same.may_publish_alone) == ((), True)
    last = max(jobs, key=lambda each: each.end_at_min)
    far = replace(last, start_at_min=last.start_at_min + 2000, end_at_min=last.end_at_min + 2000)
    changed = [far if each.id == last.id else each for each in jobs]
    diff = difference(jobs, changed, ORDERS, frozen_until_min=MONDAY)
    assert [each.job for each in diff.moves] == [last.id]
    assert diff.newly_late == (last.order,)
    assert not diff.may_publish_alone
    back = difference(changed, jobs, ORDERS, frozen_until_min=MONDAY)
    assert (back.newly_on_time, back.may_publish_alone) == ((last.order,), True)
    first = min(jobs, key=lambda each: each.start_at_min)
    moved = [replace(each, machine="M9") if each.id == first.id else each for each in jobs]
    frozen = difference(jobs, moved, ORDERS, frozen_until_min=MONDAY + 60)
    assert frozen.in_frozen_zone == frozen.machine_changes == (first.id,)
    assert not frozen.may_publish_alone
    gone = difference(
        jobs, [each for each in jobs if each.id != last.id], ORDERS, frozen_until_min=0
    )
    assert gone.moves[0].after is None


def test_nothing_is_published_that_the_checker_faults_or_that_is_out_of_date():
    built, plan = solved()
    first = Schedule(
        jobs=to_jobs(built, plan), cause=ScheduleCause.NEW_ORDER, frozen_until_min=MONDAY, cost=1.0,
        proposer="lead",
    )  # fmt: skip
    with pytest.raises(ConflictError, match="somebody else"):
        approved(first, by="lead")
    with pytest.raises(ConflictError, match="is proposed and cannot become published"):
        published(first, None, problem=built.problem, plan=plan)
    ready = approved(first, by="manager")
    broken = tuple(replace(each, start_min=0, end_min=1) for each in plan)
    with pytest.raises(ConflictError, match="rules and cannot be published"):
        published(ready, None, problem=built.problem, plan=broken)
    current, ended = published(ready, None, problem=built.problem, plan=plan)
    assert (current.state, ended) == (ScheduleState.PUBLISHED, None)
    second = approved(replace(first, version=2, parent=1), by="manager")
    newer, older = published(second, current, problem=built.problem, plan=plan)
    assert (newer.state, older.state) == (ScheduleState.PUBLISHED, ScheduleState.SUPERSEDED)
    stale = approved(replace(first, version=3, parent=1), by="manager")
    with pytest.raises(ConflictError, match="version 2 was published since: plan again"):
        published(stale, newer, problem=built.problem, plan=plan)
