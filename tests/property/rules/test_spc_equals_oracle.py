"""Control charts give the events of a slow oracle, however the stream is cut into steps."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import engine, reference, state
from rules.columns import Columns
from rules.compile import compile as bound
from rules.events import Event
from rules.reference_parts import Sample
from rules.spc.autocorrelation import Treatment
from rules.spc.charts.ewma import Bounds
from rules.spc.phase1 import FrozenLimits
from rules.spc.runrules import RunRule
from rules.spc.spec import SpcSpec, Spread
from rules.spec import SignalInfo

S = 1_000_000_000
T0 = 1_767_225_600 * S + 123_456_789
SIGNALS = [SignalInfo(path=f"p/a/l/m1/x{n}") for n in range(3)]
DYADIC = FrozenLimits(centre=0.5, sigma=2.0)
MODELLED = FrozenLimits(centre=0.5, sigma=2.0, phi=0.5)


@st.composite
def charts(draw: st.DrawFn, *, given_limits: bool) -> SpcSpec:
    rules = draw(st.lists(st.sampled_from(RunRule), max_size=9, unique=True))
    averaged = draw(st.booleans())
    by = draw(st.sampled_from(["count", "count", "time"]))
    count = (
        draw(st.sampled_from([1, 1, 2] if given_limits else [1, 2, 3, 5])) if by == "count" else 1
    )
    spreads = [Spread.MOVING_RANGE]
    if by == "time":
        spreads.append(Spread.SD)
    elif count > 1:
        spreads = [*Spread]
    spread = draw(st.sampled_from(spreads))
    return SpcSpec(
        id="spc",
        version="1",
        signals=("**",),
        subgroup_count=count,
        subgroup_s=draw(st.sampled_from([0.5, 1.0, 2.5])) if by == "time" else None,
        every=draw(st.sampled_from([1, 1, 2, 3])),
        spread=spread,
        run_rules=tuple(rules),
        ewma_weight=0.25 if averaged else None,
        ewma_width=draw(st.sampled_from([1.5, 2.7])) if averaged else None,
        ewma_bounds=draw(st.sampled_from(Bounds)),
        cusum_limit=draw(st.sampled_from([2.0, 4.0])) if averaged or not rules else None,
        cusum_head_start=draw(st.sampled_from([0.0, 0.5])),
        phase_one_points=100 if spread is Spread.MOVING_RANGE else 20,
        treatment=draw(st.sampled_from([Treatment.NONE, Treatment.RESIDUALS])),
        limits=draw(st.sampled_from([DYADIC, MODELLED])) if given_limits else None,
        clear_after=draw(st.sampled_from([1, 3, 8])),
    )


@st.composite
def streams(draw: st.DrawFn, *, given_limits: bool) -> list[Sample]:
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, 200 if given_limits else 1500))
    phi = draw(st.sampled_from([0.0, 0.8]))
    shift = draw(st.sampled_from([0.0, 1.0, 4.0]))
    noise = random.normal(size=count)
    for n in range(1, count):
        noise[n] += phi * noise[n - 1]
    noise[count * 2 // 3 :] += shift
    if given_limits:
        noise = np.round(noise * 4) / 2
    elif draw(st.booleans()):
        noise[: count // 4] = 1.0
    noise[random.random(count) < 0.01] = math.nan
    bad = random.random(count) < draw(st.sampled_from([0.0, 0.05]))
    steps = random.choice([0, S // 4, S // 4, S // 2, S, 7 * S], size=count)
    signals = random.integers(0, 3, size=count)
    times = T0 + np.cumsum(steps)
    rows = zip(signals.tolist(), times.tolist(), noise.tolist(), bad.tolist(), strict=True)
    return [Sample(a, t, x, 0x8000_0000 if b else 0) for a, t, x, b in rows]


def columns(samples: list[Sample], now_ns: int) -> Columns:
    return Columns(
        np.array([s.signal for s in samples], np.int32),
        np.array([s.time_ns for s in samples], np.int64),
        np.array([s.value for s in samples], np.float64),
        np.array([s.quality for s in samples], np.uint32),
        now_ns,
    )


def played(spec: SpcSpec, parts: list[list[Sample]], end_ns: int, *, ticks: bool) -> list[Event]:
    table = bound([spec], SIGNALS)
    assert not table.errors
    now, events = engine.start(table, now_ns=T0), []
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
    numbers = [(e.value, e.limit) for e in expected]
    for event, pair in zip(mine, numbers, strict=True):
        assert (event.value, event.limit) == pytest.approx(pair, rel=1e-9, abs=1e-9)


def ended(samples: list[Sample]) -> int:
    return max([T0, *(s.time_ns for s in samples)]) + 5 * S


@settings(max_examples=200, deadline=None)
@given(spec=charts(given_limits=True), samples=streams(given_limits=True))
def test_equals_the_oracle_with_given_limits(spec: SpcSpec, samples: list[Sample]) -> None:
    end_ns = ended(samples)
    expected = reference.run([spec], SIGNALS, samples, start_ns=T0, end_ns=end_ns)
    same(played(spec, [samples], end_ns, ticks=False), expected)


@settings(max_examples=60, deadline=None)
@given(spec=charts(given_limits=False), samples=streams(given_limits=False))
def test_equals_the_oracle_with_limits_it_learns(spec: SpcSpec, samples: list[Sample]) -> None:
    end_ns = ended(samples)
    expected = reference.run([spec], SIGNALS, samples, start_ns=T0, end_ns=end_ns)
    same(played(spec, [samples], end_ns, ticks=False), expected)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), given_limits=st.booleans())
def test_any_cut_gives_the_same_events(data: st.DataObject, given_limits: bool) -> None:
    spec = data.draw(charts(given_limits=given_limits))
    samples = data.draw(streams(given_limits=given_limits))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(samples)), max_size=8)))
    parts = [samples[a:b] for a, b in pairwise([0, *cuts, len(samples)])]
    end_ns = ended(samples)
    whole = played(spec, [samples], end_ns, ticks=False)
    assert played(spec, parts, end_ns, ticks=True) == whole
    fine = [samples[n : n + 20] for n in range(0, len(samples), 20)] or [[]]
    assert played(spec, fine, end_ns, ticks=False) == whole
