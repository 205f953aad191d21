"""Shops to schedule: small random ones with every kind of rule, and a realistic one of any size."""

from __future__ import annotations

import random
from dataclasses import replace

from gateway.production.model import Interruption
from gateway.production.schedule.problem import (
    Choice,
    Closures,
    Machine,
    Order,
    Placed,
    Plan,
    Pool,
    Problem,
    Task,
)

FAMILIES = ("red", "green", "blue")


def random_closures(draw: random.Random, *, until: int) -> Closures:
    found, at = [], draw.randrange(0, 60)
    while at < until and draw.random() < 0.8:
        end = at + draw.randrange(1, 40)
        found.append((at, end))
        at = end + draw.randrange(1, 120)
    return tuple(found)


def random_pool(draw: random.Random, name: str) -> Pool:
    capacity = draw.randrange(1, 4)
    closures = random_closures(draw, until=300) if draw.random() < 0.5 else ()
    absent = []
    if capacity > 1 and closures and draw.random() < 0.5:
        absent.append((closures[-1][1], closures[-1][1] + 50, draw.randrange(1, capacity)))
    return Pool(id=name, capacity=capacity, closures=closures, absent=tuple(absent))


def random_shop(seed: int) -> Problem:
    """A small shop with setups, closures, pools, waits, alternatives and joins, drawn from a seed."""
    draw = random.Random(seed)
    machines = tuple(
        Machine(
            id=f"M{number}",
            closures=random_closures(draw, until=400),
            family=draw.choice(("", *FAMILIES)),
            setups={
                (a, b): draw.randrange(0, 25) for a in FAMILIES for b in FAMILIES if a != b
            } | ({(a, a): 2 for a in FAMILIES} if draw.random() < 0.2 else {}),
        )
        for number in range(draw.randrange(1, 5))
    )  # fmt: skip
    pools = tuple(random_pool(draw, f"P{number}") for number in range(draw.randrange(0, 3)))
    orders: list[Order] = []
    tasks: list[Task] = []
    for order in range(draw.randrange(1, 6)):
        orders.append(
            Order(
                id=f"O{order}", release_min=draw.choice((0, 0, 30)),
                due_min=draw.choice((None, 100, 200, 300)), weight=draw.randrange(1, 5),
            )
        )  # fmt: skip
        first = len(tasks)
        for step in range(draw.randrange(1, 5)):
            earlier = list(range(first, len(tasks)))
            tasks.append(
                Task(
                    id=f"O{order}.{step}",
                    order=order,
                    choices=tuple(
                        Choice(machine=each, run_min=draw.randrange(1, 60))
                        for each in draw.sample(
                            range(len(machines)), draw.randrange(1, len(machines) + 1)
                        )
                    ),
                    before=tuple(draw.sample(earlier, min(len(earlier), draw.randrange(0, 3)))),
                    family=draw.choice(FAMILIES),
                    holds=tuple(
                        (number, draw.randrange(1, pool.capacity + 1))
                        for number, pool in enumerate(pools)
                        if draw.random() < 0.4
                    ),
                    wait_min=draw.choice((0, 0, 15)),
                    interruption=draw.choice(tuple(Interruption)),
                )
            )
    return Problem(
        tasks=tuple(tasks), orders=tuple(orders), machines=machines, pools=pools,
        horizon_min=100_000,
    )  # fmt: skip


def frozen(problem: Problem, plan: Plan, *, until: int) -> Problem:
    """The same shop with what starts before `until` fixed where the plan has it."""
    return replace(problem, fixed={each.task: each for each in plan if each.start_min < until})


def realistic_shop(*, orders: int, seed: int = 1) -> Problem:
    """Five work centres, twelve machines, family setups, three crews, a closure a machine, about four steps an order."""
    draw = random.Random(seed)
    centres = [range(3), range(3, 5), range(5, 8), range(8, 10), range(10, 12)]
    span = orders * 45
    setups = {
        (a, b): draw.randrange(10, 45) for a in FAMILIES for b in FAMILIES if a != b
    }  # fmt: skip
    machines = []
    for number in range(12):
        begins = draw.randrange(60, max(61, span))
        machines.append(
            Machine(
                id=f"M{number + 1}", setups=setups, closures=((begins, begins + 120),),
                family=draw.choice(FAMILIES),
            )
        )  # fmt: skip
    pools = tuple(
        Pool(id=f"crew {name}", capacity=heads)
        for name, heads in zip("ABC", (4, 3, 4), strict=True)
    )
    tasks: list[Task] = []
    wanted: list[Order] = []
    for order in range(orders):
        family, first = draw.choice(FAMILIES), True
        for centre in sorted(draw.sample(range(5), draw.choice((3, 4, 4, 5)))):
            run = draw.randrange(20, 120)
            tasks.append(
                Task(
                    id=f"O{order:03}.{centre}", order=order, family=family,
                    before=() if first else (len(tasks) - 1,),
                    choices=tuple(
                        Choice(machine=each, run_min=max(5, round(run * draw.uniform(0.9, 1.3))))
                        for each in centres[centre]
                    ),
                    holds=((draw.randrange(3), 1),) if draw.random() < 0.6 else (),
                    interruption=draw.choice(tuple(Interruption)),
                )
            )  # fmt: skip
            first = False
        wanted.append(
            Order(
                id=f"O{order:03}", due_min=draw.randrange(400, 500 + span // 2),
                weight=draw.choice((1, 1, 2, 5)),
            )
        )  # fmt: skip
    return Problem(
        tasks=tuple(tasks), orders=tuple(wanted), machines=tuple(machines), pools=pools,
        horizon_min=50 * span + 10_000,
    )  # fmt: skip


def moved(plan: Plan, task: int, **changes: int) -> Plan:
    """The plan with one place changed."""
    return tuple(
        replace(each, **changes) if each.task == task else each for each in plan
    )  # fmt: skip


__all__ = ["Placed", "frozen", "moved", "random_shop", "realistic_shop"]
