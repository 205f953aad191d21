"""A shop and its open work as integers: what every scheduler solves and the checker judges.

Minutes count from the problem's own origin. Setups are working minutes of the machine directly before a run;
people and tools are held from a run's start to its end, pauses included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.production.model import Interruption

Closures = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A machine that can do a task, and how many working minutes it runs there."""

    machine: int
    run_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One operation of one order; `before` are indices of tasks it follows, `holds` (pool, amount).

    `wait_min` is wall time after its end before a follower may start; `release_min` keeps it from starting earlier,
    beside its order's.
    """

    id: str
    order: int
    choices: tuple[Choice, ...]
    before: tuple[int, ...] = ()
    family: str = ""
    holds: tuple[tuple[int, int], ...] = ()
    wait_min: int = 0
    interruption: Interruption = Interruption.PAUSES
    release_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Work wanted by `due_min`; None is not wanted by a time."""

    id: str
    release_min: int = 0
    due_min: int | None = None
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One machine; `family` is what it is set up for, `setups` working minutes from family to family."""

    id: str
    closures: Closures = ()
    family: str = ""
    setups: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """People of a skill or tools of a class: so many at once, none while closed.

    `absent` are (from, to, amount) that are missing while it is open: what needs them may not run across.
    """

    id: str
    capacity: int
    closures: Closures = ()
    absent: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where and when a task runs: [start, end) in minutes, pauses included."""

    task: int
    machine: int
    start_min: int
    end_min: int


Plan = tuple[Placed, ...]
"""One `Placed` a task, in the order of the problem's tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A whole shop; `fixed` tasks stay as they are, `keep` are places that cost something to leave.

    Nothing may end after `horizon_min`: calendars are known up to there.
    """

    tasks: tuple[Task, ...]
    orders: tuple[Order, ...]
    machines: tuple[Machine, ...]
    pools: tuple[Pool, ...] = ()
    fixed: Mapping[int, Placed] = field(default_factory=dict)
    keep: Mapping[int, Placed] = field(default_factory=dict)
    horizon_min: int = 10_000_000


def cost(problem: Problem, plan: Plan) -> float:
    """Return ten times the weighted tardiness plus the makespan plus what moving kept places costs, in minutes."""
    done = [0] * len(problem.orders)
    moved = 0
    for placed in plan:
        order = problem.tasks[placed.task].order
        done[order] = max(done[order], placed.end_min)
        kept = problem.keep.get(placed.task)
        if kept is not None:
            moved += abs(placed.start_min - kept.start_min) + 30 * (placed.machine != kept.machine)
    late = sum(
        order.weight * max(0, end - order.due_min)
        for order, end in zip(problem.orders, done, strict=True)
        if order.due_min is not None
    )
    return float(10 * late + max(done, default=0) + moved)
