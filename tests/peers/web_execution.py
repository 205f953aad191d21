"""Execution over a database that is opened when it is first asked: the real desks on ports in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.clock import Clock
from gateway.deviation import Issue, IssueState, Severity
from gateway.issues.report import Clearing, Deviation
from gateway.model import Principal
from gateway.ports import NO_GATES, Catalogue, Gates, Issues, LatestValues, Performance, Presence
from gateway.production.allocation.desk import AllocationDesk
from gateway.production.archive import Archive
from gateway.production.execution.andon import AndonDesk, IssueDoor
from gateway.production.execution.book import Book
from gateway.production.execution.counts import Counts
from gateway.production.execution.desk import ExecutionDesk, Told, nobody
from gateway.production.execution.holds import Holds
from gateway.production.execution.machine import MachineView
from gateway.production.execution.machines import NO_JOB_MACHINES, JobMachines
from gateway.production.execution.options import ExecutionOptions
from gateway.production.execution.stops import StopDesk
from gateway.production.kpi.options import ProductionOptions
from gateway.store import Store


class NoDoor:
    """Issues that calls open and end in memory; the list is that of the port beside it."""

    def __init__(self, issues: Issues) -> None:
        self._issues = issues
        self.raised: list[Deviation] = []

    async def raise_deviation(self, deviation: Deviation) -> int | None:
        """Number a call."""
        self.raised.append(deviation)
        return 1000 + len(self.raised)

    async def clear_deviation(self, clearing: Clearing) -> int | None:
        """Forget a call."""
        self.raised = [each for each in self.raised if each.cause != clearing.cause]
        return None

    async def list(self, *, states: Sequence[IssueState], limit: int) -> Sequence[Issue]:
        """Return the issues of the port."""
        severities: tuple[Severity, ...] = ()
        return await self._issues.list(states=states, severities=severities, limit=limit)

    async def reject(self, number: int, *, by: Principal, reason: str) -> Issue:
        """End an issue of the port."""
        return await self._issues.reject(number, by=by, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What execution reads of machines."""

    catalogue: Catalogue
    latest: LatestValues
    presence: Presence
    performance: Performance


@dataclass(frozen=True, slots=True, kw_only=True)
class Executing:
    """The desk with its parts, for tests that look at them."""

    desk: ExecutionDesk
    book: Book
    counts: Counts


def execution_over(
    store: Store,
    clock: Clock,
    floor: Floor,
    *,
    issues: Issues,
    door: IssueDoor | None = None,
    gates: Gates = NO_GATES,
    machines: JobMachines = NO_JOB_MACHINES,
    options: ExecutionOptions | None = None,
    production: ProductionOptions | None = None,
    zone: str = "Europe/Berlin",
    told: Told = nobody,
) -> Executing:
    """Return the desk over a store."""
    options = options or ExecutionOptions()
    book = Book(store, clock=clock)
    view = MachineView(
        catalogue=floor.catalogue, latest=floor.latest, presence=floor.presence, machines=machines
    )
    paths: dict[str, str] = {}
    counts = Counts(
        store=store, book=book, catalogue=floor.catalogue, options=options,
        production=production or ProductionOptions.model_validate({}),
        path_of=lambda machine: paths.get(machine, ""), clock=clock,
    )  # fmt: skip
    archive = Archive(store, clock=clock)
    desk = ExecutionDesk(
        archive,
        options=options,
        book=book,
        allocation=AllocationDesk(
            archive, store=store, book=book, view=view, gates=gates, issues=issues,
            blocking=options.blocking, clock=clock, time_zone=zone,
        ),
        view=view,
        machines=machines,
        stops=StopDesk(store, performance=floor.performance, options=options, clock=clock),
        andon=AndonDesk(
            door or NoDoor(issues), clock=clock, place=lambda name: f"plant/floor/stations/{name}"
        ),
        holds=Holds(store, clock=clock),
        counts=counts,
        clock=clock,
        paths=paths,
        told=told,
    )  # fmt: skip
    return Executing(desk=desk, book=book, counts=counts)
