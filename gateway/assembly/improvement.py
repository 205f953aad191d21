"""Continuous improvement: losses, trials, standard times, practices."""

from __future__ import annotations

from gateway.assembly.ground import Ground
from gateway.assembly.office import planning_options
from gateway.ports import Cases, Issues, Performance
from gateway.production.improvement.office import make_improving
from gateway.production.improvement.port import Improving
from gateway.production.kpi.targets import TargetDesk
from gateway.production.quality.port import Quality
from gateway.store import Store


def open_improving(  # noqa: PLR0917 - one call at the composition root
    ground: Ground,
    store: Store,
    performance: Performance,
    issues: Issues,
    cases: Cases,
    quality: Quality,
) -> Improving:
    """Return the desks."""
    options, zone = ground.options, ground.options.plant.time_zone
    return make_improving(
        store,
        catalogue=ground.catalogue,
        history=ground.historian,
        performance=performance,
        issues=issues,
        cases=cases,
        lots=quality.lots,
        targets=TargetDesk(
            options.production.kpis, performance=performance, clock=ground.clock, time_zone=zone
        ),
        planning=planning_options(options),
        clock=ground.clock,
        time_zone=zone,
    )
