"""Builds the desks of quality control over one watch."""

from __future__ import annotations

from gateway.bell import Bell
from gateway.clock import Clock
from gateway.issues import IssueDesk
from gateway.ports import Catalogue
from gateway.production.archive import Archive
from gateway.production.kpi.options import ProductionOptions
from gateway.production.office.options import PlanningOptions
from gateway.production.quality.checks import CheckDesk
from gateway.production.quality.definitions import ChecklistDesk
from gateway.production.quality.gates import GateDesk
from gateway.production.quality.lots import LotDesk
from gateway.production.quality.ncs import NcDesk
from gateway.production.quality.options import QualityOptions
from gateway.production.quality.port import Quality
from gateway.production.quality.watch import QualityWatch
from gateway.store import Store


def make_quality(
    options: QualityOptions,
    *,
    production: ProductionOptions,
    planning: PlanningOptions,
    catalogue: Catalogue,
    store: Store,
    issues: IssueDesk,
    clock: Clock,
) -> tuple[Quality, QualityWatch]:
    """Return the desks, and the watch that the journal feeds and whose `run` must be started."""
    archive = Archive(store, clock=clock)
    watch = QualityWatch(
        options, production, catalogue=catalogue, store=store, archive=archive, issues=issues,
        bell=Bell(), clock=clock,
    )  # fmt: skip
    quality = Quality(
        gates=GateDesk(store, archive, watch=watch),
        checklists=ChecklistDesk(archive, options=planning, changed=watch.refresh),
        lots=LotDesk(store, archive, watch=watch, clock=clock),
        checks=CheckDesk(store, archive, watch=watch, issues=issues, clock=clock),
        ncs=NcDesk(store, watch=watch, issues=issues, options=planning, clock=clock),
    )
    return quality, watch
