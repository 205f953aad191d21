"""The process that is killed: a desk over a fixed stream, fed from its own cursor as the journal would."""

from __future__ import annotations

import asyncio
import sys

from gateway.clock import SystemClock
from gateway.production.kpi.desk import KpiDesk
from gateway.production.kpi.options import ProductionOptions
from gateway.store import Store
from tests.peers.catalogue import FakeCatalogue
from tests.peers.kpi_plant import OPTIONS, chunk, signals

CHUNKS = 80
SECONDS = 30


async def run(url: str) -> None:
    store = await Store.open(url)
    desk = KpiDesk(
        ProductionOptions.model_validate({**OPTIONS, "commit_every_s": 0.001}),
        catalogue=FakeCatalogue(*signals()),
        store=store,
        clock=SystemClock(),
        time_zone="UTC",
    )
    for seq in range(await desk.cursor() + 1, CHUNKS + 1):
        await desk.write(chunk(seq, range((seq - 1) * SECONDS, seq * SECONDS)))
        print(seq, flush=True)
    await desk.close()
    await store.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
