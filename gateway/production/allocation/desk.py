"""Gathers what decides on jobs: orders, steps before, lots, tools, people, gates, machines, issues."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.clock import Clock
from gateway.deviation import LIVING, Issue, Severity
from gateway.errors import ConflictError, NotFoundError
from gateway.ports import GateAsked, Gates, Issues
from gateway.production.allocation.readiness import (
    BlockingIssue,
    JobFacts,
    Need,
    Predecessor,
    Readiness,
    ToolFacts,
    overlapping,
    readiness,
)
from gateway.production.archive import Archive
from gateway.production.execution.book import AT_MACHINE, BEGUN, DONE, Book
from gateway.production.execution.machine import MachineView
from gateway.production.execution.port import JobRun, Way
from gateway.production.execution.wear import counted_cycles
from gateway.production.floor import Floor
from gateway.production.lifecycle import JobState, ScheduleState
from gateway.production.model import (
    JobOrder,
    Operation,
    Person,
    Routing,
    Schedule,
    Tool,
    WorkOrder,
)
from gateway.production.office.floorplan import load_floor
from gateway.production.office.shop import routings_of
from gateway.production.schedule.build import job_id
from gateway.store import Store

_NS_PER_MIN: Final = 60_000_000_000
_MOST_ISSUES: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The published schedule with everything its jobs stand on, read at one moment."""

    floor: Floor
    schedule: Schedule | None
    jobs: Mapping[str, JobOrder]
    orders: Mapping[str, WorkOrder]
    routings: Mapping[tuple[str, int], Routing]
    cycles: Mapping[str, int]
    issues: Sequence[Issue]

    def order(self, name: str) -> WorkOrder:
        """Return a work order; raises `NotFoundError`."""
        if name not in self.orders:
            raise NotFoundError(f"there is no work order {name[:100]!r}")
        return self.orders[name]

    def routing(self, order: WorkOrder) -> Routing:
        """Return the routing that an order keeps to; raises `NotFoundError`."""
        found = self.routings.get((order.product, order.routing_version))
        if found is None:
            raise NotFoundError(
                f"order {order.id}: no routing of {order.product} version {order.routing_version}"
            )
        return found

    def operation(self, order: WorkOrder, op: str) -> Operation:
        """Return a step of an order; raises `NotFoundError`."""
        for each in self.routing(order).operations:
            if each.op == op:
                return each
        raise NotFoundError(f"order {order.id} has no step {op[:60]!r}")


class AllocationDesk:
    """Readiness of jobs, and what is given to them; `book` knows how each of them stands."""

    def __init__(
        self,
        archive: Archive,
        *,
        store: Store,
        book: Book,
        view: MachineView,
        gates: Gates,
        issues: Issues,
        blocking: Sequence[Severity],
        clock: Clock,
        time_zone: str,
    ) -> None:
        self._archive, self._store, self._book = archive, store, book
        self._view, self._gates, self._issues = view, gates, issues
        self._blocking, self._clock, self._zone = tuple(blocking), clock, time_zone

    async def work(self) -> Work:
        """Read the published schedule and what its jobs stand on."""
        await self._book.open()
        published = await self._archive.newest(Schedule, state=ScheduleState.PUBLISHED)
        schedule = published[0] if published else None
        jobs = {} if schedule is None else {each.id: each for each in schedule.jobs}
        for run in self._book.runs.values():
            planned = jobs.get(run.job)
            # What a machine was told of stays there, wherever the plan would have it.
            if planned is None and run.state in AT_MACHINE:
                jobs[run.job] = _as_order(run, start_min=(run.started_ns or run.sent_ns or 0))
            elif planned is not None and run.state in AT_MACHINE | DONE:
                jobs[run.job] = replace(planned, machine=run.machine)
        wanted = {each.order for each in jobs.values()}
        orders = [each for each in await self._archive.newest(WorkOrder) if each.id in wanted]
        blocking = list(self._blocking)
        issues = await self._issues.list(
            states=LIVING, severities=blocking, limit=_MOST_ISSUES
        ) if blocking else ()  # fmt: skip
        floor = await load_floor(self._archive)
        return Work(
            floor=floor,
            schedule=schedule,
            jobs=jobs,
            orders={each.id: each for each in orders},
            routings=await routings_of(self._archive, orders),
            cycles=await self._store.run(lambda c: counted_cycles(c, floor.tools)),
            issues=issues,
        )

    def run_of(self, work: Work, planned: JobOrder) -> JobRun:
        """Return a job as it runs; one that nobody has dealt with is as planned."""
        held = self._book.runs.get(planned.id)
        if held is not None and held.state in AT_MACHINE | DONE:
            return held
        path = next((e.path for e in work.floor.machines if e.id == planned.machine), "")
        way = Way.JOB_CONTROL if self._view.takes(path) else Way.PERSON
        if held is None:
            order = work.order(planned.order)
            return JobRun(
                job=planned.id, order=order.id, op=planned.op, product=order.product,
                machine=planned.machine, qty=order.qty, way=way,
            )  # fmt: skip
        # A new schedule may have put it elsewhere before anybody was told of it.
        return replace(held, machine=planned.machine, way=way)

    async def readiness(
        self, work: Work, planned: JobOrder, run: JobRun | None = None
    ) -> Readiness:
        """Return what must hold before a job is dispatched, as it stands or as it is about to be."""
        return readiness(await self.facts(work, planned, run or self.run_of(work, planned)))

    async def facts(self, work: Work, planned: JobOrder, run: JobRun) -> JobFacts:
        """Gather what decides on one job; raises `NotFoundError`, and as gates and store do."""
        order = work.order(planned.order)
        operation = work.operation(order, planned.op)
        equipment = next((e for e in work.floor.machines if e.id == run.machine), None)
        path = equipment.path if equipment is not None else ""
        pieces = max(0, math.ceil(run.qty - run.good))
        gates = await self._gates.blocking(
            GateAsked(
                job=planned.id, order=order.id, op=planned.op, product=order.product,
                machine=run.machine, checklist=operation.checklist, before=operation.after,
                lots=run.lots,
            )
        )  # fmt: skip
        return JobFacts(
            job=planned.id,
            now_ns=self._clock.now_ns(),
            order=order,
            operation=operation,
            pieces=pieces,
            machine=self._view.facts(equipment, down_until=self._down(work, run.machine)),
            before=tuple(self._before(work, order, each) for each in operation.after),
            needs=self._needs(work, order, operation, run, pieces),
            tool=self._tool(work, operation, run),
            people=tuple(each for each in work.floor.people if each.id in run.people),
            others=self._others(work, planned),
            zones={name: each.zone for name, each in work.floor.calendars.items()},
            gates=tuple(gates),
            issues=tuple(
                BlockingIssue(number=e.number, title=e.title, severity=e.severity.value)
                for e in work.issues
                if path and (e.asset == path or path.startswith(f"{e.asset}/"))
            ),
            time_zone=self._zone,
        )

    def _down(self, work: Work, machine: str) -> str:
        now_min = self._clock.now_ns() // _NS_PER_MIN
        out = [] if work.schedule is None else work.schedule.down
        left = [e.until_at_min - now_min for e in out
                if e.machine == machine and e.from_at_min <= now_min < e.until_at_min]  # fmt: skip
        return f"for {max(left)} more minutes" if left else ""

    def _before(self, work: Work, order: WorkOrder, op: str) -> Predecessor:
        run = self._book.runs.get(job_id(order.id, op))
        step = work.operation(order, op)
        return Predecessor(
            op=op,
            state=JobState.PLANNED if run is None else run.state,
            ended_ns=None if run is None else run.ended_ns,
            handover=step.handover,
            accepted_by="" if run is None else run.accepted_by,
            wait_min=step.wait_min,
        )

    def _needs(
        self, work: Work, order: WorkOrder, operation: Operation, run: JobRun, pieces: int
    ) -> tuple[Need, ...]:
        """Return the materials of a job: they are taken at the first steps of its routing."""
        product = work.floor.products.get(order.product)
        if product is None or operation.after or run.state in BEGUN:
            return ()
        gross = pieces / (1 - product.scrap_fraction)
        aside = self._set_aside(work, run)
        found = []
        for material, qty_per in product.materials.items():
            mine = [each for each in work.floor.lots if each.material == material]
            given = [each for each in mine if each.lot in run.lots]
            usable = given or [each for each in mine if each.state.value == "released"]
            qty = qty_per * gross
            found.append(Need(material=material, qty=qty, lots=tuple(usable), set_aside=aside))
        return tuple(found)

    def _set_aside(self, work: Work, run: JobRun) -> dict[str, float]:
        """Return what jobs that are at machines now may still take of each lot given to them."""
        aside: dict[str, float] = {}
        for other in self._book.runs.values():
            if other.job == run.job or other.state not in AT_MACHINE:
                continue
            product = work.floor.products.get(other.product)
            for lot in other.lots:
                held = next((each for each in work.floor.lots if each.lot == lot), None)
                if held is not None and product is not None:
                    per = product.materials.get(held.material, 0.0)
                    aside[lot] = aside.get(lot, 0.0) + per * max(0.0, other.qty - other.good)
        return aside

    def _tool(self, work: Work, operation: Operation, run: JobRun) -> ToolFacts | None:
        if not operation.tool_class:
            return None
        tool = next((each for each in work.floor.tools if each.id == run.tool), None)
        taken = [e.job for e in self._book.runs.values()
                 if e.tool and e.tool == run.tool and e.job != run.job and e.state in AT_MACHINE]  # fmt: skip
        counted = work.cycles.get(run.tool, 0)
        return ToolFacts(tool=tool, counted=counted, taken_by=", ".join(taken))

    def _others(self, work: Work, planned: JobOrder) -> tuple[Person, ...]:
        busy = {
            person
            for each in self._book.runs.values()
            if each.job != planned.id and each.state in AT_MACHINE
            for person in each.people
        }
        return tuple(each for each in work.floor.people if each.id not in busy)

    def checked_tool(self, work: Work, planned: JobOrder, name: str) -> Tool:
        """Return a tool for a job; raises `NotFoundError`, `ConflictError` where an overlapping job has it."""
        tool = next((each for each in work.floor.tools if each.id == name), None)
        if tool is None:
            raise NotFoundError(f"there is no tool {name[:60]!r}")
        wanted = work.operation(work.order(planned.order), planned.op).tool_class
        if tool.tool_class != wanted:
            kind = f"a {wanted}" if wanted else "no tool"
            raise ConflictError(f"{planned.id} takes {kind}, {tool.id} is a {tool.tool_class}")
        span = (planned.start_at_min, planned.end_at_min)
        other = overlapping(span, list(self._holding(work, planned.id, name)))
        if other:
            raise ConflictError(f"tool {name} is given to {other} at that time")
        return tool

    def _holding(self, work: Work, job: str, tool: str) -> Iterable[tuple[str, int, int]]:
        """Return who else has a tool, and when; what is at a machine has it now."""
        now_min = self._clock.now_ns() // _NS_PER_MIN
        for run in self._book.runs.values():
            if run.job == job or run.tool != tool or run.state in DONE:
                continue
            planned = work.jobs.get(run.job)
            if planned is None:
                continue
            start, end = planned.start_at_min, planned.end_at_min
            if run.state in AT_MACHINE:
                start, end = min(start, now_min), max(end, now_min + 1)
            yield run.job, start, end

    def free_tool(self, work: Work, planned: JobOrder, pieces: int) -> str:
        """Return the usable tool with the least life that is enough and free at that time, "" where there is none."""
        wanted = work.operation(work.order(planned.order), planned.op).tool_class
        if not wanted:
            return ""
        span = (planned.start_at_min, planned.end_at_min)
        fit = [
            (left, tool.id)
            for tool in work.floor.tools
            if tool.tool_class == wanted
            and tool.state.value in {"ready", "in use"}
            and (left := _life(tool, work.cycles.get(tool.id, 0))) >= pieces
            and not overlapping(span, list(self._holding(work, planned.id, tool.id)))
        ]
        return min(fit)[1] if fit else ""

    def free_lots(self, work: Work, planned: JobOrder) -> tuple[str, ...]:
        """Return released lots that cover what a job takes, the first by name first; short where they do not reach."""
        order, run = work.order(planned.order), self.run_of(work, planned)
        found: list[str] = []
        operation = work.operation(order, planned.op)
        pieces = max(0, math.ceil(run.qty - run.good))
        for need in self._needs(work, order, operation, replace(run, lots=()), pieces):
            left = need.qty
            for lot in sorted(need.lots, key=lambda each: each.lot):
                free = lot.qty - need.set_aside.get(lot.lot, 0.0)
                if left > 1e-9 and free > 0:
                    found.append(lot.lot)
                    left -= free
        return tuple(found)


def _life(tool: Tool, counted: int) -> float:
    if tool.life_cycles is None:
        return math.inf
    return tool.life_cycles - tool.used_cycles - counted


def _as_order(run: JobRun, *, start_min: int) -> JobOrder:
    at_min = start_min // _NS_PER_MIN
    return JobOrder(
        id=run.job, order=run.order, op=run.op, machine=run.machine, start_at_min=at_min,
        end_at_min=at_min + 1,
    )  # fmt: skip
