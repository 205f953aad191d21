"""The independent checker: judges a plan minute by minute; it shares no code with what made the plan."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.production.model import Interruption
from gateway.production.schedule.problem import Placed, Plan, Problem

Open = NDArray[np.bool_]


def faults(problem: Problem, plan: Plan) -> tuple[str, ...]:
    """Return every rule the plan breaks, as sentences that name the tasks; empty where it can be worked."""
    found = _completeness(problem, plan)
    if found:
        return tuple(found)
    length = max((each.end_min for each in plan), default=0) + 1
    machine_open = [_open(each.closures, length) for each in problem.machines]
    pool_open = [_open(each.closures, length) for each in problem.pools]
    for placed in plan:
        found += _run(problem, placed, machine_open, pool_open)
        found += _order(problem, plan, placed)
        fixed = problem.fixed.get(placed.task)
        if fixed is not None and fixed != placed:
            found.append(f"{_name(problem, placed)} is frozen at {fixed.start_min} and was moved")
    found += _machines(problem, plan, machine_open)
    found += _pools(problem, plan, length)
    return tuple(found)


def _completeness(problem: Problem, plan: Plan) -> list[str]:
    found = []
    counts = [0] * len(problem.tasks)
    for placed in plan:
        counts[placed.task] += 1
    for number, times in enumerate(counts):
        if times != 1:
            found.append(f"{problem.tasks[number].id} is planned {times} times")
    if not found and [each.task for each in plan] != list(range(len(problem.tasks))):
        found.append("the plan is not in the order of its tasks")
    return found


def _open(closures: tuple[tuple[int, int], ...], length: int) -> Open:
    minutes = np.ones(length, np.bool_)
    for begins, ends in closures:
        minutes[max(0, begins) : max(0, ends)] = False
    return minutes


def _name(problem: Problem, placed: Placed) -> str:
    return f"{problem.tasks[placed.task].id} on {problem.machines[placed.machine].id}"


def _run(
    problem: Problem, placed: Placed, machine_open: list[Open], pool_open: list[Open]
) -> list[str]:
    task, name = problem.tasks[placed.task], _name(problem, placed)
    wanted = [each.run_min for each in task.choices if each.machine == placed.machine]
    if not wanted:
        return [f"{name}: the machine cannot do it"]
    start, end = placed.start_min, placed.end_min
    if start < problem.orders[task.order].release_min:
        return [f"{name} starts at {start}, before its order is released"]
    if start < task.release_min and placed.task not in problem.fixed:
        return [f"{name} starts at {start}, before {task.release_min}"]
    if end > problem.horizon_min:
        return [f"{name} ends at {end}, after the horizon {problem.horizon_min}"]
    works = machine_open[placed.machine][start:end].copy()
    for pool, _ in task.holds:
        works &= pool_open[pool][start:end]
    found = []
    if int(works.sum()) not in wanted:
        found.append(f"{name} works {int(works.sum())} min instead of {wanted[0]}")
    if end > start and not (works[0] and works[-1]):
        found.append(f"{name} starts or ends in a closure")
    if task.interruption is Interruption.BLOCKS and not works.all():
        found.append(f"{name} may not be interrupted and meets a closure")
    return found


def _order(problem: Problem, plan: Plan, placed: Placed) -> list[str]:
    found = []
    for before in problem.tasks[placed.task].before:
        earliest = plan[before].end_min + problem.tasks[before].wait_min
        if placed.start_min < earliest:
            found.append(
                f"{_name(problem, placed)} starts at {placed.start_min}, before"
                f" {problem.tasks[before].id} is handed over at {earliest}"
            )
    return found


def _machines(problem: Problem, plan: Plan, machine_open: list[Open]) -> list[str]:
    found = []
    for number, machine in enumerate(problem.machines):
        mine = sorted(
            (each for each in plan if each.machine == number),
            key=lambda each: (each.start_min, each.end_min),
        )
        free, family, last = 0, machine.family, "its first family"
        for placed in mine:
            task = problem.tasks[placed.task]
            setup = machine.setups.get((family, task.family), 0)
            between = int(machine_open[number][free : placed.start_min].sum())
            if placed.start_min < free:
                found.append(f"{_name(problem, placed)} overlaps {last}")
            elif between < setup:
                found.append(
                    f"{_name(problem, placed)} has {between} min for a setup of {setup} after {last}"
                )
            free, family, last = max(free, placed.end_min), task.family, task.id
    return found


def _pools(problem: Problem, plan: Plan, length: int) -> list[str]:
    found = []
    for number, pool in enumerate(problem.pools):
        change = np.zeros(length + 1, np.int64)
        for placed in plan:
            for held, amount in problem.tasks[placed.task].holds:
                if held == number and placed.end_min > placed.start_min:
                    change[placed.start_min] += amount
                    change[placed.end_min] -= amount
        for begins, ends, amount in pool.absent:
            change[min(begins, length)] += amount
            change[min(ends, length)] -= amount
        used = np.cumsum(change)[:length]
        if (used > pool.capacity).any():
            at = int(np.argmax(used > pool.capacity))
            found.append(f"{pool.id}: {int(used[at])} held at {at}, there are {pool.capacity}")
    return found
