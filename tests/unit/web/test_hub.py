"""The hub behind the journal: how far, and what it does when that is too far."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.clock import ManualClock
from gateway.model import Principal, SampleBatch
from tests.peers.web_page import Page
from tests.peers.web_server import add_signals, eventually
from tests.peers.web_services import MemoryPlant, memory_plant
from web.feed.hub import Hub
from web.options import SignIn, WebOptions


def _commit(plant: MemoryPlant, value: float) -> None:
    now_ns = plant.clock.now_ns()
    plant.store.append(
        SampleBatch.of(signal=[0], source_ns=[now_ns], received_ns=now_ns, value=[value])
    )


async def test_a_hub_far_behind_skips_to_now_and_says_that_rows_are_missing(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    plant = memory_plant(folder=tmp_path, clock=clock)
    add_signals(plant, 4)
    hub = Hub(plant.services, WebOptions(sign_in=SignIn.OFF), build="b")
    page = Page()
    who = Principal(name="t", kind="person", roles=frozenset())
    async with hub.running():
        await asyncio.sleep(0)
        client, _ = hub.join(who, may_see=lambda _: True, now_s=0.0)
        client.receive(page.sub(1, "machine/p/a/l/m0", mode="series", rate=1), now_s=0.0)
        client.receive(page.sub(2, "floor", rate=1), now_s=0.0)
        while (message := client.next(now_s=0.0, now_ms=0.0)) is not None:
            page.apply(message)
            client.sent(started_s=0.0, finished_s=0.0)
        _commit(plant, 1.0)
        await clock.advance(6)
        # More than one read holds, so that something newer is still to come after the first.
        plant.store.batches[-1:] = []
        for _ in range(3):
            plant.store.append(_many(plant, rows=15_000))
        _commit(plant, 9.0)
        await eventually(lambda: hub.status().figures["skips"] == 1, timeout_s=5)
        await eventually(lambda: hub.status().behind_rows == 0, timeout_s=5)
        assert hub.source.values.value[0] == 9.0
        while (message := client.next(now_s=9.0, now_ms=0.0)) is not None:
            page.apply(message)
            client.sent(started_s=9.0, finished_s=9.0)
        assert page.subs[2].value[0] == 9.0


def _many(plant: MemoryPlant, *, rows: int) -> SampleBatch:
    old_ns = plant.clock.now_ns() - 6_000_000_000
    return SampleBatch.of(
        signal=[0] * rows, source_ns=[old_ns] * rows, received_ns=old_ns, value=[2.0] * rows
    )
