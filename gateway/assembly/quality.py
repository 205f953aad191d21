"""Quality control: checks that fall due from the journal, and the desks people ask."""

from __future__ import annotations

from gateway.assembly.ground import Ground
from gateway.assembly.office import planning_options
from gateway.issues import IssueDesk
from gateway.production.quality.office import make_quality
from gateway.production.quality.port import Quality
from gateway.store import Store


async def open_quality(ground: Ground, store: Store, issues: IssueDesk) -> Quality:
    """Start counting on the journal; failed checks are told to `issues`. Raises `StorageError`, `NotConnectedError`."""
    options = ground.options
    quality, watch = make_quality(
        options.quality,
        production=options.production,
        planning=planning_options(options),
        catalogue=ground.catalogue,
        store=store,
        issues=issues,
        clock=ground.clock,
    )
    await watch.cursor()
    ground.follow(watch, kind="quality")
    ground.start("positions of lots", watch.run())
    return quality
