"""Time of the rules: a tick over 5,000 signals, a sample at 20,000/s, and the scalar oracle in the same run.

Run it as `python -m tests.bench.rules`.
"""

from __future__ import annotations

import time

import numpy as np

from rules import engine, reference
from rules.columns import Columns
from rules.compile import compile as bind_rules
from rules.reference_parts import Sample
from rules.spec import LimitSpec, MissingSpec, RateSpec, SignalInfo, Spec
from rules.state import dump, load

S = 1_000_000_000
T0 = 1_767_225_600 * S
SIGNALS = 5_000
RATE = 20_000
CHUNKS_PER_S = 20
SECONDS = 5
MACHINE = 20


def specs() -> list[Spec]:
    return [
        LimitSpec(
            id="limit", version="1", signals=("**/x*",), high=3.0, low=-3.0, deadband=0.2,
            on_delay_s=0.5, off_delay_s=0.5,
        ),
        RateSpec(id="rate", version="1", signals=("**/count",), fraction=0.8, window_s=60.0,
                 target_per_min=40.0),
        MissingSpec(id="missing", version="1", signals=("**",), after_s=10.0),
    ]  # fmt: skip


def chunks() -> list[Columns]:
    draw = np.random.default_rng(1)
    per, made, count = RATE // CHUNKS_PER_S, [], 0
    for number in range(SECONDS * CHUNKS_PER_S):
        signal = ((np.arange(per) + number * per) % SIGNALS).astype(np.int32)
        begin = T0 + number * S // CHUNKS_PER_S
        times = begin + np.arange(per) * (S // RATE)
        value = draw.normal(0, 1.0, per)
        count = number * per // SIGNALS
        value[signal % MACHINE == 0] = count
        made.append(Columns(signal, times, value, np.zeros(per, np.uint32), int(times[-1])))
    return made


def main() -> None:
    names = ["count", *(f"x{i}" for i in range(1, MACHINE))]
    infos = [SignalInfo(path=f"p/a/l/m{i // MACHINE}/{names[i % MACHINE]}") for i in range(SIGNALS)]
    begin = time.perf_counter()
    table = bind_rules(specs(), infos)
    bound_s = time.perf_counter() - begin
    instances = sum(len(block.keys) for _, block in table.blocks.values())
    print(f"{SIGNALS} signals, {instances} instances bound in {bound_s * 1e3:.0f} ms")
    stream = chunks()
    rows = sum(len(chunk.signal) for chunk in stream)
    state, events = engine.start(table, now_ns=T0), []
    begin = time.perf_counter()
    for chunk in stream:
        state, seen = engine.step(table, state, chunk)
        events += seen
    vector_s = time.perf_counter() - begin
    none = Columns(stream[0].signal[:0], stream[0].time_ns[:0], stream[0].value[:0],
                   stream[0].quality[:0], 0)  # fmt: skip
    ticks = 200
    begin = time.perf_counter()
    for tick in range(ticks):
        engine.step(table, state, none._replace(now_ns=state.now_ns + tick * S // 100))
    tick_s = (time.perf_counter() - begin) / ticks
    begin = time.perf_counter()
    data = dump(state)
    load(data)
    snapshot_s = time.perf_counter() - begin
    samples = [
        Sample(*row)
        for chunk in stream
        for row in zip(*(column.tolist() for column in chunk[:4]), strict=True)
    ]
    begin = time.perf_counter()
    expected = reference.run(specs(), infos, samples, start_ns=T0, end_ns=state.now_ns)
    scalar_s = time.perf_counter() - begin
    print(f"tick without rows      {tick_s * 1e6:10.0f} µs")
    print(
        f"vector, a sample       {vector_s / rows * 1e6:10.2f} µs  ({rows} rows, {len(events)} events)"
    )
    print(f"  share of a core at {RATE}/s {vector_s / SECONDS:8.1%}")
    print(f"scalar oracle, a sample{scalar_s / rows * 1e6:10.2f} µs  ({len(expected)} events)")
    print(f"snapshot and back      {snapshot_s * 1e6:10.0f} µs  ({len(data)} bytes)")
    print(f"same events: {sorted(events) == expected}")


if __name__ == "__main__":
    main()
