"""From orders and the shop floor to a problem of integers, and from its plan back to job orders.

A work centre with a set-up matrix takes its change-overs from there; one without adds the standard's set-up to each run.
People of a skill count as many as are there; a person with two skills counts for both. Transfer lots are not split.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from gateway.errors import InvalidRequestError, NotFoundError
from gateway.production.calendar import WorkingTime, utc_min, working_time, zone
from gateway.production.floor import Floor, run_minutes
from gateway.production.lifecycle import JobState
from gateway.production.model import Equipment, JobOrder, Operation, Pin, Routing, WorkOrder
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
from gateway.production.schedule.solve.axis import Axis, union
from gateway.production.workflow.checks import order_of

_DAY_MIN: Final = 1440
_NOT_BEGUN: Final = frozenset({JobState.PLANNED, JobState.READY})
Windows = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to schedule: orders, the routing versions they keep to, and the time it is about.

    `frozen` jobs stay as they are, `keep` jobs are dear to move, `down` are times a machine is out, all in UTC minutes.
    """

    orders: tuple[WorkOrder, ...]
    routings: Mapping[tuple[str, int], Routing]
    start_at_min: int
    days: int = 60
    frozen: tuple[JobOrder, ...] = ()
    keep: tuple[JobOrder, ...] = ()
    pins: tuple[Pin, ...] = ()
    down: Mapping[str, Closures] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A problem, the UTC minute its time counts from, and the step of each task as (order, op)."""

    problem: Problem
    origin_min: int
    steps: tuple[tuple[str, str], ...]


def job_id(order: str, op: str) -> str:
    """Return the name of a job: one step of one order."""
    return f"{order}/{op}"


def build(floor: Floor, asked: Asked) -> Built:
    """Return the problem of some orders; raises `NotFoundError`, `InvalidRequestError` by name."""
    return _Build(floor, asked).built()


def to_jobs(built: Built, plan: Plan) -> tuple[JobOrder, ...]:
    """Return a plan as job orders in UTC minutes."""
    return tuple(
        JobOrder(
            id=job_id(order, op),
            order=order,
            op=op,
            machine=built.problem.machines[placed.machine].id,
            start_at_min=placed.start_min + built.origin_min,
            end_at_min=placed.end_min + built.origin_min,
        )
        for (order, op), placed in zip(built.steps, plan, strict=True)
    )


class _Build:
    def __init__(self, floor: Floor, asked: Asked) -> None:
        self.floor, self.asked = floor, asked
        held = [each.start_at_min for each in asked.frozen]
        self.origin = min([asked.start_at_min, *held])
        self.end = asked.start_at_min + asked.days * _DAY_MIN
        self.tables: dict[str, WorkingTime] = {}
        self.machine_at = {each.id: number for number, each in enumerate(floor.machines)}
        self.pools: dict[str, Pool] = {}
        self.pool_at: dict[str, int] = {}
        self.pins = {each.job: each for each in asked.pins}
        self.frozen = {each.id for each in asked.frozen}
        self.begun = {
            each.id: each
            for each in asked.frozen
            if each.state not in _NOT_BEGUN and each.machine in self.machine_at
        }

    def built(self) -> Built:
        tasks: list[Task] = []
        steps: list[tuple[str, str]] = []
        for number, order in enumerate(self.asked.orders):
            routing = self._routing(order)
            at = {op: len(tasks) + place for place, op in enumerate(order_of(routing))}
            by_name = {each.op: each for each in routing.operations}
            for op in at:
                before = tuple(at[each] for each in by_name[op].after)
                tasks.append(self._task(number, order, by_name[op], before))
                steps.append((order.id, op))
        problem = Problem(
            tasks=tuple(tasks),
            orders=tuple(self._order(each) for each in self.asked.orders),
            machines=tuple(self._machine(each) for each in self.floor.machines),
            pools=tuple(self.pools.values()),
            horizon_min=self.end - self.origin,
        )
        fixed = self._placed(self.asked.frozen, problem) | self._pinned(problem)
        problem = Problem(
            tasks=problem.tasks, orders=problem.orders, machines=problem.machines,
            pools=problem.pools, horizon_min=problem.horizon_min, fixed=fixed,
            keep=self._placed(self.asked.keep, problem),
        )  # fmt: skip
        return Built(problem=problem, origin_min=self.origin, steps=tuple(steps))

    def _routing(self, order: WorkOrder) -> Routing:
        routing = self.asked.routings.get((order.product, order.routing_version))
        if routing is None:
            raise NotFoundError(
                f"order {order.id}: there is no routing of {order.product} version"
                f" {order.routing_version}"
            )
        return routing

    def _order(self, order: WorkOrder) -> Order:
        release = max(order.release_at_min, self.asked.start_at_min)
        if any(each.order == order.id for each in self.asked.frozen):
            release = self.origin
        return Order(
            id=order.id, release_min=release - self.origin,
            due_min=order.due_at_min - self.origin, weight=order.weight,
        )  # fmt: skip

    def _task(
        self, number: int, order: WorkOrder, operation: Operation, before: tuple[int, ...]
    ) -> Task:
        name = job_id(order.id, operation.op)
        product = self.floor.products.get(order.product)
        choices = [
            choice
            for machine in self.floor.candidates(operation)
            if (choice := self._choice(order, operation, machine)) is not None
        ]
        holds = self._holds(operation)
        if name in self.begun:
            choices = [self._as_begun(self.begun[name], holds)]
        pin = self.pins.get(name)
        if pin is not None and name not in self.begun:
            choices = [
                each for each in choices if self.floor.machines[each.machine].id == pin.machine
            ]
        if not choices:
            where = f"pinned machine {pin.machine}" if pin else operation.work_centre
            raise InvalidRequestError(
                f"{name}: no machine in service with a standard time ({where})"
            )
        return Task(
            id=name, order=number, choices=tuple(choices), before=before,
            family=product.family if product else "", holds=holds,
            wait_min=operation.wait_min, interruption=operation.interruption,
            release_min=0 if name in self.frozen else self.asked.start_at_min - self.origin,
        )  # fmt: skip

    def _as_begun(self, job: JobOrder, holds: tuple[tuple[int, int], ...]) -> Choice:
        """Return what has begun as long as it was planned, whatever a standard time says since."""
        machine = self.machine_at[job.machine]
        pools = list(self.pools.values())
        closed = [self._machine(self.floor.machines[machine]).closures]
        closed += [pools[each].closures for each, _ in holds]
        start, end = job.start_at_min - self.origin, job.end_at_min - self.origin
        shut = sum(
            min(ends, end) - max(begins, start)
            for begins, ends in union(closed)
            if begins < end and ends > start
        )
        return Choice(machine=machine, run_min=max(1, end - start - shut))

    def _choice(self, order: WorkOrder, operation: Operation, machine: Equipment) -> Choice | None:
        standard = self.floor.standard(order.product, operation.op, machine.id)
        if standard is None:
            return None
        product = self.floor.products.get(order.product)
        minutes = run_minutes(
            qty=order.qty, run_s=standard.run_s,
            setup_min=0 if machine.work_centre in self.floor.setups else standard.setup_min,
            scrap_fraction=product.scrap_fraction if product else 0.0,
        )  # fmt: skip
        return Choice(
            machine=self.machine_at[machine.id], run_min=max(1, math.ceil(minutes - 1e-9))
        )

    def _holds(self, operation: Operation) -> tuple[tuple[int, int], ...]:
        held = []
        if operation.crew is not None:
            crew = operation.crew
            name = f"{crew.skill} level {crew.level}"
            if name not in self.pools:
                self._add(name, self._crew_windows(crew.skill, crew.level))
            held.append((self.pool_at[name], crew.heads))
        if operation.tool_class:
            name = f"tool {operation.tool_class}"
            if name not in self.pools:
                self._add(name, self._tool_windows(operation.tool_class))
            held.append((self.pool_at[name], 1))
        return tuple(held)

    def _add(self, name: str, windows: Iterable[Windows]) -> None:
        self.pool_at[name] = len(self.pools)
        self.pools[name] = pool(name, windows, horizon_min=self.end - self.origin)

    def _crew_windows(self, skill: str, level: int) -> Iterable[Windows]:
        today = _day(self.asked.start_at_min)
        for person in self.floor.skilled(skill, level, today):
            table = self._table(person.calendar)
            lasts = [
                each.valid_to or date.max
                for each in person.skills
                if each.skill == skill and each.level >= level
            ]
            where = self.floor.calendar(person.calendar).zone
            yield self._cut(
                zip(table.start.tolist(), table.end.tolist(), strict=True), max(lasts), where
            )

    def _tool_windows(self, tool_class: str) -> Iterable[Windows]:
        for tool in self.floor.usable_tools(tool_class, _day(self.asked.start_at_min)):
            yield self._cut([(self.origin, self.end)], tool.calibration_due or date.max, "UTC")

    def _cut(self, windows: Iterable[tuple[int, int]], last: date, where: str) -> Windows:
        end = self.end
        if last < date.max:
            end = min(end, utc_min(last + timedelta(days=1), 0, zone(where)))
        return [
            (max(begins, self.origin) - self.origin, min(ends, end) - self.origin)
            for begins, ends in windows
            if begins < end and ends > self.origin
        ]

    def _table(self, name: str) -> WorkingTime:
        if name not in self.tables:
            first, last = _day(self.origin), _day(self.end)
            self.tables[name] = working_time(
                self.floor.calendar(name),
                start=first - timedelta(days=2), end=last + timedelta(days=2),
            )  # fmt: skip
        return self.tables[name]

    def _machine(self, machine: Equipment) -> Machine:
        closed = self._table(machine.calendar).closures(self.origin, self.end)
        down = self.asked.down.get(machine.id, ())
        matrix = self.floor.setups.get(machine.work_centre)
        return Machine(
            id=machine.id,
            closures=tuple(
                (begins - self.origin, ends - self.origin) for begins, ends in union([closed, down])
            ),
            family=machine.family,
            setups=dict(matrix.minutes) if matrix else {},
        )

    def _placed(self, jobs: Sequence[JobOrder], problem: Problem) -> dict[int, Placed]:
        number = {each.id: at for at, each in enumerate(problem.tasks)}
        return {
            number[each.id]: Placed(
                task=number[each.id], machine=self.machine_at[each.machine],
                start_min=each.start_at_min - self.origin, end_min=each.end_at_min - self.origin,
            )
            for each in jobs
            if each.id in number and each.machine in self.machine_at
        }  # fmt: skip

    def _pinned(self, problem: Problem) -> dict[int, Placed]:
        found = {}
        for number, task in enumerate(problem.tasks):
            pin = self.pins.get(task.id)
            if pin is None or pin.start_at_min is None:
                continue
            found[number] = place_at(
                problem, number, task.choices[0], pin.start_at_min - self.origin
            )
        return found


def place_at(problem: Problem, number: int, choice: Choice, start_min: int) -> Placed:
    """Return a task begun exactly then; raises `InvalidRequestError` where that is no working time."""
    task = problem.tasks[number]
    closed = [problem.machines[choice.machine].closures]
    closed += [problem.pools[each].closures for each, _ in task.holds]
    begins, ends = Axis(union(closed)).fit(start_min, choice.run_min, task.interruption)
    if begins != start_min:
        name = problem.machines[choice.machine].id
        raise InvalidRequestError(
            f"{task.id} cannot begin there on {name}: the next time that works is"
            f" {begins - start_min} min later"
        )
    return Placed(task=number, machine=choice.machine, start_min=begins, end_min=ends)


def pool(name: str, windows: Iterable[Windows], *, horizon_min: int) -> Pool:
    """Return a pool from when each of its members is there: closed where nobody is, short where some are away."""
    change: dict[int, int] = {0: 0, horizon_min: 0}
    for each in windows:
        for begins, ends in each:
            if ends > begins:
                change[begins] = change.get(begins, 0) + 1
                change[ends] = change.get(ends, 0) - 1
    marks = sorted(change)
    levels, level = [], 0
    for mark in marks:
        level += change[mark]
        levels.append(level)
    capacity = max(levels)
    spans = [
        (begins, ends, there)
        for begins, ends, there in zip(marks, marks[1:], levels, strict=False)
        if ends > begins
    ]
    return Pool(
        id=name,
        capacity=capacity,
        closures=union([tuple((begins, ends) for begins, ends, there in spans if there == 0)]),
        absent=tuple(
            (begins, ends, capacity - there)
            for begins, ends, there in spans
            if 0 < there < capacity
        ),
    )


def _day(at_min: int) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=at_min)).date()
