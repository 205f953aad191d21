"""The process that is killed: checks that fall due by a machine's count, fed from its own cursor.

`python -m tests.fault.production.checks URL` prints the piece of every check once everything was read.
"""

from __future__ import annotations

import asyncio
import sys

from gateway.clock import ManualClock
from gateway.store import Store
from tests.peers.quality_cell import QualityCell, checklist

START_NS = 1_798_866_000_000_000_000
PIECES = 250
AT_ONCE = 10


async def run(url: str) -> None:
    store = await Store.open(url)
    clock = ManualClock(start_ns=START_NS)
    cell = await QualityCell.opened(store, clock)
    told = cell.seq
    if told == 0:
        await cell.tell([cell.count(0)])
        await cell.watch.close()
        told = 1
    if not await cell.quality.lots.lots():
        await cell.in_force(checklist())
        await cell.begin("L1", wanted=PIECES)
        await cell.watch.close()
        told = cell.seq
    # The journal says the same again to who was killed: the same number, time and count.
    cell.made += AT_ONCE * (told - 1)
    await clock.advance(4.0 + AT_ONCE * (told - 1) - (clock.now_ns() - START_NS) / 1e9)
    for _ in range(told, PIECES // AT_ONCE + 1):
        await cell.at_once(AT_ONCE)
    await cell.watch.close()
    print(*[each.piece for each in await cell.all_checks()], flush=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
