"""Each fault the checker knows, alone, by its name."""

from dataclasses import replace

import pytest

from gateway.production.model import Interruption
from gateway.production.schedule.check import faults
from gateway.production.schedule.problem import Choice, Machine, Order, Placed, Pool, Problem, Task

SHOP = Problem(
    tasks=(
        Task(id="A1", order=0, choices=(Choice(machine=0, run_min=10),), family="red",
             holds=((0, 1),), wait_min=5),
        Task(id="A2", order=0, choices=(Choice(machine=1, run_min=10),), before=(0,)),
        Task(id="B1", order=1, choices=(Choice(machine=0, run_min=10),), family="blue",
             holds=((0, 1),), interruption=Interruption.BLOCKS),
    ),
    orders=(Order(id="A"), Order(id="B", release_min=2)),
    machines=(
        Machine(id="M1", closures=((40, 50),), setups={("red", "blue"): 6}),
        Machine(id="M2"),
    ),
    pools=(Pool(id="setter", capacity=1),),
    horizon_min=200,
)  # fmt: skip
GOOD = ((0, 0, 10), (1, 15, 25), (0, 16, 26))


def plan(*rows):
    return tuple(
        Placed(task=task, machine=machine, start_min=start, end_min=end)
        for task, (machine, start, end) in enumerate(rows)
    )


def test_a_plan_that_can_be_worked_has_no_fault():
    assert faults(SHOP, plan(*GOOD)) == ()
    paused = replace(SHOP, tasks=(SHOP.tasks[0], SHOP.tasks[1], replace(
        SHOP.tasks[2], interruption=Interruption.PAUSES)))  # fmt: skip
    assert faults(paused, plan(GOOD[0], GOOD[1], (0, 35, 55))) == ()


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (((0, 0, 10), (1, 14, 24), (0, 16, 26)), "A2 on M2 starts at 14, before A1 is handed over at 15"),
        (((0, 0, 10), (1, 15, 25), (0, 15, 25)), "B1 on M1 has 5 min for a setup of 6 after A1"),
        (((0, 20, 30), (1, 35, 45), (0, 25, 35)), "overlaps"),
        (((0, 20, 30), (1, 35, 45), (0, 25, 35)), "setter: 2 held at 25, there are 1"),
        (((0, 0, 10), (1, 15, 25), (0, 35, 55)), "B1 on M1 may not be interrupted"),
        (((0, 0, 10), (1, 15, 25), (0, 36, 46)), "B1 on M1 works 4 min instead of 10"),
        (((0, 0, 10), (1, 15, 25), (0, 45, 60)), "starts or ends in a closure"),
        (((0, 0, 10), (1, 15, 25), (1, 30, 40)), "B1 on M2: the machine cannot do it"),
        (((0, 0, 10), (1, 15, 25), (0, 191, 201)), "after the horizon 200"),
        (((0, 20, 30), (1, 40, 50), (0, 1, 11)), "B1 on M1 starts at 1, before its order is released"),
    ],
)  # fmt: skip
def test_each_fault_is_named(rows, says):
    assert any(says in each for each in faults(SHOP, plan(*rows))), faults(SHOP, plan(*rows))


def test_frozen_work_that_moved_and_missing_work_are_named():
    held = replace(SHOP, fixed={1: plan(*GOOD)[1]})
    assert faults(held, plan(*GOOD)) == ()
    changed = plan(GOOD[0], (1, 16, 26), GOOD[2])
    assert faults(held, changed) == ("A2 on M2 is frozen at 15 and was moved",)
    assert faults(SHOP, plan(*GOOD)[:2]) == ("B1 is planned 0 times",)


def test_people_who_are_away_are_missed_by_name():
    away = replace(SHOP, pools=(Pool(id="setter", capacity=2, absent=((8, 12, 2),)),))
    assert faults(away, plan(*GOOD)) == ("setter: 3 held at 8, there are 2",)
    assert (
        faults(
            replace(SHOP, pools=(Pool(id="setter", capacity=2, absent=((8, 12, 1),)),)), plan(*GOOD)
        )
        == ()
    )
