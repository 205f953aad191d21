"""The desk of schedules: the board, what a hand moves, breakdowns, approval and publishing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from gateway.clock import Clock
from gateway.errors import ConflictError, NotFoundError
from gateway.production.archive import Archive
from gateway.production.execution.port import JobRun
from gateway.production.lifecycle import ScheduleState, WorkOrderState
from gateway.production.model import (
    Down,
    Pin,
    Schedule,
    ScheduleCause,
    WorkOrder,
)
from gateway.production.office.board import board_of
from gateway.production.office.options import PlanningOptions
from gateway.production.office.port import Board, Drag, SearchJob
from gateway.production.office.search import SearchRoom
from gateway.production.office.shop import (
    BEGUN,
    Shop,
    as_it_is,
    as_known,
    by_machine,
    noise_of,
    open_orders,
    plan_of,
    shop_of,
)
from gateway.production.schedule.build import job_id, to_jobs
from gateway.production.schedule.confidence import confidence
from gateway.production.schedule.live import Progress, dragged
from gateway.production.schedule.problem import Plan, cost
from gateway.production.schedule.repair import Breakdown, right_shift
from gateway.production.schedule.versions import (
    ScheduleDiff,
    approved,
    difference,
    published,
)

NS_PER_MIN: Final = 60_000_000_000
CHAIN: Final = "plant"
_KEPT_VERSIONS: Final = 50
_BY_RULE: Final = "nothing that needs asking"


class ScheduleDesk:
    """One chain of schedule versions for the plant.

    `progress` tells by job what really happened, `states` what became of jobs that were dealt with.
    """

    def __init__(
        self,
        archive: Archive,
        *,
        options: PlanningOptions,
        clock: Clock,
        progress: Callable[[], Mapping[str, Progress]] = dict,
        states: Callable[[], Mapping[str, JobRun]] = dict,
    ) -> None:
        self._archive, self._options, self._clock = archive, options, clock
        self._progress, self._states = progress, states
        self._turn = asyncio.Lock()
        self._room = SearchRoom(
            archive, options=options, clock=clock, keep=self._keep, states=states
        )

    def now_min(self) -> int:
        """Return the present UTC minute."""
        return self._clock.now_ns() // NS_PER_MIN

    async def schedules(self) -> Sequence[Schedule]:
        """Return the newest versions, newest first, without their jobs."""
        held = await self._archive.versions(Schedule, CHAIN, last=_KEPT_VERSIONS)
        return [replace(each, jobs=()) for each in reversed(held)]

    async def _version(self, version: int) -> Schedule:
        return await self._archive.get(Schedule, CHAIN, version)

    async def _published(self) -> Schedule | None:
        found = await self._archive.newest(Schedule, state=ScheduleState.PUBLISHED)
        return found[0] if found else None

    async def board(self, version: int | None = None) -> Board:
        """Return a version, the published one where none is named; raises `NotFoundError`."""
        if version is None:
            schedule = await self._published()
            if schedule is None:
                raise NotFoundError(
                    "no schedule is published yet: release a plan, search for a schedule, publish it"
                )
        else:
            schedule = await self._version(version)
        shop = await self._shop(schedule)
        waiting = await open_orders(self._archive)
        held = {each.order for each in schedule.jobs}
        _, assumed = noise_of(shop, self._options)
        return await asyncio.to_thread(
            board_of,
            replace(schedule, jobs=as_it_is(schedule.jobs, self._states())),
            shop,
            progress=self._progress(),
            now_min=self.now_min(),
            unplanned=[each.id for each in waiting if each.id not in held],
            assumed=assumed,
        )

    async def _shop(self, schedule: Schedule) -> Shop:
        """Return the problem that a version solves: its orders, from its first start on."""
        names = {each.order for each in schedule.jobs}
        orders = [each for each in await self._archive.newest(WorkOrder) if each.id in names]
        first = min((each.start_at_min for each in schedule.jobs), default=self.now_min())
        return await shop_of(
            self._archive,
            self._options,
            orders,
            start_at_min=first,
            frozen=[
                each for each in as_it_is(schedule.jobs, self._states()) if each.state in BEGUN
            ],
            pins=schedule.pins,
            down=by_machine(schedule.down),
        )

    def search(
        self, *, cause: ScheduleCause, seconds: float | None, pins: Sequence[Pin] | None, by: str
    ) -> SearchJob:
        """Look for a schedule of all open work beside everything else; raises `ConflictError` while one runs."""
        return self._room.start(cause=cause, seconds=seconds, pins=pins, by=by)

    def found(self, key: str) -> SearchJob:
        """Return how far a search is; raises `NotFoundError`."""
        return self._room.get(key)

    async def settled(self, key: str) -> SearchJob:
        """Return a search once it is over; raises `NotFoundError`."""
        return await self._room.settled(key)

    async def cancel(self, key: str) -> SearchJob:
        """End a search."""
        return await self._room.cancel(key)

    async def close(self) -> None:
        """End what is being searched."""
        await self._room.close()

    async def _keep(self, schedule: Schedule, *, by: str) -> Schedule:
        """Add a proposal as the next version."""
        async with self._turn:
            held = await self._archive.versions(Schedule, CHAIN, last=1)
            made = replace(schedule, version=held[-1].version + 1 if held else 1)
            await self._archive.add([made], by=by)
        return made

    async def drag(self, version: int, *, job: str, machine: str, start_at_min: int) -> Drag:
        """Judge a job put elsewhere by hand; nothing is kept."""
        shop, plan = await self._planned(await self._version(version))
        task, where = _task(shop, job), _machine(shop, machine)
        origin = shop.built.origin_min
        moved = await asyncio.to_thread(
            dragged, shop.problem, plan, task=task, machine=where, start_min=start_at_min - origin
        )
        return Drag(
            bar_start_min=moved.plan[task].start_min + origin,
            bar_end_min=moved.plan[task].end_min + origin,
            faults=moved.faults,
            cost_before=cost(shop.problem, plan),
            cost_after=cost(shop.problem, moved.plan),
            late_after=_late(shop, moved.plan),
        )

    async def move(
        self, version: int, *, job: str, machine: str, start_at_min: int, by: str
    ) -> Schedule:
        """Propose a version in which one job is elsewhere and pinned there; raises `ConflictError` with what breaks."""
        schedule = await self._version(version)
        shop, plan = await self._planned(schedule)
        origin = shop.built.origin_min
        moved = dragged(
            shop.problem, plan, task=_task(shop, job), machine=_machine(shop, machine),
            start_min=start_at_min - origin,
        )  # fmt: skip
        if moved.faults:
            more = f", and {len(moved.faults) - 1} more" if len(moved.faults) > 1 else ""
            raise ConflictError(f"{job} does not fit there: {moved.faults[0]}{more}")
        pin = Pin(job=job, machine=machine, start_at_min=start_at_min, by=by)
        pins = (*(each for each in schedule.pins if each.job != job), pin)
        proposal = replace(schedule, pins=pins)
        return await self._propose(shop, moved.plan, proposal, cause=ScheduleCause.MANUAL, by=by)

    async def breakdown(self, machine: str, *, minutes: int, by: str) -> Schedule:
        """Propose the published schedule shifted right around a machine that is down from now on."""
        schedule = await self._published()
        if schedule is None:
            raise ConflictError("no schedule is published: there is nothing to shift")
        shop, plan = await self._planned(schedule)
        now = self.now_min()
        origin = shop.built.origin_min
        down = Breakdown(
            machine=_machine(shop, machine),
            from_min=now - origin,
            until_min=now + minutes - origin,
        )
        repair = await asyncio.to_thread(
            right_shift, shop.problem, plan, down, now_min=max(0, now - origin)
        )
        out = Down(machine=machine, from_at_min=now, until_at_min=now + minutes)
        shifted = Shop(
            floor=shop.floor,
            orders=shop.orders,
            built=replace(shop.built, problem=repair.problem),
        )
        proposal = replace(schedule, down=(*schedule.down, out))
        return await self._propose(
            shifted, repair.plan, proposal, cause=ScheduleCause.BREAKDOWN, by=by
        )

    async def _propose(
        self, shop: Shop, plan: Plan, basis: Schedule, *, cause: ScheduleCause, by: str
    ) -> Schedule:
        """Keep a plan made from a version as the next proposal."""
        current = await self._published()
        noise, _ = noise_of(shop, self._options)
        sure = await asyncio.to_thread(
            confidence, shop.problem, plan, noise, runs=self._options.confidence_runs, seed=1
        )
        made = replace(
            basis,
            jobs=as_known(to_jobs(shop.built, plan), basis.jobs),
            cause=cause,
            frozen_until_min=self.now_min() + self._options.frozen_min,
            cost=cost(shop.problem, plan),
            p_on_time=dict(sure.p_on_time),
            proposer=by,
            approver="",
            parent=None if current is None else current.version,
            state=ScheduleState.PROPOSED,
        )
        return await self._keep(made, by=by)

    async def _planned(self, schedule: Schedule) -> tuple[Shop, Plan]:
        shop = await self._shop(schedule)
        plan = plan_of(shop, schedule.jobs)
        if plan is None:
            raise ConflictError(
                f"schedule version {schedule.version} no longer holds every step of its orders: plan"
                " again"
            )
        return shop, plan

    async def diff(self, old: int, new: int) -> ScheduleDiff:
        """Return what one version changes of another."""
        before, after = await self._version(old), await self._version(new)
        orders = await self._archive.newest(WorkOrder)
        return difference(before.jobs, after.jobs, orders, frozen_until_min=after.frozen_until_min)

    async def approve(self, version: int, *, by: str) -> Schedule:
        """Approve a proposal; never by its proposer."""
        schedule = await self._version(version)
        now = approved(schedule, by=self._options.approver(by, proposer=schedule.proposer))
        await self._archive.change(schedule, now, by=by)
        return now

    async def publish(self, version: int, *, by: str) -> Schedule:
        """Publish what the checker passes: an approved version, or one that changes nothing that needs asking."""
        async with self._turn:
            schedule = await self._version(version)
            current = await self._published()
            ready = schedule
            if schedule.state is ScheduleState.PROPOSED and current is not None:
                changes = await self.diff(current.version, version)
                if changes.may_publish_alone:
                    ready = replace(schedule, state=ScheduleState.APPROVED, approver=_BY_RULE)
            shop, plan = await self._planned(schedule)
            now, ended = await asyncio.to_thread(
                lambda: published(ready, current, problem=shop.problem, plan=plan)
            )
            # The new one first: cut off between, the newest published version is the right one.
            await self._archive.change(schedule, now, by=by)
            if current is not None and ended is not None:
                await self._archive.change(current, ended, by=by)
            await self._release(shop.orders, by=by)
        return now

    async def _release(self, orders: Sequence[WorkOrder], *, by: str) -> None:
        for each in orders:
            if each.state is WorkOrderState.CREATED:
                released = replace(each, state=WorkOrderState.RELEASED)
                await self._archive.change(each, released, by=by)


def _task(shop: Shop, job: str) -> int:
    for number, (order, op) in enumerate(shop.built.steps):
        if job_id(order, op) == job:
            return number
    raise NotFoundError(f"there is no job {job[:100]!r} in this schedule")


def _machine(shop: Shop, name: str) -> int:
    for number, each in enumerate(shop.problem.machines):
        if each.id == name:
            return number
    raise NotFoundError(f"there is no machine {name[:60]!r}")


def _late(shop: Shop, plan: Plan) -> dict[str, int]:
    """Return how many minutes each order is late."""
    ends = [0] * len(shop.problem.orders)
    for placed in plan:
        order = shop.problem.tasks[placed.task].order
        ends[order] = max(ends[order], placed.end_min)
    return {
        each.id: end - each.due_min
        for each, end in zip(shop.problem.orders, ends, strict=True)
        if each.due_min is not None and end > each.due_min
    }
