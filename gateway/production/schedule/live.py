"""The published plan as it is going: a projection from live progress that never changes the plan, and drags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.errors import InvalidRequestError
from gateway.production.schedule.build import place_at
from gateway.production.schedule.check import faults
from gateway.production.schedule.problem import Placed, Plan, Problem
from gateway.production.schedule.repair import project


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What really happened to a task: begun, ended, or expected to end; None is not yet known."""

    started_min: int
    ended_min: int | None = None
    expected_end_min: int | None = None


def projected(
    problem: Problem, plan: Plan, progress: Mapping[int, Progress], *, now_min: int
) -> Plan:
    """Return where everything will be if nobody interferes: same machines, same order, no start before its plan.

    What runs past its time is expected to end now.
    """
    fixed = {}
    for number, each in progress.items():
        placed = plan[number]
        if each.ended_min is not None:
            end = each.ended_min
        else:
            planned = placed.end_min + each.started_min - placed.start_min
            end = max(now_min, planned if each.expected_end_min is None else each.expected_end_min)
        fixed[number] = replace(placed, start_min=each.started_min, end_min=end)
    not_before = {
        each.task: max(each.start_min, now_min) for each in plan if each.task not in fixed
    }
    return project(replace(problem, fixed=fixed), plan, not_before=not_before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dragged:
    """A plan with one task put elsewhere by hand, and every rule that breaks."""

    plan: Plan
    faults: tuple[str, ...]


def dragged(problem: Problem, plan: Plan, *, task: int, machine: int, start_min: int) -> Dragged:
    """Return the plan with a task begun elsewhere, judged at once; nothing else moves.

    Raises `InvalidRequestError` for frozen work, a machine that cannot do it, or a time that does not work.
    """
    name = problem.tasks[task].id
    if task in problem.fixed:
        raise InvalidRequestError(f"{name} is frozen: unpin it or wait for the next version")
    choice = next((each for each in problem.tasks[task].choices if each.machine == machine), None)
    if choice is None:
        raise InvalidRequestError(f"{name} cannot be done on {problem.machines[machine].id}")
    placed: Placed = place_at(problem, task, choice, start_min)
    changed = tuple(placed if each.task == task else each for each in plan)
    return Dragged(plan=changed, faults=faults(problem, changed))
