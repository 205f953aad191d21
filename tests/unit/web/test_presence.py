"""A source that goes away shows at once, and its values as the last known ones."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from gateway.clock import ManualClock
from gateway.model import Principal, SampleBatch
from gateway.quality import BAD_SENSOR_FAILURE, NOT_CONNECTED
from tests.peers.web_page import Page
from tests.peers.web_server import add_signals, eventually
from tests.peers.web_services import memory_plant
from web.feed.hub import Hub
from web.feed.values import NewestValues
from web.options import SignIn, WebOptions


def test_only_what_moved_is_sent_again() -> None:
    values = NewestValues()
    values.apply(
        SampleBatch.of(
            signal=[0, 1, 2],
            source_ns=[1, 1, 1],
            received_ns=1,
            value=[1, 2, 3],
            quality=[0, BAD_SENSOR_FAILURE, 0],
        )
    )
    seen = values.revision
    every = np.arange(3)
    assert values.mark_absent(np.array([0, 1, 99], np.int32))
    assert values.shown_quality(every).tolist() == [NOT_CONNECTED, NOT_CONNECTED, 0]
    assert (values.changed > seen).tolist() == [True, True, False]
    assert not values.mark_absent(np.array([0, 1], np.int32))
    assert values.mark_absent(np.array([], np.int32))
    assert values.shown_quality(every).tolist() == [0, 2, 0]


async def test_a_page_sees_a_source_go_and_come_back(tmp_path: Path) -> None:
    plant = memory_plant(folder=tmp_path, clock=ManualClock())
    add_signals(plant, 5)  # m0 has signals 0 and 4
    hub = Hub(plant.services, WebOptions(sign_in=SignIn.OFF), build="b")
    page = Page()
    async with hub.running():
        await asyncio.sleep(0)
        client, wake = hub.join(
            Principal(name="t", kind="p", roles=frozenset()), may_see=lambda _: True, now_s=0.0
        )
        client.receive(page.sub(1, "machine/p/a/l/m0", rate=4), now_s=0.0)
        now_s = 0.0

        def shown() -> list[int]:
            nonlocal now_s
            now_s += 1.0
            while (message := client.next(now_s=now_s, now_ms=0.0)) is not None:
                page.apply(message)
                client.sent(started_s=now_s, finished_s=now_s)
            return [int(each) for each in page.subs[1].quality]

        assert shown() == [0, 0]
        plant.presence.away = {4}
        await eventually(lambda: shown() == [0, NOT_CONNECTED], timeout_s=5)
        assert wake.is_set()
        plant.presence.away = set()
        await eventually(lambda: shown() == [0, 0], timeout_s=5)
