"""The process that is killed: a detector over a fixed stream, fed from its own cursor as the journal would."""

from __future__ import annotations

import asyncio
import sys

import numpy as np

from gateway.clock import NS_PER_S, SystemClock
from gateway.detect.evaluate import Detector
from gateway.detect.options import RuleOptions, rule_types
from gateway.issues import IssueDesk
from gateway.model import SampleBatch, Signal
from gateway.ports import Chunk
from gateway.store import Store
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory

MACHINES = 12
CHUNKS = 120
T0 = 1_767_225_600 * NS_PER_S
WRITTEN = {
    "limit": {"type": "limit", "title": "t", "signals": ["**/x"], "high": 3.0, "on_delay_s": 1.5},
    "silent": {"type": "missing", "title": "t", "signals": ["**/x"], "after_s": 3.0},
    "slow": {
        "type": "rate_below_target",
        "title": "t",
        "signals": ["**/n"],
        "target_per_min": 60.0,
        "window_s": 6.0,
        "on_delay_s": 1.0,
    },
}


def rules() -> dict[str, RuleOptions]:
    return {k: rule_types()[str(v["type"])].model_validate(v) for k, v in WRITTEN.items()}


def chunk(seq: int) -> Chunk:
    """A second of the plant, the same whenever it is asked for."""
    draw = np.random.default_rng(seq)
    machine = np.flatnonzero(draw.random(MACHINES) < 0.6)
    signal = np.concatenate([2 * machine, 2 * machine + 1])
    level = np.where((seq // 20 + machine) % 3 == 0, 3.5, 1.0) + draw.normal(0, 0.3, len(machine))
    count = np.where((seq // 40 + machine) % 4 == 0, seq // 40 * 40, seq).astype(float)
    time_ns = T0 + seq * NS_PER_S + np.sort(draw.integers(0, NS_PER_S, len(signal)))
    batch = SampleBatch.of(
        signal=signal,
        source_ns=time_ns,
        value=np.concatenate([level, count]),
        received_ns=time_ns,
    )
    return Chunk(batch=batch, first_seq=seq, last_seq=seq)


async def run(url: str) -> None:
    store = await Store.open(url)
    clock = SystemClock()
    paths = [f"p/a/l/m{m}/{name}" for m in range(MACHINES) for name in ("x", "n")]
    detector = Detector(
        rules(),
        catalogue=FakeCatalogue(*(Signal(path=path) for path in paths)),
        issues=await IssueDesk.open(store=store, history=FakeHistory(), clock=clock),
        store=store,
        clock=clock,
        snapshot_every_s=0.05,
    )
    for seq in range(await detector.cursor() + 1, CHUNKS + 1):
        await detector.write(chunk(seq))
        print(seq, flush=True)
    await detector.close()
    await store.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
