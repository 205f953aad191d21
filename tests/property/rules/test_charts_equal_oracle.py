"""Charts of streams, parts, counted faults and several signals give the oracle's events, however the stream is cut."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import engine, reference, state
from rules.columns import Columns
from rules.compile import compile as bound
from rules.events import Event
from rules.reference_parts import Sample
from rules.spc.attribute_spec import FIT, SHARES, Attribute, AttributeSpec
from rules.spc.autocorrelation import Treatment
from rules.spc.multi_spec import Method, MultiSpec
from rules.spc.phase1 import FrozenLimits
from rules.spc.runrules import RunRule
from rules.spc.spec import SpcSpec, Spread
from rules.spec import SignalInfo, Spec

S = 1_000_000_000
T0 = 1_767_225_600 * S + 123_456_789
BAD = 0x8000_0000
SIGNALS = [
    SignalInfo(path="p/a/l/m1/x"),
    SignalInfo(path="p/a/l/m1/key"),
    SignalInfo(path="p/a/l/m1/part"),
    SignalInfo(path="p/a/l/m2/x"),
    SignalInfo(path="p/a/l/m1/n", counter_bits=8),
]
Made = tuple[Spec, list[Sample]]


def keyed(r: Random) -> Made:
    """A chart with streams, subgroups by key, parts and a chart of spread, in any mixture."""
    by = r.choice(["count", "time", "key"])
    count = r.choice([1, 2, 3, 5]) if by == "count" else 1
    spreads = [Spread.MOVING_RANGE]
    spreads += [*Spread] if count > 1 else [Spread.SD] if by != "count" else []
    spread = r.choice(spreads)
    streams = r.choice([(), (0.0, 1.0)])
    parts = r.choice([(), ((1.0, 0.0, 1.0), (2.0, 1.0, 2.0))])
    spec = SpcSpec(
        id="spc",
        version="1",
        signals=("p/a/l/m1/x",),
        subgroup_count=count,
        subgroup_s=r.choice([0.5, 2.5]) if by == "time" else None,
        spread=spread,
        run_rules=tuple(r.sample(list(RunRule), r.randrange(1, 9))),
        cusum_limit=r.choice([None, 4.0]),
        phase_one_points=100 if spread is Spread.MOVING_RANGE else 20,
        treatment=r.choice([Treatment.NONE, Treatment.RESIDUALS]),
        limits=r.choice([None, FrozenLimits(centre=0.5, sigma=1.0)]),
        clear_after=r.choice([1, 4]),
        watch_spread=r.choice([True, True, False]),
        stream_signal="key" if streams else None,
        streams=streams,
        subgroup_signal="key" if by == "key" or r.random() < 0.2 else None,
        part_signal="part" if parts else None,
        parts=parts,
    )
    random = np.random.default_rng(r.randrange(2**32))
    rows = r.choice([100, 600])
    x = random.normal(size=rows)
    x[rows * 2 // 3 :] += r.choice([0.0, 2.0])
    x[random.random(rows) < 0.01] = math.nan
    signal = random.choice([0] * 8 + [1, 2, 3], size=rows)
    x = np.where((signal == 1) | (signal == 2), random.integers(0, 3, size=rows), x)
    times = T0 + np.cumsum(random.choice([0, S // 4, S // 2, S, 7 * S], size=rows))
    quality = random.choice([0] * 30 + [BAD], size=rows)
    return spec, _samples(signal, times, x, quality)


def counted(r: Random) -> Made:
    """A chart of faults from counters that roll over, reset and fail, or from single findings."""
    chart = r.choice([*Attribute])
    constant = chart not in SHARES or r.random() < 0.3
    counters = r.random() < 0.6
    by_units = counters and not constant and r.random() < 0.5
    spec = AttributeSpec(
        id="a",
        version="1",
        signals=("p/a/l/m1/x",),
        chart=chart,
        size=20.0 if constant else None,
        size_signal=None if constant else "n",
        counters=counters,
        subgroup_s=r.choice([1.0, 6.0]) if counters and not by_units else None,
        subgroup_units=r.choice([10.0, 40.0]) if by_units else None,
        run_rules=tuple(r.sample(sorted(FIT), r.randrange(1, 6))),
        phase_one_points=20,
        centre=r.choice([None, 0.1, 0.3]),
        clear_after=r.choice([1, 3]),
    )
    random = np.random.default_rng(r.randrange(2**32))
    samples: list[Sample] = []
    t, found, made = T0, 0, 0
    for n in range(r.choice([60, 300])):
        t += int(random.choice([0, S // 4, S // 2, S, 5 * S]))
        piece = int(random.integers(0, 12))
        faults = int(random.binomial(piece, 0.1 if n < 40 else 0.4))
        found, made = found + faults, (made + piece) % 256
        found = 0 if random.random() < 0.02 else found
        made = 3 if random.random() < 0.01 else made
        values = (made, found) if counters else (piece, faults)
        for signal, value in zip((4, 0), values, strict=True):
            samples.append(Sample(signal, t, float(value), BAD if random.random() < 0.02 else 0))
    return spec, samples


def several(r: Random) -> Made:
    """Two or three signals that move together, until one of them leaves."""
    beside = ("key", "part")[: r.randrange(1, 3)]
    spec = MultiSpec(
        id="t",
        version="1",
        signals=("p/a/l/m1/x",),
        with_signals=beside,
        method=r.choice([*Method]),
        point_s=1.0,
        weight=r.choice([0.1, 0.3]),
        limit=8.64,
        explained=r.choice([0.5, 0.9]),
        clear_after=r.choice([1, 4]),
    )
    random = np.random.default_rng(r.randrange(2**32))
    samples: list[Sample] = []
    rows, away = r.choice([110, 200]), r.choice([0.0, 3.0, 6.0])
    for n in range(rows):
        a, b = random.normal(size=2)
        c = a + 0.3 * random.normal()
        a += away if n > rows * 0.8 else 0.0
        for signal, value in enumerate((a, b, c)):
            at = T0 + n * S + int(random.integers(0, S // 2))
            samples += [Sample(signal, at, float(value), BAD if random.random() < 0.01 else 0)]
    kept = [sample for sample in samples if random.random() > 0.005]
    return spec, sorted(kept, key=lambda sample: sample.time_ns)


def _samples(*columns: np.ndarray) -> list[Sample]:
    return [Sample(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]


def columns(samples: list[Sample]) -> Columns:
    return Columns(
        np.array([s.signal for s in samples], np.int32),
        np.array([s.time_ns for s in samples], np.int64),
        np.array([s.value for s in samples], np.float64),
        np.array([s.quality for s in samples], np.uint32),
        0,
    )


def played(spec: Spec, parts: list[list[Sample]], end_ns: int) -> list[Event]:
    table = bound([spec], SIGNALS)
    assert not table.errors
    now, events = engine.start(table, now_ns=T0), []
    for part in parts:
        now, seen = engine.step(table, now, columns(part))
        events += seen
        now = state.load(state.dump(now))
    _, seen = engine.step(table, now, columns([])._replace(now_ns=end_ns))
    return sorted(events + seen)


@pytest.mark.parametrize("make", [keyed, counted, several])
def test_equals_the_oracle_however_it_is_cut(make: Callable[[Random], Made]) -> None:
    raised = 0

    @settings(max_examples=25, deadline=None)
    @given(r=st.randoms(use_true_random=True))
    def equal(r: Random) -> None:
        nonlocal raised
        spec, samples = make(r)
        end_ns = max([T0, *(s.time_ns for s in samples)]) + 5 * S
        expected = reference.run([spec], SIGNALS, samples, start_ns=T0, end_ns=end_ns)
        mine = played(spec, [samples], end_ns)
        raised += len(mine)
        assert [e._replace(value=0.0, limit=0.0) for e in mine] == [
            e._replace(value=0.0, limit=0.0) for e in expected
        ]
        for event, other in zip(mine, expected, strict=True):
            pair = pytest.approx((other.value, other.limit), rel=1e-7, abs=1e-9)
            assert (event.value, event.limit) == pair
        cuts = sorted(r.randrange(len(samples) + 1) for _ in range(3))
        edges = [0, *cuts, len(samples)]
        assert played(spec, [samples[a:b] for a, b in pairwise(edges)], end_ns) == mine

    equal()
    assert raised > 0
