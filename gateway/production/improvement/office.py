"""Builds the desks of continuous improvement."""

from __future__ import annotations

from gateway.clock import Clock
from gateway.ports import Cases, Catalogue, History, Issues, Performance
from gateway.production.archive import Archive
from gateway.production.improvement.desk import ImprovementDesk
from gateway.production.improvement.port import Improving
from gateway.production.improvement.practices import Practices
from gateway.production.improvement.standards import StandardDesk
from gateway.production.kpi.targets import TargetDesk
from gateway.production.office.options import PlanningOptions
from gateway.production.quality.port import Lots
from gateway.store import Store


def make_improving(
    store: Store,
    *,
    catalogue: Catalogue,
    history: History,
    performance: Performance,
    issues: Issues,
    cases: Cases,
    lots: Lots,
    targets: TargetDesk,
    planning: PlanningOptions,
    clock: Clock,
    time_zone: str,
) -> Improving:
    """Return the desks over a store."""
    archive = Archive(store, clock=clock)
    practices = Practices(
        store, archive, lots=lots, targets=targets, issues=issues, clock=clock, time_zone=time_zone
    )
    return Improving(
        improvements=ImprovementDesk(
            archive, performance=performance, cases=cases, practices=practices, options=planning,
            clock=clock,
        ),
        standards=StandardDesk(
            store, archive, catalogue=catalogue, history=history, performance=performance,
            options=planning, clock=clock,
        ),
    )  # fmt: skip
