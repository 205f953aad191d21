"""Corrective action: what people add to issues, what was so when they opened, and whether fixes hold."""

from __future__ import annotations

from gateway.assembly.ground import Ground
from gateway.issues import IssueDesk
from gateway.issues.around.reader import Around, ContextReader
from gateway.issues.case.office import CaseOffice
from gateway.issues.verify.watcher import Sources, Watcher
from gateway.notify.recipients import Recipients
from gateway.ports import Performance
from gateway.store import Store


def open_cases(
    ground: Ground, store: Store, issues: IssueDesk, performance: Performance
) -> CaseOffice:
    """Start reading contexts and watching proofs; return the desk of cases."""
    options = ground.options
    sources = Sources(
        history=ground.historian,
        catalogue=ground.catalogue,
        performance=performance,
        presence=ground.connections,
    )
    around = Around(
        history=ground.historian,
        catalogue=ground.catalogue,
        performance=performance,
        options=options.issues,
        time_zone=options.plant.time_zone,
        on_duty=Recipients(options.notify, time_zone=options.plant.time_zone).on_duty,
    )
    reader = ContextReader(store=store, around=around, issues=issues, clock=ground.clock)
    watcher = Watcher(
        issues=issues, store=store, sources=sources, options=options.issues, clock=ground.clock
    )
    ground.start("issues' context", reader.run())
    ground.start("proofs of fixes", watcher.run())
    return CaseOffice(
        issues=issues,
        store=store,
        clock=ground.clock,
        sources=sources,
        options=options.issues,
        time_zone=options.plant.time_zone,
        site=options.plant.site,
    )
