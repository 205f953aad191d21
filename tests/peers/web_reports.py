"""Reports and improvement over ports in memory, with one target."""

from __future__ import annotations

from gateway.clock import Clock
from gateway.ports import Cases, Catalogue, History, Issues, Performance
from gateway.production.improvement.office import make_improving
from gateway.production.improvement.port import Improving
from gateway.production.kpi.options import KpiTargetOptions
from gateway.production.kpi.targets import TargetDesk
from gateway.production.office.options import Approval, PlanningOptions
from gateway.production.office.port import Planning
from gateway.production.quality.port import Lots, Quality
from gateway.production.reports.desk import ReportDesk
from gateway.store import Store

TARGETS = {
    "availability": KpiTargetOptions.model_validate(
        {
            "kpi": "availability",
            "target": 0.9,
            "owner": "Supervisor",
            "action": "Look at the greatest loss first",
        }
    )
}


def reports_over(
    *,
    performance: Performance,
    issues: Issues,
    quality: Quality,
    planning: Planning,
    clock: Clock,
) -> ReportDesk:
    """Return the desk of reports."""
    targets = TargetDesk(TARGETS, performance=performance, clock=clock, time_zone="Europe/Berlin")
    return ReportDesk(
        performance=performance,
        targets=targets,
        issues=issues,
        quality=quality,
        schedules=planning.schedules,
        clock=clock,
        time_zone="Europe/Berlin",
        site="plant",
    )


def improving_over(
    store: Store,
    *,
    catalogue: Catalogue,
    history: History,
    performance: Performance,
    issues: Issues,
    cases: Cases,
    lots: Lots,
    clock: Clock,
    approval: Approval = Approval.ANYBODY,
) -> Improving:
    """Return the desks of improvement; one's own proposal may be approved unless told otherwise."""
    targets = TargetDesk(TARGETS, performance=performance, clock=clock, time_zone="Europe/Berlin")
    return make_improving(
        store,
        catalogue=catalogue,
        history=history,
        performance=performance,
        issues=issues,
        cases=cases,
        lots=lots,
        targets=targets,
        planning=PlanningOptions.model_validate({"approval": approval}),
        clock=clock,
        time_zone="Europe/Berlin",
    )
