"""What the live hub costs at 20,000 samples/s over 2,000 signals with one client on 500 columns."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from gateway.clock import NS_PER_S, ManualClock
from gateway.model import Principal, SampleBatch, Signal, SignalRole
from tests.peers.web_services import memory_plant
from web.feed.hub import Hub
from web.options import SignIn, WebOptions

SECONDS, COMMITS_PER_S, ROWS = 10, 50, 400


@pytest.mark.parametrize(("mode", "rate"), [("latest", 4), ("series", 10)])
def test_the_hub_takes_less_than_a_tenth_of_a_core(tmp_path: Path, mode: str, rate: int) -> None:
    plant = memory_plant(folder=tmp_path, clock=ManualClock())
    plant.catalogue.register(
        [
            Signal(path=f"p/a/l/m{i % 40}/s{i}", role=SignalRole.KEY_VALUE if i % 4 == 0 else None)
            for i in range(2000)
        ]
    )
    hub = Hub(plant.services, WebOptions(sign_in=SignIn.OFF), build="b")
    client, _ = hub.join(
        Principal(name="t", kind="person", roles=frozenset()), may_see=lambda _: True, now_s=0.0
    )
    client.receive(f'{{"type":"sub","id":1,"view":"floor","mode":"{mode}","rate":{rate}}}', now_s=0)
    random = np.random.default_rng(1)
    start_ns = plant.clock.now_ns()
    batches = [
        SampleBatch.of(
            signal=random.integers(0, 2000, ROWS, np.int32),
            source_ns=start_ns
            + n * NS_PER_S // COMMITS_PER_S
            + random.integers(0, 20_000_000, ROWS),
            received_ns=start_ns + (n + 1) * NS_PER_S // COMMITS_PER_S,
            value=random.normal(size=ROWS),
        )
        for n in range(SECONDS * COMMITS_PER_S)
    ]
    sent_bytes = messages = 0
    began = time.process_time()
    for n, batch in enumerate(batches):
        hub.take(batch)
        now_s = n / COMMITS_PER_S
        while (message := client.next(now_s=now_s, now_ms=now_s * 1000)) is not None:
            client.sent(started_s=now_s, finished_s=now_s)
            sent_bytes += len(message)
            messages += 1
    used_s = time.process_time() - began
    print(f"\n{mode}: {100 * used_s / SECONDS:.2f} % core, {messages} messages, {sent_bytes} bytes")
    assert messages > SECONDS * rate * 0.9
    assert used_s / SECONDS < 0.1
