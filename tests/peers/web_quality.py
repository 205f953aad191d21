"""Quality control over a database that is opened when it is first asked, fed from the plant in memory."""

from __future__ import annotations

import asyncio

from gateway.clock import Clock
from gateway.issues import IssueDesk
from gateway.ports import Catalogue, History, Tail
from gateway.production.kpi.options import ProductionOptions
from gateway.production.office.options import Approval, PlanningOptions
from gateway.production.quality.office import make_quality
from gateway.production.quality.options import QualityOptions
from gateway.production.quality.port import Quality
from gateway.production.quality.watch import QualityWatch
from gateway.store import Store


def quality_over(
    store: Store,
    *,
    catalogue: Catalogue,
    history: History,
    clock: Clock,
    approval: Approval = Approval.OTHERS,
) -> tuple[Quality, QualityWatch]:
    """Return the desks and their watch over a store."""
    return make_quality(
        QualityOptions.model_validate({}),
        production=ProductionOptions.model_validate({}),
        planning=PlanningOptions.model_validate({"approval": approval}),
        catalogue=catalogue,
        store=store,
        issues=IssueDesk(store=store, history=history, clock=clock, revision=0),
        clock=clock,
    )


async def followed(watch: QualityWatch, tail: Tail) -> None:
    """Feed a watch from a journal's tail for ever."""
    at = await watch.cursor()
    while True:
        chunk = await tail.read(at, max_rows=50_000)
        if chunk is None:
            await tail.wait(at)
            continue
        await watch.write(chunk)
        await watch.settle()
        at = chunk.last_seq
        await asyncio.sleep(0)
