"""The process that is killed: checks that fall due by a machine's count, fed from its own cursor.

`python -m tests.fault.production.checks URL` prints the piece of every check once everything was read.
"""

from __future__ import annotations

import asyncio
import sys

from gateway.clock import ManualClock
from gateway.store import Store
from tests.contract.production.conftest import MONDAY_NS
from tests.contract.production.test_phase7_quality import SIGNALS, Cell, checklist
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory
from tests.peers.web_quality import quality_over

PIECES = 250
AT_ONCE = 10


async def run(url: str) -> None:
    store = await Store.open(url)
    clock = ManualClock(start_ns=MONDAY_NS)
    quality, watch = quality_over(
        store, catalogue=FakeCatalogue(*SIGNALS), history=FakeHistory(), clock=clock
    )
    cell = Cell(store=store, clock=clock, quality=quality, watch=watch, seq=await watch.cursor())
    told = cell.seq
    if told == 0:
        await cell.tell([cell.count(0)])
        await watch.close()
        told = 1
    if not await quality.lots.lots():
        await cell.in_force(checklist())
        await cell.begin("L1", wanted=PIECES)
        await watch.close()
        told = cell.seq
    # The journal says the same again to who was killed: the same number, time and count.
    cell.made += AT_ONCE * (told - 1)
    await clock.advance(4.0 + AT_ONCE * (told - 1) - (clock.now_ns() - MONDAY_NS) / 1e9)
    for _ in range(told, PIECES // AT_ONCE + 1):
        await cell.at_once(AT_ONCE)
    await watch.close()
    print(*[each.piece for each in await cell.all_checks()], flush=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
