"""How the plant performs: sums and state intervals that follow the journal."""

from __future__ import annotations

from gateway.assembly.ground import Ground
from gateway.production.flow.desk import FlowDesk
from gateway.production.flow.telling import FlowTeller
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


def open_flow(ground: Ground, performance: KpiDesk) -> FlowDesk:
    """Return the flow of the configured lines, read from what performance counts, and tell it as signals."""
    teller = FlowTeller(
        ground.options.lines,
        performance=performance,
        journal=ground.journal,
        catalogue=ground.catalogue,
        clock=ground.clock,
    )
    ground.start("flow", teller.run())
    return FlowDesk(ground.options.lines, performance=performance, clock=ground.clock)
