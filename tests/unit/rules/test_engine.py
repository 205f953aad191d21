"""Worked cases of each family, exact to the nanosecond."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from rules import engine
from rules.columns import Columns
from rules.compile import Table
from rules.compile import compile as bound
from rules.events import Event, EventKind
from rules.families.motion.spec import SpikeSpec
from rules.spec import LimitSpec, MissingSpec, RateSpec, SignalInfo, Spec
from rules.state import State

S = 1_000_000_000
T0 = 1_767_225_600 * S
SIGNALS = [
    SignalInfo(path="p/a/l/filler/weight"),
    SignalInfo(path="p/a/l/filler/good", counter_bits=16),
    SignalInfo(path="p/a/l/filler/temperature"),
    SignalInfo(path="p/a/l/filler/target"),
]
BAD = 0x8000_0000
LIMIT = LimitSpec(
    id="r", version="1", signals=("**/weight",), high=504.0, deadband=1.0, on_delay_s=5.0
)
RATE = RateSpec(
    id="r",
    version="1",
    signals=("**/good",),
    fraction=0.8,
    window_s=60.0,
    target_per_min=60.0,
    hold_s=30.0,
)


def cols(rows: Sequence[tuple[int, float, float, int]], now_s: float = 0) -> Columns:
    """Rows of (signal, second, value, quality)."""
    return Columns(
        np.array([r[0] for r in rows], np.int32),
        np.array([T0 + round(r[1] * S) for r in rows], np.int64),
        np.array([r[2] for r in rows], np.float64),
        np.array([r[3] for r in rows], np.uint32),
        T0 + round(now_s * S),
    )


def begin(*specs: Spec) -> tuple[Table, State]:
    table = bound(specs, SIGNALS)
    assert not table.errors
    return table, engine.start(table, now_ns=T0)


def short(events: list[Event]) -> list[tuple[str, float, float]]:
    return [(e.kind.name, (e.time_ns - T0) / S, (e.onset_ns - T0) / S) for e in events]


def test_limit_is_raised_at_the_instant_its_delay_is_over() -> None:
    table, state = begin(LIMIT)
    state, events = engine.step(table, state, cols([(0, 1, 504.3, 0), (0, 3, 504.5, 0)]))
    assert events == []
    state, events = engine.step(table, state, cols([], now_s=100))
    assert short(events) == [("RAISED", 6, 1)]
    assert (events[0].value, events[0].limit, events[0].side) == (504.5, 504.0, "high")
    _, events = engine.step(table, state, cols([(0, 101, 503.1, 0), (0, 102, 502.9, 0)]))
    assert short(events) == [("CLEARED", 102, 1)]


def test_bad_quality_freezes_the_on_delay() -> None:
    table, state = begin(LIMIT)
    rows = [(0, 1, 505.0, 0), (0, 3, 505.0, BAD), (0, 13, 505.0, 0)]
    _, events = engine.step(table, state, cols(rows, now_s=60))
    assert short(events) == [("RAISED", 16, 1)]


def test_what_is_not_a_finite_number_freezes_too() -> None:
    table, state = begin(LIMIT)
    rows = [(0, 1, 505.0, 0), (0, 2, math.nan, 0), (0, 3, math.inf, 0)]
    _, events = engine.step(table, state, cols(rows, now_s=60))
    assert events == []


def test_two_onsets_at_one_instant_have_their_own_numbers() -> None:
    table, state = begin(LimitSpec(id="r", version="1", signals=("**/weight",), high=1.0))
    rows = [(0, 1, 2.0, 0), (0, 1, 0.0, 0), (0, 1, 2.0, 0)]
    _, events = engine.step(table, state, cols(rows))
    assert sorted((e.serial, e.kind.name) for e in events) == [
        (1, "CLEARED"),
        (1, "RAISED"),
        (2, "RAISED"),
    ]


def test_missing_ends_with_the_next_good_sample() -> None:
    table, state = begin(MissingSpec(id="r", version="1", signals=("**/weight",), after_s=10.0))
    rows = [(0, 2, 1.0, 0), (0, 5, 1.0, BAD), (0, 30, 1.0, 0)]
    _, events = engine.step(table, state, cols(rows, now_s=45))
    assert short(events) == [("RAISED", 12, 2), ("CLEARED", 30, 2), ("RAISED", 40, 30)]
    assert [e.value for e in events] == [10.0, 28.0, 10.0]


def counted(values: Mapping[int, float]) -> list[tuple[int, float, float, int]]:
    return [(1, second, value, 0) for second, value in values.items()]


def test_a_slow_counter_is_raised_once_its_window_is_known() -> None:
    table, state = begin(RATE)
    rows = counted({s: s // 2 for s in range(120)})
    _, events = engine.step(table, state, cols(rows))
    assert short(events) == [("RAISED", 60, 60)]
    assert (events[0].value, events[0].limit) == (29.0, 48.0)


def test_a_counter_at_its_target_is_quiet_through_rollover_and_reset() -> None:
    table, state = begin(RATE)
    rolls = {s: (65_500 + s) % 65_536 for s in range(150)}
    resets = {s: s - 150 for s in range(150, 300)}
    _, events = engine.step(table, state, cols(counted(rolls | resets)))
    assert events == []


def test_a_jump_nobody_can_believe_makes_the_window_unknown() -> None:
    table, state = begin(RATE)
    rows = counted({s: s if s < 90 else 40_000 for s in range(149)})
    state, events = engine.step(table, state, cols(rows))
    assert events == [], "the rate is unknown for a window after the jump"
    _, events = engine.step(table, state, cols(counted(dict.fromkeys(range(149, 160), 40000))))
    assert short(events) == [("RAISED", 150, 150)]


def test_silence_is_unknown_but_a_still_counter_on_a_live_machine_is_zero() -> None:
    table, state = begin(RATE)
    rows = counted({s: s for s in range(100)})
    state, events = engine.step(table, state, cols(rows, now_s=111))
    assert events == []
    _, silent = engine.step(
        table, state, cols([(2, 4000, 20.0, 0), (1, 4001, 99.0, 0)], now_s=4030)
    )
    assert short(silent) == [("RAISED", 113, 113)], "held for 30 s, until 13 of 60 were missing"
    table, state = begin(RateSpec(**{n: getattr(RATE, n) for n in RATE.__slots__} | {"hold_s": 5}))
    state, events = engine.step(table, state, cols(rows, now_s=3000))
    assert events == [], "nothing was heard from the machine"
    table, state = begin(RateSpec(**{n: getattr(RATE, n) for n in RATE.__slots__} | {"hold_s": 5}))
    lively = rows + [(2, s, 20.0, 0) for s in range(100, 130)]
    _, events = engine.step(table, state, cols(lively))
    assert short(events) == [("RAISED", 113, 113)]


def test_the_target_is_a_signal_and_zero_wants_nothing() -> None:
    spec = RateSpec(
        id="r",
        version="1",
        signals=("**/good",),
        fraction=0.8,
        window_s=60.0,
        target_signal="target",
        max_per_min=600.0,
    )
    table, state = begin(spec)
    rows = sorted([(3, 0, 0.0, 0), (3, 90, 60.0, 0), *counted(dict.fromkeys(range(120), 5.0))],
                  key=lambda r: r[1])  # fmt: skip
    _, events = engine.step(table, state, cols(rows))
    assert short(events) == [("RAISED", 91, 91)]


def test_worked_counter_of_the_reference() -> None:
    """rules.md §3.5 E4: deltas 4, 5 (rollover), 7, 0 (reset), 4."""
    spec = RateSpec(
        id="r",
        version="1",
        signals=("**/good",),
        fraction=1.0,
        window_s=60.0,
        target_per_min=1000.0,
        max_per_min=120.0,
        hold_s=60.0,
    )
    table, state = begin(spec)
    rows = counted(dict(zip(range(0, 60, 10), [65530, 65534, 3, 10, 0, 4], strict=True)))
    _, events = engine.step(table, state, cols(rows, now_s=60))
    assert [(e.kind, e.value) for e in events] == [(EventKind.RAISED, 20.0)]


def test_shift_leaves_out_a_time_nobody_watched() -> None:
    missing = MissingSpec(id="m", version="1", signals=("**/weight",), after_s=10.0)
    table, state = begin(
        LIMIT, missing, RateSpec(**{n: getattr(RATE, n) for n in RATE.__slots__} | {"id": "n"})
    )
    state, _ = engine.step(
        table, state, cols([(0, 1, 505.0, 0), *counted({s: s for s in range(4)})])
    )
    state = engine.shift(table, state, now_ns=T0 + 600 * S)
    state, events = engine.step(table, state, cols([], now_s=606))
    assert events == []
    _, events = engine.step(table, state, cols([(0, 607, 505.0, 0)], now_s=620))
    assert short(events) == [("RAISED", 610, 1), ("RAISED", 617, 607)]
    earlier = engine.shift(table, state, now_ns=T0)
    assert earlier.now_ns == T0


def test_time_never_runs_backwards_and_unknown_signals_are_left_out() -> None:
    table, state = begin(LimitSpec(id="r", version="1", signals=("**/weight",), high=1.0))
    state, _ = engine.step(table, state, cols([], now_s=50))
    _, events = engine.step(
        table, state, cols([(0, 3, 2.0, 0), (99, 60, 5.0, 0), (-1, 60, 5.0, 0)])
    )
    assert short(events) == [("RAISED", 50, 50)]


def test_step_leaves_the_old_state_alone() -> None:
    table, state = begin(LIMIT)
    engine.step(table, state, cols([(0, 1, 505.0, 0)], now_s=60))
    _, events = engine.step(table, state, cols([], now_s=60))
    assert events == []


@pytest.mark.parametrize("kind", ["same", "changed", "gone"])
def test_adopt_keeps_what_is_the_same_and_withdraws_the_rest(kind: str) -> None:
    table, state = begin(LIMIT)
    state, events = engine.step(table, state, cols([(0, 1, 505.0, 0)], now_s=60))
    assert engine.active(table, state) == {"r": 1}
    fields = {n: getattr(LIMIT, n) for n in LIMIT.__slots__}
    new = {"same": [LIMIT], "changed": [LimitSpec(**fields | {"version": "2"})], "gone": []}[kind]
    table = bound(new, [*SIGNALS, SignalInfo(path="p/a/l/packer/weight")])
    state, events = engine.adopt(table, state)
    _, later = engine.step(table, state, cols([(4, 61, 505.0, 0)], now_s=70))
    assert [e.kind.name for e in events] == ([] if kind == "same" else ["WITHDRAWN"])
    assert [(e.signal, e.version) for e in later] == (
        [] if kind == "gone" else [(4, "1" if kind == "same" else "2")]
    )


def test_a_spike_ends_at_its_own_limit_though_another_excursion_was_given_up() -> None:
    spike = SpikeSpec(
        id="r", version="1", signals=("**/weight",),
        threshold=2.0, window=5, returns_within=3, min_scale=0.5, clear_after=2,
    )  # fmt: skip
    table, state = begin(spike)
    values = [0.0] * 5 + [5.0, 0.0, -5.0, 0.0, 0.0, 0.0]
    rows = [(0, n, value, BAD if n == 8 else 0) for n, value in enumerate(values)]
    _, events = engine.step(table, state, cols(rows))
    assert [(e.kind.name, e.value, e.limit) for e in events] == [
        ("RAISED", 5.0, 1.0),
        ("CLEARED", 0.0, 1.0),
    ]
