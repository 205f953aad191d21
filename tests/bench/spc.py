"""Time of the control charts: EWMA, CUSUM and eight run rules over 5,000 signals, beside the scalar oracle.

Run it as `python -m tests.bench.spc`; time is the processor time of the thread that computes.
"""

from __future__ import annotations

import time

import numpy as np

from rules import engine, reference
from rules.columns import Columns
from rules.compile import compile as bind_rules
from rules.reference_parts import Sample
from rules.spc import runrules
from rules.spc.phase1 import FrozenLimits
from rules.spc.runrules import NELSON, Runs
from rules.spc.spec import SpcSpec
from rules.spec import SignalInfo
from rules.state import dump, load

S = 1_000_000_000
T0 = 1_767_225_600 * S
SIGNALS = 5_000
TICKS = 200
SCALAR_TICKS = 10


def kernels(z: np.ndarray) -> float:
    """Return the median seconds a tick of the bare arithmetic: run rules, average and both sums over whole arrays."""
    runs, average = Runs.none(SIGNALS), np.zeros(SIGNALS)
    high, low = np.zeros(SIGNALS), np.zeros(SIGNALS)
    fired, spent = 0, []
    for row in z:
        begin = time.thread_time()
        bits = runrules.step(runs, row)
        average += 0.2 * (row - average)
        high += row - 0.5
        np.maximum(high, 0.0, out=high)
        low -= row + 0.5
        np.maximum(low, 0.0, out=low)
        outside = (np.abs(average) > 2.962 / 3.0) | (high > 5.0) | (low > 5.0) | (bits != 0)
        fired += int(np.count_nonzero(outside))
        spent.append(time.thread_time() - begin)
    return float(np.median(spent))


def main() -> None:
    z = np.random.default_rng(1).normal(size=(TICKS, SIGNALS))
    spec = SpcSpec(
        id="spc", version="1", signals=("**",), run_rules=NELSON, ewma_weight=0.2, ewma_width=2.962,
        cusum_limit=5.0, limits=FrozenLimits(centre=0.0, sigma=1.0),
    )  # fmt: skip
    infos = [SignalInfo(path=f"p/a/l/m{n // 20}/x{n % 20}") for n in range(SIGNALS)]
    table = bind_rules([spec], infos)
    signal, good = np.arange(SIGNALS, dtype=np.int32), np.zeros(SIGNALS, np.uint32)
    state, events = engine.start(table, now_ns=T0), []
    spent = []
    for tick, row in enumerate(z):
        rows = Columns(signal, np.full(SIGNALS, T0 + tick * S), row, good, 0)
        begin = time.thread_time()
        state, seen = engine.step(table, state, rows)
        spent.append(time.thread_time() - begin)
        events += seen
    samples = [
        Sample(n, T0 + tick * S, float(row[n]), 0)
        for tick, row in enumerate(z[:SCALAR_TICKS])
        for n in range(SIGNALS)
    ]
    begin = time.thread_time()
    expected = reference.run(
        [spec], infos, samples, start_ns=T0, end_ns=T0 + (SCALAR_TICKS - 1) * S
    )
    scalar_s = (time.thread_time() - begin) / SCALAR_TICKS
    same = [e[:7] for e in sorted(events) if e.time_ns < T0 + SCALAR_TICKS * S]
    begin = time.thread_time()
    data = dump(state)
    load(data)
    snapshot_s = time.thread_time() - begin
    print(f"{SIGNALS} signals, {TICKS} ticks of one sample each, EWMA + CUSUM + eight run rules")
    print(f"kernels alone, a tick   {kernels(z) * 1e3:8.2f} ms")
    print(
        f"engine, a tick          {np.median(spent) * 1e3:8.2f} ms (median), {max(spent) * 1e3:.2f} ms (most)"
    )
    print(
        f"  evaluations/s         {SIGNALS * 10 / float(np.median(spent)):8.3g} (10 detectors a sample)"
    )
    print(f"scalar oracle, a tick   {scalar_s * 1e3:8.1f} ms")
    print(
        f"snapshot and back       {snapshot_s * 1e3:8.1f} ms ({len(data) / SIGNALS:.0f} bytes a signal)"
    )
    print(f"events {len(events)}, same as the oracle's: {same == [e[:7] for e in expected]}")


if __name__ == "__main__":
    main()
