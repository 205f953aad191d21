"""Hours against earlier weeks: worked cases, and equality with the oracle however the stream is cut."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.detect.options_seasonal import offsets
from rules import engine, reference, state
from rules.columns import Columns
from rules.compile import compile as bound
from rules.events import Event, EventKind
from rules.families.seasonal_spec import SeasonalSpec
from rules.reference_parts import Sample
from rules.spec import SignalInfo

S = 1_000_000_000
HOUR = 3600 * S
MONDAY = 1_767_571_200 * S
SIGNALS = [SignalInfo(path="p/a/l/m/x")]
SPEC = SeasonalSpec(id="r", version="1", signals=("**",), min_scale=1.0)


def columns(samples: list[Sample], now_ns: int = 0) -> Columns:
    return Columns(
        np.array([s.signal for s in samples], np.int32),
        np.array([s.time_ns for s in samples], np.int64),
        np.array([s.value for s in samples], np.float64),
        np.array([s.quality for s in samples], np.uint32),
        now_ns,
    )


def played(spec: SeasonalSpec, parts: list[list[Sample]], start: int, end: int) -> list[Event]:
    table = bound([spec], SIGNALS)
    assert not table.errors
    now, events = engine.start(table, now_ns=start), []
    for part in parts:
        now, seen = engine.step(table, now, columns(part))
        events += seen
        now = state.load(state.dump(now))
    _, seen = engine.step(table, now, columns([], end))
    return sorted(events + seen)


def weeks(count: int, *, odd: dict[int, float]) -> list[Sample]:
    """A sample an hour that is 100 by night and 500 in the shift, but in the hours of `odd`."""
    return [
        Sample(0, MONDAY + n * HOUR + S, odd.get(n, 500.0 if 6 <= n % 24 < 14 else 100.0), 0)
        for n in range(count * 168)
    ]


def test_a_shift_is_no_deviation_but_a_shift_at_night_is() -> None:
    odd = {5 * 168 + 26: 500.0, 5 * 168 + 32: 100.0}
    events = played(SPEC, [weeks(6, odd=odd)], MONDAY, MONDAY + 6 * 168 * HOUR)
    told = [(e.kind, (e.time_ns - MONDAY) // HOUR - 5 * 168, e.value, e.limit) for e in events]
    assert told == [
        (EventKind.RAISED, 27, 500.0, 105.0),
        (EventKind.CLEARED, 28, 100.0, 95.0),
        (EventKind.RAISED, 33, 100.0, 495.0),
        (EventKind.CLEARED, 34, 500.0, 495.0),
    ]
    assert (events[0].onset_ns - MONDAY) // HOUR == 5 * 168 + 26


def test_the_same_hour_stays_the_same_over_summer_time() -> None:
    paris = offsets("Europe/Paris")
    spec = replace(SPEC, offsets=paris)
    start = 1_772_409_600 * S  # 2 March 2026, a Monday; summer time begins on the 29th
    samples = []
    for n in range(6 * 168):
        at = start + n * HOUR
        ahead = [seconds for since, seconds in paris if since <= at][-1]
        local = (at // S + ahead) // 3600 % 24
        samples.append(Sample(0, at + S, 500.0 if 6 <= local < 14 else 100.0, 0))
    end = start + 6 * 168 * HOUR
    assert played(spec, [samples], start, end) == []
    assert played(SPEC, [samples], start, end) != []


def test_offsets_of_a_zone_are_those_of_its_clock() -> None:
    paris = dict(offsets("Europe/Paris"))
    assert paris[1_774_746_000 * S] == 7200  # 29 March 2026, 01:00 UTC
    assert paris[1_792_890_000 * S] == 3600  # 25 October 2026, 01:00 UTC
    assert offsets("UTC") == ((0, 0),)
    assert len(offsets("Europe/Paris")) <= 64


@settings(max_examples=15, deadline=None)
@given(r=st.randoms(use_true_random=True))
def test_equals_the_oracle_however_it_is_cut(r: Random) -> None:
    spec = SeasonalSpec(
        id="r",
        version="1",
        signals=("**",),
        threshold=r.choice([1.0, 3.0]),
        min_scale=r.choice([0.0, 1.0]),
        weeks=r.choice([3, 5]),
        least_weeks=3,
        offsets=r.choice([((0, 0),), ((0, 3600), (MONDAY + 400 * HOUR, 7200))]),
    )
    samples: list[Sample] = []
    t = MONDAY
    while t < MONDAY + 6 * 168 * HOUR:
        t += r.choice([HOUR // 2, HOUR, HOUR, 3 * HOUR, 30 * HOUR])
        quality = 0x8000_0000 if r.random() < 0.05 else 0
        samples.append(Sample(0, t, r.gauss(100.0, 5.0), quality))
    end = t + 2 * HOUR
    expected = reference.run([spec], SIGNALS, samples, start_ns=MONDAY, end_ns=end)
    cuts = sorted(r.randrange(len(samples) + 1) for _ in range(3))
    parts = [samples[a:b] for a, b in pairwise([0, *cuts, len(samples)])]
    for mine in (played(spec, [samples], MONDAY, end), played(spec, parts, MONDAY, end)):
        assert [e._replace(value=0.0, limit=0.0) for e in mine] == [
            e._replace(value=0.0, limit=0.0) for e in expected
        ]
        for event, other in zip(mine, expected, strict=True):
            pair = pytest.approx((other.value, other.limit), rel=1e-9)
            assert (event.value, event.limit) == pair
