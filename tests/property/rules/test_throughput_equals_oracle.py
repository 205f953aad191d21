"""Cycle times and short stops: the vector families give the oracle's events, however the stream is cut."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from rules import engine, reference, state
from rules.compile import compile as bound
from rules.events import Event
from rules.reference_parts import Sample
from rules.spec import CycleSpec, SignalInfo, Spec, StopsSpec
from tests.property.rules.test_engine_equals_oracle import columns

S = 1_000_000_000
T0 = 1_767_225_600 * S + 123_456_789
SIGNALS = [
    SignalInfo(path="p/a/l/m1/state"),
    SignalInfo(path="p/a/l/m1/count", counter_bits=8),
    SignalInfo(path="p/a/l/m1/target"),
    SignalInfo(path="p/a/l/m2/state"),
    SignalInfo(path="p/a/l/m2/count"),
    SignalInfo(path="p/a/l/m2/word", numeric=False),
]
DELAY = st.sampled_from([0.0, 0.0, 1.0, 4.0])
QUALITY = st.sampled_from([0, 0, 0, 0, 0, 0x4000_0000, 0x8000_0000])


@st.composite
def rules(draw: st.DrawFn) -> list[Spec]:
    way = draw(st.sampled_from(["planned", "target", "learned"]))
    cycle = CycleSpec(
        id="cycle",
        version="1",
        signals=("**/count", "**/word"),
        planned_s=1.0 if way == "planned" else None,
        target_signal="target" if way == "target" else None,
        learn_pieces=10 if way == "learned" else 0,
        over_fraction=draw(st.sampled_from([0.1, 0.5])),
        pieces=draw(st.sampled_from([3, 4])),
        longest_s=draw(st.sampled_from([2.5, 30.0])),
        on_delay_s=draw(DELAY),
        off_delay_s=draw(DELAY),
    )
    counted = draw(st.booleans())
    stops = StopsSpec(
        id="stops",
        version="1",
        signals=("**/state",),
        running=draw(st.sampled_from([(6,), (6, 3)])),
        minor_stop_s=draw(st.sampled_from([2.0, 5.0])),
        shortest_s=draw(st.sampled_from([0.0, 0.5])),
        window_s=draw(st.sampled_from([6.0, 30.0])),
        most_stops=draw(st.sampled_from([1, 2])) if counted else None,
        most_s=None if counted else draw(st.sampled_from([1.0, 3.0])),
        on_delay_s=draw(DELAY),
        off_delay_s=draw(DELAY),
    )
    return [cycle, stops]


@st.composite
def streams(draw: st.DrawFn) -> list[Sample]:
    steps = st.sampled_from([0, 10**8, 5 * 10**8, S, S, 3 * S, 20 * S, -(10**8)])
    counts, t, samples = {1: 250, 4: 0}, T0, []
    for _ in range(draw(st.integers(0, 90))):
        t += draw(steps)
        signal = draw(st.sampled_from([0, 0, 1, 1, 1, 2, 3, 4, 4, 5]))
        if signal in counts:
            counts[signal] += draw(st.sampled_from([0, 1, 1, 1, 1, 2, 3]))
            counts[signal] = draw(st.sampled_from([counts[signal]] * 14 + [0]))
            value = float(counts[signal] % 256)
        elif signal == 2:
            value = draw(st.sampled_from([0.0, 30.0, 60.0, 120.0]))
        else:
            value = draw(st.sampled_from([6.0, 6.0, 6.0, 11.0, 3.0, -1.0, 6.5, 1e9, math.nan]))
        samples.append(Sample(signal, t, value, draw(QUALITY)))
    return samples


def played(specs: list[Spec], parts: list[list[Sample]], end_ns: int) -> list[Event]:
    """Run the parts one by one, writing the state down and reading it back between them."""
    table = bound(specs, SIGNALS)
    assert not table.errors
    now, events = engine.start(table, now_ns=T0), []
    for part in parts:
        now, seen = engine.step(table, now, columns(part, 0))
        events += seen
        now = state.load(state.dump(now))
    _, seen = engine.step(table, now, columns([], end_ns))
    return sorted(events + seen)


@settings(max_examples=150, deadline=None)
@given(specs=rules(), samples=streams(), data=st.data())
def test_equals_the_oracle_whatever_the_cut(
    specs: list[Spec], samples: list[Sample], data: st.DataObject
) -> None:
    end_ns = max([T0, *(s.time_ns for s in samples)]) + data.draw(st.sampled_from([0, S, 40 * S]))
    expected = reference.run(specs, SIGNALS, samples, start_ns=T0, end_ns=end_ns)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(samples)), max_size=6)))
    parts = [samples[a:b] for a, b in pairwise([0, *cuts, len(samples)])]
    assert played(specs, parts, end_ns) == expected
    assert played(specs, [samples], end_ns) == expected
