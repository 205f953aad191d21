"""Workflow design: the checks of phase 3 by name, versions with review, and Little's law over a shift."""

import random
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from gateway.errors import ConflictError, NotFoundError
from gateway.production.floor import Floor
from gateway.production.lifecycle import RoutingState
from gateway.production.model import (
    Crew,
    Equipment,
    Handover,
    Operation,
    Person,
    Routing,
    Skill,
    StandardTime,
    WorkOrder,
)
from gateway.production.workflow.checks import FlawKind, flaws
from gateway.production.workflow.map import Visit, bottleneck, flow, workflow_map
from gateway.production.workflow.versions import (
    RoutingFlawedError,
    approved,
    compared,
    redrafted,
    returned,
    submitted,
    version_of,
)

DAY = date(2027, 1, 4)
QUALITY = Handover(what="pieces", accepted_by="quality")
GOOD = Routing(
    product="P",
    author="anna",
    operations=(
        Operation(op="saw", work_centre="saw", role="operator"),
        Operation(op="mill", work_centre="mill", role="operator", after=("saw",), handover=QUALITY,
                  crew=Crew(skill="miller", level=2)),
        Operation(op="test", work_centre="lab", role="quality", after=("mill",)),
    ),
)  # fmt: skip
FLOOR = Floor(
    calendars={},
    machines=tuple(Equipment(id=each, work_centre=each, calendar="c") for each in ("saw", "mill", "lab")),
    products={},
    routings={},
    standards=tuple(StandardTime(product="P", op=each, run_s=60) for each in ("saw", "mill", "test")),
    people=(Person(id="1", calendar="c", skills=(Skill(skill="miller", level=3, valid_to=DAY),)),),
)  # fmt: skip


def changed(at, **fields):
    operations = list(GOOD.operations)
    operations[at] = replace(operations[at], **fields)
    return replace(GOOD, operations=tuple(operations))


def test_a_good_routing_has_no_flaw():
    assert flaws(GOOD, FLOOR, on=DAY) == ()


@pytest.mark.parametrize(
    ("routing", "floor", "kind", "says"),
    [
        (changed(0, after=("test",)), FLOOR, FlawKind.CYCLE, "in a circle: "),
        (changed(2, after=("mill", "paint")), FLOOR, FlawKind.UNKNOWN_STEP,
         "step test comes after paint, which there is not"),
        (changed(2, after=("mill", "paint")), FLOOR, FlawKind.UNREACHABLE,
         "step test can never be reached"),
        (changed(0, after=()), FLOOR, None, ""),
        (replace(GOOD, operations=(*GOOD.operations, replace(GOOD.operations[0], op="x", work_centre="lab"))),
         replace(FLOOR, standards=(*FLOOR.standards, StandardTime(product="P", op="x", run_s=1))),
         FlawKind.UNREACHABLE, "step x can never be reached: no other step"),
        (changed(0, role=""), FLOOR, FlawKind.NO_ROLE, "step saw has no role"),
        (changed(1, handover=None), FLOOR, FlawKind.NO_HANDOVER,
         "step mill (operator) hands over to test (quality), and nobody accepts it"),
        (changed(1, handover=Handover(what="x", accepted_by="store")), FLOOR, FlawKind.NO_HANDOVER,
         "but store accepts it"),
        (GOOD, replace(FLOOR, people=()), FlawKind.NO_SKILL,
         "step mill needs 1 with miller level 2, 0 hold it on 2027-01-04"),
        (GOOD, replace(FLOOR, machines=FLOOR.machines[1:]), FlawKind.NO_MACHINE,
         "step saw has no machine in service (saw)"),
        (GOOD, replace(FLOOR, standards=FLOOR.standards[1:]), FlawKind.NO_TIME,
         "step saw has no approved standard time"),
        (replace(GOOD, operations=()), FLOOR, FlawKind.EMPTY, "has no steps"),
        (replace(GOOD, operations=(*GOOD.operations, GOOD.operations[2])), FLOOR,
         FlawKind.DUPLICATE, "more than one step test"),
    ],
)  # fmt: skip
def test_phase_3_each_flaw_is_refused_by_name(routing, floor, kind, says):
    found = flaws(routing, floor, on=DAY)
    if kind is None:
        assert found == ()
        return
    assert any(each.kind is kind and says in each.message for each in found), found
    with pytest.raises(RoutingFlawedError) as refused:
        submitted(routing, floor, on=DAY)
    assert refused.value.flaws == found


def test_a_cycle_names_its_steps_in_the_order_of_work():
    found = flaws(changed(0, after=("test",)), FLOOR, on=DAY)
    assert [each.kind for each in found] == [FlawKind.CYCLE, FlawKind.NO_HANDOVER]
    way = found[0].message.partition(": ")[2].split(" -> ")
    assert sorted(way[:-1]) == ["mill", "saw", "test"]
    edges = {("saw", "mill"), ("mill", "test"), ("test", "saw")}
    assert all(each in edges for each in pairwise(way))


def test_a_step_behind_a_cycle_is_unreachable():
    looped = changed(0, after=("mill",))
    found = {each.kind: each.steps for each in flaws(looped, FLOOR, on=DAY)}
    assert found[FlawKind.UNREACHABLE] == ("test",)


def test_a_skill_counts_up_to_its_last_day():
    assert flaws(GOOD, FLOOR, on=date(2027, 1, 5))[0].kind is FlawKind.NO_SKILL


def test_versions_are_reviewed_by_somebody_else_and_one_is_in_force():
    first = submitted(GOOD, FLOOR, on=DAY)
    with pytest.raises(ConflictError, match="somebody else"):
        approved((first,), 1, FLOOR, by="anna", on=DAY)
    with pytest.raises(RoutingFlawedError):
        approved((first,), 1, replace(FLOOR, people=()), by="ben", on=DAY)
    (active,) = approved((first,), 1, FLOOR, by="ben", on=DAY)
    assert (active.state, active.approver) == (RoutingState.ACTIVE, "ben")
    second = redrafted((active,), changed(2, after=("saw",)).operations, author="cleo")
    assert second.version == 2
    assert redrafted((active, second), GOOD.operations, author="cleo").version == 2
    assert redrafted((active, second), GOOD.operations, author="dora").version == 3
    with pytest.raises(ConflictError, match="is draft and cannot become active"):
        approved((active, second), 2, FLOOR, by="ben", on=DAY)
    reviewed = submitted(replace(second, operations=GOOD.operations), FLOOR, on=DAY)
    assert returned(reviewed).state is RoutingState.DRAFT
    both = approved((active, reviewed), 2, FLOOR, by="ben", on=DAY)
    assert [each.state for each in both] == [RoutingState.RETIRED, RoutingState.ACTIVE]


def test_phase_3_a_running_order_keeps_its_version():
    (active,) = approved((submitted(GOOD, FLOOR, on=DAY),), 1, FLOOR, by="ben", on=DAY)
    order = WorkOrder(id="W1", product="P", qty=5, due_at_min=0, routing_version=active.version)
    second = submitted(
        redrafted((active,), changed(0, wait_min=9).operations, author="anna"), FLOOR, on=DAY
    )
    both = approved((active, second), 2, FLOOR, by="ben", on=DAY)
    assert version_of(both, order.routing_version).operations == GOOD.operations
    with pytest.raises(NotFoundError):
        version_of(both, 3)


def test_versions_are_compared_by_step_and_field():
    other = replace(
        changed(1, wait_min=5, role="quality"),
        operations=(
            *changed(1, wait_min=5, role="quality").operations[1:],
            Operation(op="x", work_centre="y"),
        ),
    )
    diff = compared(GOOD, other)
    assert (diff.added, diff.removed) == (("x",), ("saw",))
    assert diff.changed == (("mill", ("role", "wait_min")),)


def test_the_map_has_role_lanes_layers_and_handovers():
    made = workflow_map(GOOD)
    assert made.lanes == ("operator", "quality")
    assert [(each.op, each.lane, each.layer) for each in made.nodes] == [
        ("saw", 0, 0), ("mill", 0, 1), ("test", 1, 2)
    ]  # fmt: skip
    assert [(each.source, each.target, each.accepted_by) for each in made.edges] == [
        ("saw", "mill", ""), ("mill", "test", "quality")
    ]  # fmt: skip
    forked = changed(1, after=())
    assert [(each.layer, each.slot) for each in workflow_map(forked).nodes] == [
        (0, 0),
        (0, 1),
        (1, 0),
    ]


def test_phase_3_over_eight_hours_wip_is_throughput_times_flow_time():
    draw, now, free, visits = random.Random(3), 0.0, 0.0, []
    while now < 480 + 60:
        now += draw.expovariate(1.0)
        started = max(now, free)
        free = started + draw.uniform(0.4, 1.2)
        visits.append(Visit(op="mill", arrived=now, started=started, left=free))

    def until(end, at):
        return at if at is not None and at < end else None

    seen = [
        replace(each, started=until(540, each.started), left=until(540, each.left))
        for each in visits
    ]
    (mill,) = flow(seen, start=60, end=540)
    assert mill.cycle is not None
    assert mill.mean_wip == pytest.approx(mill.throughput * mill.cycle, rel=0.05)
    assert mill.throughput == pytest.approx(1.0, rel=0.15)


def test_the_flow_now_and_the_bottleneck():
    visits = [
        Visit(op="a", arrived=0, started=0, left=10),
        Visit(op="b", arrived=10, started=10, left=40),
        Visit(op="b", arrived=20, started=40),
        Visit(op="b", arrived=30),
        Visit(op="b", arrived=200),
    ]
    by_step = {each.op: each for each in flow(visits, start=0, end=50)}
    assert (by_step["b"].queue, by_step["b"].wip, by_step["b"].busy) == (1, 2, 0.8)
    assert (by_step["a"].cycle, by_step["a"].busy) == (10, 0.2)
    assert bottleneck(tuple(by_step.values())) == "b"
    assert bottleneck(()) is None
