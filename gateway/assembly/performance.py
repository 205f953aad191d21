"""How the plant performs: sums and state intervals that follow the journal."""

from __future__ import annotations

from gateway.assembly.ground import Ground
from gateway.production.kpi.desk import KpiDesk
from gateway.store import Store


def open_performance(ground: Ground, store: Store) -> KpiDesk:
    """Start counting on the journal."""
    desk = KpiDesk(
        ground.options.production,
        catalogue=ground.catalogue,
        store=store,
        clock=ground.clock,
        time_zone=ground.options.plant.time_zone,
        lines=[tuple(line.machines) for line in ground.options.lines.values()],
    )
    ground.follow(desk, kind="kpi")
    return desk
