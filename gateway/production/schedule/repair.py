"""What a breakdown does to a plan: everything moves right as far as it must, and nothing else changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.production.schedule.problem import Placed, Plan, Problem
from gateway.production.schedule.solve.axis import union
from gateway.production.schedule.solve.decode import Shop, decode, sequence_of
from gateway.production.schedule.solve.search import full_cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """A machine that does not run in [from, until)."""

    machine: int
    from_min: int
    until_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """The shop as it is after a breakdown, the shifted plan, its cost and which tasks moved."""

    problem: Problem
    plan: Plan
    cost: float
    moved: tuple[int, ...]


def right_shift(problem: Problem, plan: Plan, breakdown: Breakdown, *, now_min: int) -> Repair:
    """Return the plan with machines and order kept, each task no earlier than it was planned.

    What has started stays where it is, except on the broken machine: there it pauses, or starts again where it may
    not be interrupted.
    """
    machine = problem.machines[breakdown.machine]
    closures = union([machine.closures, ((breakdown.from_min, breakdown.until_min),)])
    machines = list(problem.machines)
    machines[breakdown.machine] = replace(machine, closures=closures)
    shop = replace(
        problem,
        machines=tuple(machines),
        fixed={
            each.task: each
            for each in plan
            if each.start_min < now_min and not _hit(each, breakdown)
        },
    )
    shifted = project(shop, plan, not_before={each.task: each.start_min for each in plan})
    moved = tuple(new.task for old, new in zip(plan, shifted, strict=True) if new != old)
    return Repair(problem=shop, plan=shifted, cost=full_cost(shop, shifted), moved=moved)


def project(problem: Problem, plan: Plan, *, not_before: Mapping[int, int]) -> Plan:
    """Return the plan in the same order on the same machines, each task at its earliest from `not_before` on."""
    return decode(Shop(problem, not_before=not_before), *sequence_of(problem, plan))


def frozen(problem: Problem, plan: Plan, *, until_min: int, keep_until_min: int) -> Problem:
    """Return the problem with what starts before `until_min` fixed, and later places dear up to `keep_until_min`."""
    return replace(
        problem,
        fixed={each.task: each for each in plan if each.start_min < until_min},
        keep={each.task: each for each in plan if until_min <= each.start_min < keep_until_min},
    )


def _hit(placed: Placed, breakdown: Breakdown) -> bool:
    return placed.machine == breakdown.machine and placed.end_min > breakdown.from_min
