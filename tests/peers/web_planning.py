"""The production office over a database that is opened when it is first asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

from sqlalchemy import Connection

from gateway.clock import Clock
from gateway.production.archive import Archive
from gateway.production.office.demand import DemandDesk
from gateway.production.office.options import Approval, PlanningOptions
from gateway.production.office.plans import PlanDesk
from gateway.production.office.port import Planning
from gateway.production.office.routings import RoutingDesk
from gateway.production.office.schedules import ScheduleDesk
from gateway.production.office.tables import TableDesk
from gateway.store import Store

T = TypeVar("T")


class LazyStore:
    """A store in a folder, made at its first work."""

    def __init__(self, folder: Path) -> None:
        self._url = f"sqlite:///{folder / 'planning.db'}"
        self._store: Store | None = None
        self._turn = asyncio.Lock()

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run work in a transaction."""
        async with self._turn:
            if self._store is None:
                self._store = await Store.open(self._url)
        return await self._store.run(work)

    async def close(self) -> None:
        """Close it where it was opened."""
        if self._store is not None:
            await self._store.close()


def planning_over(
    archive: Archive, clock: Clock, *, zone: str, options: PlanningOptions | None = None
) -> Planning:
    """Return the desks over an archive."""
    options = options or PlanningOptions()
    return Planning(
        tables=TableDesk(archive, clock=clock, time_zone=zone),
        demand=DemandDesk(archive, options=options),
        plans=PlanDesk(archive, options=options, clock=clock, time_zone=zone),
        routings=RoutingDesk(archive, options=options, clock=clock, time_zone=zone),
        schedules=ScheduleDesk(archive, options=options, clock=clock),
    )


def lazy_store(folder: Path) -> Store:
    """Return a store in a folder that is made at its first work."""
    return cast("Store", LazyStore(folder))


def lazy_planning(store: Store, clock: Clock, *, zone: str) -> Planning:
    """Return the desks over a store."""
    options = PlanningOptions(approval=Approval.ANYBODY)
    return planning_over(Archive(store, clock=clock), clock, zone=zone, options=options)
