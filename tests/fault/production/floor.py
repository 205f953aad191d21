"""The process that is killed: a lathe's pieces booked to its job, fed from its own cursor as the journal would.

`python -m tests.fault.production.floor URL FOLDER` prints the pieces booked once everything was read.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from gateway.clock import NS_PER_S, ManualClock
from gateway.production.execution.port import Act, Commanded
from gateway.production.lifecycle import JobState
from gateway.store import Store
from tests.peers.job_house import EIGHT_NS, JOB, JobHouse
from tests.peers.shop_floor import ANNA, fill, things
from tests.peers.web_services import memory_plant

CHUNKS = 60
FIRST = 65_500
"""The counter rolls over at 16 bits on the way."""


async def run(url: str, folder: Path) -> None:
    store = await Store.open(url)
    clock = ManualClock(start_ns=EIGHT_NS)
    house = JobHouse(store, clock, memory_plant(folder=folder, clock=clock))
    counts = house.executing.counts
    await house.executing.desk.prepare()
    seq = await counts.cursor()
    if seq == 0:
        await fill(house.archive, things(EIGHT_NS // (60 * NS_PER_S)))
        await house.executing.desk.command(JOB, Commanded(act=Act.DISPATCH), by=ANNA)
        await house.seen(JobState.RUNNING, started_ns=EIGHT_NS - NS_PER_S)
    house.seq = seq
    for number in range(seq + 1, CHUNKS + 1):
        await house.count((float(number), house.good, float((FIRST + number) % 65_536)))
        if number % 5 == 0:
            await counts.flush()
    good, reject = await house.pieces()
    print(good, reject, await counts.cursor(), flush=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Path(sys.argv[2])))
