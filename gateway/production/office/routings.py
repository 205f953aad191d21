"""The desk of workflow design: versions of routings, drafted, reviewed by somebody else, one in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from graphlib import CycleError
from zoneinfo import ZoneInfo

from gateway.clock import NS_PER_S, Clock
from gateway.errors import NotFoundError
from gateway.production.archive import Archive
from gateway.production.lifecycle import RoutingState, StandardState
from gateway.production.model import Operation, Product, Routing, StandardTime
from gateway.production.office.floorplan import floor_for_review
from gateway.production.office.options import PlanningOptions
from gateway.production.office.port import RoutingView
from gateway.production.workflow import versions
from gateway.production.workflow.checks import flaws
from gateway.production.workflow.map import workflow_map
from gateway.production.workflow.versions import RoutingDiff


class RoutingDesk:
    """Routings by product."""

    def __init__(
        self, archive: Archive, *, options: PlanningOptions, clock: Clock, time_zone: str
    ) -> None:
        self._archive, self._options = archive, options
        self._clock, self._zone = clock, time_zone

    def _today(self) -> date:
        now = datetime.fromtimestamp(self._clock.now_ns() / NS_PER_S, UTC)
        return now.astimezone(ZoneInfo(self._zone)).date()

    async def routings(self) -> Sequence[Routing]:
        """Return the newest version of every product's routing."""
        return await self._archive.newest(Routing)

    async def _versions(self, product: str) -> tuple[Routing, ...]:
        found = await self._archive.versions(Routing, product)
        if not found:
            raise NotFoundError(
                f"there is no routing of {product[:60]!r}: import or draft one first"
            )
        return found

    async def view(self, product: str, version: int | None = None) -> RoutingView:
        """Return a version, the one in force where none is named; raises `NotFoundError`."""
        held = await self._versions(product)
        if version is None:
            active = [each for each in held if each.state is RoutingState.ACTIVE]
            chosen = active[-1] if active else held[-1]
        else:
            chosen = versions.version_of(held, version)
        return await self._view(chosen, held)

    async def _view(self, chosen: Routing, held: Sequence[Routing]) -> RoutingView:
        floor = await floor_for_review(self._archive, chosen.product)
        try:
            drawn = workflow_map(chosen)
        except CycleError:
            drawn = None  # its flaws name the circle
        return RoutingView(
            routing=chosen,
            map=drawn,
            flaws=flaws(chosen, floor, on=self._today()),
            versions=tuple(each.version for each in held),
        )

    async def draft(self, product: str, operations: Sequence[Operation], *, by: str) -> RoutingView:
        """Draft the next version; one's own newest draft is replaced."""
        held = await self._archive.versions(Routing, product)
        if held:
            made = versions.redrafted(held, operations, author=by)
        else:
            await self._archive.get(Product, product)
            made = Routing(product=product, operations=tuple(operations), author=by)
        if held and made.version == held[-1].version:
            await self._archive.change(held[-1], made, by=by)
        else:
            await self._archive.add([made], by=by)
        return await self.view(product, made.version)

    async def submit(self, product: str, version: int, *, by: str) -> RoutingView:
        """Put a draft up for review; raises `RoutingFlawedError`, `ConflictError`."""
        chosen = versions.version_of(await self._versions(product), version)
        floor = await floor_for_review(self._archive, product)
        now = versions.submitted(chosen, floor, on=self._today())
        await self._archive.change(chosen, now, by=by)
        return await self.view(product, version)

    async def give_back(self, product: str, version: int, *, by: str) -> RoutingView:
        """Return a version under review to its author."""
        chosen = versions.version_of(await self._versions(product), version)
        await self._archive.change(chosen, versions.returned(chosen), by=by)
        return await self.view(product, version)

    async def approve(self, product: str, version: int, *, by: str) -> RoutingView:
        """Put a version in force, with the estimated times that came with it; never by its author."""
        held = await self._versions(product)
        floor = await floor_for_review(self._archive, product)
        author = versions.version_of(held, version).author
        approver = self._options.approver(by, proposer=author)
        now = versions.approved(held, version, floor, by=approver, on=self._today())
        # The one in force steps back first: were this cut off, none would be in force, never two.
        changes = [(a, b) for a, b in zip(held, now, strict=True) if a != b]
        for was, became in sorted(changes, key=lambda pair: pair[1].state is RoutingState.ACTIVE):
            await self._archive.change(was, became, by=by)
        await self._approve_times(product, by=by)
        return await self.view(product, version)

    async def _approve_times(self, product: str, *, by: str) -> None:
        """Let the estimates of a product count once its routing does; measured ones wait for their own approval."""
        for each in await self._archive.newest(StandardTime, state=StandardState.PROPOSED):
            if each.product == product and not each.jobs:
                await self._archive.change(each, replace(each, state=StandardState.APPROVED), by=by)

    async def compare(self, product: str, old: int, new: int) -> RoutingDiff:
        """Return what differs between two versions."""
        held = await self._versions(product)
        return versions.compared(versions.version_of(held, old), versions.version_of(held, new))
