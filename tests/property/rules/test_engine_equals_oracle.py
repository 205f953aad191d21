"""The vector engine gives the oracle's events, however the stream is cut into steps."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import engine, reference, state
from rules.columns import Columns
from rules.compile import compile as bound
from rules.events import Event
from rules.reference_parts import Sample
from rules.spec import LimitSpec, MissingSpec, RateSpec, SignalInfo, Spec

S = 1_000_000_000
T0 = 1_767_225_600 * S + 123_456_789
SIGNALS = [
    SignalInfo(path="p/a/l/m1/weight"),
    SignalInfo(path="p/a/l/m1/count", counter_bits=8),
    SignalInfo(path="p/a/l/m1/target"),
    SignalInfo(path="p/a/l/m2/weight"),
    SignalInfo(path="p/a/l/m2/count"),
    SignalInfo(path="p/a/l/m2/word", numeric=False),
]
DELAY = st.sampled_from([0.0, 0.0, 0.5, 1.0, 2.5])
QUALITY = st.sampled_from([0, 0, 0, 0, 0x4000_0000, 0x8000_0000])


@st.composite
def rules(draw: st.DrawFn) -> list[Spec]:
    limit = LimitSpec(
        id="limit",
        version="1",
        signals=("p/a/l/*/weight",),
        high=draw(st.sampled_from([3.0, 4.0, None])),
        low=draw(st.sampled_from([0.0, 1.0])),
        deadband=draw(st.sampled_from([0.0, 1.0])),
        on_delay_s=draw(DELAY),
        off_delay_s=draw(DELAY),
    )
    rate = RateSpec(
        id="rate",
        version="1",
        signals=("**/count", "**/word"),
        fraction=0.8,
        window_s=draw(st.sampled_from([1.0, 3.0])),
        target_per_min=draw(st.sampled_from([None, 60.0])),
        target_signal="target",
        max_per_min=draw(st.sampled_from([None, 300.0])),
        hold_s=draw(st.sampled_from([0.5, 1.0, 5.0])),
        on_delay_s=draw(DELAY),
        off_delay_s=draw(DELAY),
    )
    if rate.target_per_min is not None:
        rate = RateSpec(**{n: getattr(rate, n) for n in rate.__slots__} | {"target_signal": None})
    missing = MissingSpec(
        id="missing",
        version="1",
        signals=("p/a/l/m?/w*",),
        after_s=draw(st.sampled_from([0.5, 1.0, 4.0])),
    )
    return [limit, rate, missing]


@st.composite
def streams(draw: st.DrawFn) -> list[Sample]:
    steps = st.sampled_from([0, 0, 10**8, 25 * 10**7, 5 * 10**8, S, 3 * S, -(10**8)])
    values = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, math.nan, math.inf])
    count, t, samples = 0, T0, []
    for _ in range(draw(st.integers(0, 60))):
        t += draw(steps)
        signal = draw(st.integers(0, 5))
        value = draw(values)
        if SIGNALS[signal].path.endswith("count"):
            count += draw(st.sampled_from([0, 1, 1, 1, 2, 5, 80]))
            count = draw(st.sampled_from([count] * 12 + [0, 3, 250]))
            value = float(count % 256)
        if SIGNALS[signal].path.endswith("target"):
            value = draw(st.sampled_from([0.0, 60.0, 120.0]))
        samples.append(Sample(signal, t, value, draw(QUALITY)))
    return samples


def columns(samples: list[Sample], now_ns: int) -> Columns:
    return Columns(
        np.array([s.signal for s in samples], np.int32),
        np.array([s.time_ns for s in samples], np.int64),
        np.array([s.value for s in samples], np.float64),
        np.array([s.quality for s in samples], np.uint32),
        now_ns,
    )


def played(
    specs: list[Spec], parts: list[list[Sample]], end_ns: int, *, ticks: bool
) -> list[Event]:
    """Run the parts one by one, writing the state down and reading it back between them."""
    table = bound(specs, SIGNALS)
    assert not table.errors
    now, events = engine.start(table, now_ns=T0), []
    parts = parts or [[]]
    for part, following in zip(parts, [*parts[1:], []], strict=True):
        now, seen = engine.step(table, now, columns(part, part[-1].time_ns if part else 0))
        events += seen
        if ticks:
            until = following[0].time_ns if following else 0
            now, seen = engine.step(table, now, columns([], until))
            events += seen
            now = state.load(state.dump(now))
    _, seen = engine.step(table, now, columns([], end_ns))
    return sorted(events + seen)


@settings(max_examples=150, deadline=None)
@given(specs=rules(), samples=streams(), after=st.sampled_from([0, S, 10 * S]))
def test_equals_the_oracle(specs: list[Spec], samples: list[Sample], after: int) -> None:
    end_ns = max([T0, *(s.time_ns for s in samples)]) + after
    expected = reference.run(specs, SIGNALS, samples, start_ns=T0, end_ns=end_ns)
    assert played(specs, [samples], end_ns, ticks=False) == expected


@settings(max_examples=60, deadline=None)
@given(specs=rules(), samples=streams(), data=st.data())
def test_any_cut_gives_the_same_events(
    specs: list[Spec], samples: list[Sample], data: st.DataObject
) -> None:
    end_ns = max([T0, *(s.time_ns for s in samples)]) + 5 * S
    cuts = sorted(data.draw(st.lists(st.integers(0, len(samples)), max_size=8)))
    edges = [0, *cuts, len(samples)]
    parts = [samples[a:b] for a, b in pairwise(edges)]
    whole = played(specs, [samples], end_ns, ticks=False)
    assert played(specs, parts, end_ns, ticks=True) == whole
    assert played(specs, [[s] for s in samples], end_ns, ticks=False) == whole
