"""The desk of production plans: drafted from demand, checked against capacity, decided, approved, released."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.clock import NS_PER_S, Clock
from gateway.errors import ConflictError, NotFoundError
from gateway.production.archive import Archive
from gateway.production.capacity import plan as plans
from gateway.production.capacity.gaps import RemedyKind
from gateway.production.capacity.plan import Decision, ProductionPlan
from gateway.production.demand.forecast import demand_by_week
from gateway.production.lifecycle import DemandState, ForecastState, LotState, PlanState
from gateway.production.model import (
    DemandLine,
    ForecastRun,
    MaterialLot,
    Product,
    WorkOrder,
)
from gateway.production.office.floorplan import load_floor
from gateway.production.office.options import PlanningOptions
from gateway.production.orders import by_week, causes, week_of, work_orders


class PlanDesk:
    """Plans by number; each is one chain of versions."""

    def __init__(
        self, archive: Archive, *, options: PlanningOptions, clock: Clock, time_zone: str
    ) -> None:
        self._archive, self._options = archive, options
        self._clock, self._zone = clock, time_zone
        self._turn = asyncio.Lock()

    async def plans(self) -> Sequence[ProductionPlan]:
        """Return the newest version of every plan, newest first."""
        found = await self._archive.newest(ProductionPlan)
        return sorted(found, key=lambda each: -each.id)

    async def plan(self, number: int, version: int | None = None) -> ProductionPlan:
        """Return a plan; raises `NotFoundError`."""
        return await self._archive.get(ProductionPlan, str(number), version)

    def today(self) -> date:
        """Return the plant's day."""
        now = datetime.fromtimestamp(self._clock.now_ns() / NS_PER_S, UTC)
        return now.astimezone(ZoneInfo(self._zone)).date()

    async def draft(
        self, *, weeks: int | None, opening: Mapping[str, float], by: str
    ) -> ProductionPlan:
        """Draft a plan from open orders and accepted forecasts; stock not named is what released lots hold.

        What is overdue is wanted in the first week. Raises `NotFoundError` where nothing is wanted.
        """
        first = week_of(self.today())
        span = [first + timedelta(weeks=each) for each in range(weeks or self._options.weeks)]
        lines = [
            replace(each, due=max(each.due, first))
            for each in await self._archive.newest(DemandLine)
        ]
        forecasts = await self._archive.newest(ForecastRun, state=ForecastState.ACCEPTED)
        runs = {each.product: each for each in forecasts}
        orders = by_week(lines)
        demand = {
            name: {week: qty for week, qty in asked.items() if week in span}
            for name in sorted({*orders, *runs})
            for asked in [demand_by_week(orders.get(name, {}), runs.get(name))]
        }
        demand = {name: asked for name, asked in demand.items() if any(asked.values())}
        if not demand:
            raise NotFoundError(
                f"nothing is wanted from {span[0]} to {span[-1] + timedelta(days=6)}: import orders or"
                " accept a forecast first"
            )
        async with self._turn:
            number = 1 + max(
                (each.id for each in await self._archive.newest(ProductionPlan)), default=0
            )
            made = plans.draft(
                number=number, demand=demand, opening=await self._opening(demand, opening),
                weeks=span, proposer=by, orders=causes(lines),
            )  # fmt: skip
            await self._archive.add([made], by=by)
        return made

    async def _opening(
        self, demand: Mapping[str, object], given: Mapping[str, float]
    ) -> dict[str, float]:
        known = {each.id for each in await self._archive.newest(Product)}
        unknown = sorted({*given} - known)
        if unknown:
            raise NotFoundError(f"there is no product {unknown[0]!r} to have stock of")
        stock = dict.fromkeys(demand, 0.0)
        for lot in await self._archive.newest(MaterialLot):
            if lot.material in stock and lot.state is LotState.RELEASED:
                stock[lot.material] += lot.qty
        return stock | dict(given)

    async def check(self, number: int, *, by: str) -> ProductionPlan:
        """Load every resource and name the gaps; raises `NotFoundError`, `ConflictError`."""
        plan = await self.plan(number)
        floor = await load_floor(self._archive)
        return await self._changed(plan, await asyncio.to_thread(plans.check, plan, floor), by=by)

    async def decide(
        self, number: int, *, gap: str, remedy: RemedyKind, reason: str, by: str
    ) -> ProductionPlan:
        """Decide on one gap."""
        plan = await self.plan(number)
        decision = Decision(gap=gap, remedy=remedy, by=by, reason=reason)
        return await self._changed(plan, plans.decide(plan, decision), by=by)

    async def approve(self, number: int, *, by: str) -> ProductionPlan:
        """Approve a plan; raises `ConflictError` while a gap is undecided, and for its proposer."""
        plan = await self.plan(number)
        if plan.state is PlanState.DRAFT:
            raise ConflictError(
                f"plan {number} was not checked against capacity yet: check it first"
            )
        approver = self._options.approver(by, proposer=plan.proposer)
        return await self._changed(plan, plans.approve(plan, by=approver), by=by)

    async def revise(self, number: int, *, by: str) -> ProductionPlan:
        """Make the next version of a plan to change and check again; the one before is superseded."""
        plan = await self.plan(number)
        made = plans.next_version(plan, proposer=by)
        await self._changed(plan, plans.superseded(plan), by=by)
        await self._archive.add([made], by=by)
        return made

    async def release(self, number: int, *, by: str) -> Sequence[WorkOrder]:
        """Make work orders of an approved plan, each once; raises `ConflictError`."""
        plan = await self.plan(number)
        floor = await load_floor(self._archive)
        first = plan.weeks[0]
        lines = await self._archive.newest(DemandLine)
        wanted = [replace(each, due=max(each.due, first)) for each in lines]
        made = work_orders(plan, wanted, routings=floor.routings, time_zone=self._zone)
        there = {each.id for each in await self._archive.newest(WorkOrder)}
        new = [each for each in made if each.id not in there]
        await self._archive.add(new, by=by)
        pegged = {name for each in new for name in each.demand}
        for line in lines:
            if line.id in pegged and line.state is DemandState.OPEN:
                planned = replace(line, state=DemandState.PLANNED)
                await self._archive.change(line, planned, by=by)
        return new

    async def orders(self) -> Sequence[WorkOrder]:
        """Return every work order by due time."""
        found = await self._archive.newest(WorkOrder)
        return sorted(found, key=lambda each: (each.due_at_min, each.id))

    async def _changed(
        self, was: ProductionPlan, now: ProductionPlan, *, by: str
    ) -> ProductionPlan:
        await self._archive.change(was, now, by=by)
        return now
