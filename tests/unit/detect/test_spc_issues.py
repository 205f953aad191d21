"""Control charts over a real store: a drift becomes one issue that says since when, over a restart as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway.clock import NS_PER_S, ManualClock
from gateway.detect.evaluate import Detector
from gateway.detect.options import rule_types
from gateway.issues import IssueDesk
from gateway.model import SampleBatch, Signal
from gateway.ports import Chunk
from gateway.store import Store
from rules.spc.charts import cusum
from rules.spc.spread import individuals
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory

M = "demo/packaging/l1/filler"
CHART: dict[str, Any] = {
    "type": "spc",
    "title": "Fill weight drifts",
    "signals": [f"{M}/weight"],
    "run_rules": [],
    "cusum_limit": 5.0,
}


async def started(store: Store, clock: ManualClock) -> tuple[Detector, IssueDesk]:
    desk = await IssueDesk.open(store=store, history=FakeHistory(), clock=clock)
    detector = Detector(
        {"drift": rule_types()["spc"].model_validate(CHART)},
        catalogue=FakeCatalogue(Signal(path=f"{M}/weight", unit="g", decimals=1)),
        issues=desk,
        store=store,
        clock=clock,
    )
    return detector, desk


def chunk(weights: np.ndarray, first: int, t0: int) -> Chunk:
    times = t0 + (first + np.arange(len(weights), dtype=np.int64)) * NS_PER_S
    batch = SampleBatch.of(
        signal=[0] * len(weights), source_ns=times, value=weights, received_ns=times
    )
    return Chunk(batch=batch, first_seq=first + 1, last_seq=first + len(weights))


@pytest.mark.parametrize("stop_at", [60, 130, 207])
async def test_a_drift_is_one_issue_with_its_start(tmp_path: Path, stop_at: int) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/state.db")
    clock = ManualClock()
    t0 = clock.now_ns()
    weights = 500.0 + np.random.default_rng(8).normal(size=240)
    weights[200:] += 1.5
    detector, _ = await started(store, clock)
    await detector.write(chunk(weights[:stop_at], 0, t0))
    await detector.close()
    clock = ManualClock()
    await clock.advance(float(stop_at))
    detector, desk = await started(store, clock)
    assert await detector.cursor() == stop_at
    await detector.write(chunk(weights[stop_at:], stop_at, t0))
    (issue,) = await desk.list(states=[], limit=100)
    (chart,) = detector.charts()
    assert chart.limits is not None
    version = chart.limits.version
    await detector.close()
    await store.close()
    assert issue.title.startswith("Weight ")
    assert "out of control: " in issue.title
    assert "CUSUM" in issue.title
    process = individuals(weights[:100])
    sums = cusum.statistics((weights[100:] - process.centre) / process.sigma, 0.5)
    found = int(np.argmax(sums.high > 5.0))
    assert 200 <= 100 + found <= 220
    start = 100 + int(cusum.change_start(found, sums.high_points[found]))
    assert (issue.opened_ns - t0) // NS_PER_S == 100 + found
    assert (issue.onset_ns - t0) // NS_PER_S == start
    assert issue.active
    assert f"Limits version {version}." in issue.explanation
