"""Rules over motion and expressions give the events of a slow oracle, however the stream is cut into steps."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.detect.expression import read
from rules import engine, reference, state
from rules.columns import Columns
from rules.compile import compile as bound
from rules.events import Event
from rules.expression.spec import Accepts, ExpressionSpec, OnBad
from rules.families.motion.spec import (
    RangeSpec,
    RateOfChangeSpec,
    SpikeSpec,
    StaleSpec,
    StateDurationSpec,
    StuckSpec,
)
from rules.reference_parts import Sample
from rules.spec import SignalInfo, Spec

S = 1_000_000_000
T0 = 1_767_225_600 * S + 123_456_789
SIGNALS = [
    SignalInfo(path="p/a/l/m1/x"),
    SignalInfo(path="p/a/l/m1/y"),
    SignalInfo(path="p/a/l/m1/state"),
    SignalInfo(path="p/a/l/m2/x"),
    SignalInfo(path="p/a/l/m2/word", numeric=False),
]
DELAY = st.sampled_from([0.0, 0.0, 0.5, 1.0, 2.5])
CONDITIONS = [
    "value > y",
    "value - y >= 2.0 && state in [1, 2]",
    "abs(value) / y > 1",
    "state == 1 ? value > 3 : y < 1",
    "!(value > 3) || y % 2 == 1",
    "rate(value) > 1 && previous(y) < 3",
    "smooth(value, 2) > 2.5",
    "max(value, y, 2) - min(value, y) < age(y)",
    "sqrt(value - 2) < 1",
]


def named(rule: str, **fields: Any) -> dict[str, Any]:
    return {"id": rule, "version": "1", **fields}


@st.composite
def rules(draw: st.DrawFn) -> list[Spec]:
    return [
        RateOfChangeSpec(
            **named("rate", signals=("**/x",)),
            rise=draw(st.sampled_from([1.0, 4.0])),
            fall=draw(st.sampled_from([None, 2.0])),
            per_s=draw(st.sampled_from([1.0, 2.0])),
            min_span_s=draw(st.sampled_from([0.1, 0.5])),
            max_span_s=draw(st.sampled_from([0.5, 3.0])),
            deadband=draw(st.sampled_from([0.0, 0.5])),
            on_delay_s=draw(DELAY),
            off_delay_s=draw(DELAY),
        ),
        RangeSpec(
            **named("range", signals=("**/x",)),
            window_s=draw(st.sampled_from([6.0, 15.0])),
            most=draw(st.sampled_from([3.0, 4.0])),
            least=draw(st.sampled_from([None, 0.0, 1.0])),
            deadband=draw(st.sampled_from([0.0, 1.0])),
            on_delay_s=draw(DELAY),
            off_delay_s=draw(DELAY),
        ),
        StuckSpec(
            **named("stuck", signals=("**/x", "**/y")),
            after_s=draw(st.sampled_from([0.5, 1.0, 4.0])),
            band=draw(st.sampled_from([0.0, 1.0])),
            while_signal="state",
            while_values=(1.0, 2.0),
        ),
        StuckSpec(**named("still", signals=("**/x",)), after_s=2.0),
        SpikeSpec(
            **named("spike", signals=("**/x",)),
            threshold=draw(st.sampled_from([1.0, 2.0])),
            window=draw(st.sampled_from([5, 6])),
            returns_within=draw(st.sampled_from([1, 3])),
            min_scale=draw(st.sampled_from([0.0, 0.5])),
            clear_after=draw(st.sampled_from([1, 4])),
        ),
        StateDurationSpec(
            **named("lasts", signals=("**/state",)),
            states=(0.0, 3.0),
            after_s=draw(st.sampled_from([0.5, 3.0])),
        ),
        StaleSpec(**named("stale", signals=("p/a/l/m?/*",)), after_s=draw(st.sampled_from([0.5, 2.0]))),
        ExpressionSpec(
            **named("when", signals=("**/x",)),
            program=read(draw(st.sampled_from(CONDITIONS))),
            inputs=draw(st.sampled_from([(), (("y", "p/a/l/m1/y"), ("state", "p/a/l/m1/state"))])),
            accepts=draw(st.sampled_from(Accepts)),
            on_bad=draw(st.sampled_from(OnBad)),
            max_age_s=draw(st.sampled_from([None, 1.0, 3.0])),
            on_delay_s=draw(DELAY),
            off_delay_s=draw(DELAY),
        ),
    ]  # fmt: skip


@st.composite
def streams(draw: st.DrawFn) -> list[Sample]:
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, 100))
    values = random.choice([0.0, 0.5, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 4.0, 5.0], size=count)
    values[random.random(count) < 0.03] = draw(st.sampled_from([math.nan, math.inf, 1e308]))
    steps = random.choice([0, 0, S // 10, S // 4, S // 2, S, 3 * S, -S // 10], size=count)
    times = T0 + np.cumsum(steps)
    late = random.choice([0, 0, 0, S // 2, 3 * S], size=count)
    quality = random.choice([0] * 12 + [0x4000_0000, 0x8000_0000], size=count)
    signals = random.choice([0, 0, 0, 1, 2, 3, 4], size=count)
    columns = (signals, times, values, quality, times - late)
    return [Sample(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]


def columns(samples: list[Sample], now_ns: int) -> Columns:
    return Columns(
        np.array([s.signal for s in samples], np.int32),
        np.array([s.time_ns for s in samples], np.int64),
        np.array([s.value for s in samples], np.float64),
        np.array([s.quality for s in samples], np.uint32),
        now_ns,
        np.array([s.source_ns for s in samples], np.int64),
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
        now, seen = engine.step(table, now, columns(part, 0))
        events += seen
        if ticks:
            until = following[0].time_ns if following else 0
            now, seen = engine.step(table, now, columns([], until))
            events += seen
            now = state.load(state.dump(now))
    _, seen = engine.step(table, now, columns([], end_ns))
    return sorted(events + seen)


def same(mine: list[Event], expected: list[Event]) -> None:
    assert [e._replace(value=0.0, limit=0.0) for e in mine] == [
        e._replace(value=0.0, limit=0.0) for e in expected
    ]
    for event, other in zip(mine, expected, strict=True):
        pair = pytest.approx((other.value, other.limit), rel=1e-9, abs=1e-9)
        assert (event.value, event.limit) == pair, event


@settings(max_examples=60, deadline=None)
@given(specs=rules(), samples=streams(), after=st.sampled_from([0, S, 10 * S]))
def test_equals_the_oracle(specs: list[Spec], samples: list[Sample], after: int) -> None:
    end_ns = max([T0, *(s.time_ns for s in samples)]) + after
    expected = reference.run(specs, SIGNALS, samples, start_ns=T0, end_ns=end_ns)
    same(played(specs, [samples], end_ns, ticks=False), expected)


@settings(max_examples=20, deadline=None)
@given(specs=rules(), samples=streams(), data=st.data())
def test_any_cut_gives_the_same_events(
    specs: list[Spec], samples: list[Sample], data: st.DataObject
) -> None:
    end_ns = max([T0, *(s.time_ns for s in samples)]) + 5 * S
    cuts = sorted(data.draw(st.lists(st.integers(0, len(samples)), max_size=8)))
    parts = [samples[a:b] for a, b in pairwise([0, *cuts, len(samples)])]
    whole = played(specs, [samples], end_ns, ticks=False)
    assert played(specs, parts, end_ns, ticks=True) == whole
    assert played(specs, [[s] for s in samples], end_ns, ticks=False) == whole
