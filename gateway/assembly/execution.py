"""Execution: jobs at people and machines, followed and counted from the journal."""

from __future__ import annotations

from gateway.assembly.ground import Ground
from gateway.issues import IssueDesk
from gateway.ports import NO_GATES, Gates, Performance
from gateway.production.allocation.desk import AllocationDesk
from gateway.production.archive import Archive
from gateway.production.execution.andon import AndonDesk
from gateway.production.execution.book import Book
from gateway.production.execution.counts import Counts
from gateway.production.execution.desk import ExecutionDesk, Told, nobody
from gateway.production.execution.holds import Holds
from gateway.production.execution.machine import MachineView
from gateway.production.execution.machines import JobMachines
from gateway.production.execution.stops import StopDesk
from gateway.production.execution.watch import JobWatch
from gateway.store import Store


async def open_execution(
    ground: Ground,
    store: Store,
    issues: IssueDesk,
    performance: Performance,
    machines: JobMachines,
    *,
    gates: Gates = NO_GATES,
    told: Told = nobody,
) -> ExecutionDesk:
    """Start following jobs and counting their pieces; return the desk."""
    options, clock = ground.options, ground.clock
    archive, book = Archive(store, clock=clock), Book(store, clock=clock)
    view = MachineView(
        catalogue=ground.catalogue,
        latest=ground.latest,
        presence=ground.connections,
        machines=machines,
    )
    site = options.plant.site
    paths: dict[str, str] = {}
    counts = Counts(
        store=store,
        book=book,
        catalogue=ground.catalogue,
        options=options.execution,
        production=options.production,
        path_of=lambda machine: paths.get(machine, ""),
        clock=clock,
    )
    desk = ExecutionDesk(
        archive,
        options=options.execution,
        book=book,
        allocation=AllocationDesk(
            archive,
            store=store,
            book=book,
            view=view,
            gates=gates,
            issues=issues,
            blocking=options.execution.blocking,
            clock=clock,
            time_zone=options.plant.time_zone,
        ),
        view=view,
        machines=machines,
        stops=StopDesk(store, performance=performance, options=options.execution, clock=clock),
        andon=AndonDesk(issues, clock=clock, place=lambda machine: _place(site, machine)),
        holds=Holds(store, clock=clock),
        counts=counts,
        clock=clock,
        paths=paths,
        told=told,
    )
    await desk.prepare()
    watch = JobWatch(desk, book=book, machines=machines, options=options.execution, clock=clock)
    ground.follow(counts, kind="execution")
    ground.start("jobs at machines", watch.run())
    return desk


def _place(site: str, machine: str) -> str:
    """Return a path for a machine that nothing reads."""
    clean = "".join(each if each.isalnum() or each in "-_." else "-" for each in machine)
    return f"{site}/floor/stations/{clean}"
