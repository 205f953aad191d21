"""Maintenance: work orders, and the triggers that open them by themselves."""

from __future__ import annotations

from gateway.assembly.ground import Ground
from gateway.issues import IssueDesk
from gateway.maintenance.changes import Changes
from gateway.maintenance.desk import MaintenanceDesk
from gateway.maintenance.watch import Watch
from gateway.ports import Performance
from gateway.store import Store


async def open_maintenance(
    ground: Ground, store: Store, issues: IssueDesk, performance: Performance
) -> MaintenanceDesk:
    """Start reading meters; `issues` hears of orders that its issues opened."""
    options = ground.options.maintenance
    changes = await Changes.open(store)
    desk = MaintenanceDesk(
        store=store,
        clock=ground.clock,
        options=options,
        performance=performance,
        site=ground.options.plant.site,
        changes=changes,
        told=issues.refresh,
    )
    watch = Watch(
        options,
        store=store,
        clock=ground.clock,
        performance=performance,
        changes=changes,
        told=issues.refresh,
    )
    ground.start("maintenance", watch.run())
    return desk
