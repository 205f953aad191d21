"""Control charts in the engine: worked cases, refusals, limits that are learned once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rules import engine, reference
from rules.columns import Columns
from rules.compile import Table
from rules.compile import compile as bound
from rules.events import Event, EventKind
from rules.families import spc
from rules.reference_parts import Sample
from rules.spc import phase1
from rules.spc.autocorrelation import Treatment, lag1
from rules.spc.phase1 import FrozenLimits
from rules.spc.runrules import RunRule
from rules.spc.spec import Detector, SpcSpec, Spread
from rules.spec import SignalInfo
from rules.state import State
from tests.peers.spc_oracle import numbers

S = 1_000_000_000
T0 = 1_767_225_600 * S
SIGNALS = [SignalInfo(path="p/a/l/m/x"), SignalInfo(path="p/a/l/m/word", numeric=False)]
LIMITS = FrozenLimits(centre=0.0, sigma=1.0)
BAD = 0x8000_0000


def chart(**fields: Any) -> SpcSpec:
    base: dict[str, Any] = {"id": "r", "version": "1", "signals": ("**/x",), "limits": LIMITS}
    return SpcSpec(**base | fields)


def begin(spec: SpcSpec) -> tuple[Table, State]:
    table = bound([spec], SIGNALS)
    assert not table.errors
    return table, engine.start(table, now_ns=T0)


def fed(
    table: Table, state: State, values: Any, *, first: int = 0, bad: bool = False
) -> tuple[State, list[Event]]:
    """Feed a value a second."""
    x = np.asarray(values, np.float64)
    times = T0 + (first + np.arange(len(x), dtype=np.int64)) * S
    quality = np.full(len(x), BAD if bad else 0, np.uint32)
    return engine.step(table, state, Columns(np.zeros(len(x), np.int32), times, x, quality, 0))


def short(events: list[Event]) -> list[tuple[str, float, float, int]]:
    return [(e.kind.name, (e.time_ns - T0) / S, (e.onset_ns - T0) / S, e.code) for e in events]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"run_rules": ()}, "nothing would raise"),
        ({"ewma_weight": 0.2}, "both ewma_weight and ewma_width"),
        ({"ewma_weight": 1.5, "ewma_width": 3.0}, "ewma_weight is 1.5"),
        ({"ewma_weight": 0.5, "ewma_width": 0.0}, "ewma_width is 0"),
        ({"cusum_reference": 0.0}, "cusum_reference is 0"),
        ({"cusum_limit": -1.0}, "cusum_limit is -1"),
        ({"cusum_head_start": 0.6}, "cusum_head_start is 0.6"),
        ({"every": 0}, "every is 0"),
        ({"clear_after": 0}, "clear_after is 0"),
        ({"subgroup_count": 1001}, "want 2 to 1000"),
        ({"spread": Spread.SD}, "a subgroup has 1 values"),
        ({"subgroup_count": 2, "subgroup_s": 5.0}, "not both"),
        ({"subgroup_s": 0.01}, "at least 0.1 seconds"),
        ({"subgroup_s": 5.0, "spread": Spread.RANGE}, "differ in size"),
        ({"limits": replace(LIMITS, sigma=0.0)}, "sigma is 0"),
        ({"limits": replace(LIMITS, centre=float("nan"))}, "centre of the limits"),
        ({"limits": replace(LIMITS, phi=1.0)}, "phi is 1"),
        ({"limits": None, "phase_one_points": 99}, "want at least 100"),
        ({"limits": None, "phase_one_points": 19, "spread": Spread.SD, "subgroup_count": 5}, "at least 20"),
        ({"limits": None, "treatment": Treatment.THIN}, "chosen by `every`"),
        ({"signals": ("**/word",)}, "word is not a number"),
    ],
)  # fmt: skip
def test_a_chart_that_cannot_run_is_left_out_alone(fields: dict[str, Any], words: str) -> None:
    table = bound([chart(**fields), chart(id="fine")], SIGNALS)
    assert words in table.errors["r"]
    assert [key.rule for key in table.blocks["spc"][1].keys] == ["fine"]


def test_one_point_outside_is_rule_one_and_clears_after_calm_points() -> None:
    table, state = begin(chart(clear_after=3))
    state, events = fed(table, state, [0.5, -3.5, 0.1])
    assert short(events) == [("RAISED", 1, 1, 1)]
    assert (events[0].value, events[0].limit) == (-3.5, -3.0)
    assert engine.active(table, state) == {"r": 1}
    state, events = fed(table, state, [3.5, 0.1, 0.2, 0.3, 0.1], first=3)
    assert short(events) == [("CLEARED", 6, 1, 0)]
    _, events = fed(table, state, [4.0], first=8)
    assert [e.serial for e in events] == [2]


def test_cusum_of_the_handbook_says_since_when() -> None:
    case = numbers("nist_handbook_examples")["cusum_6.3.2.3"]
    sigma = 1.0
    spec = chart(
        run_rules=(),
        limits=FrozenLimits(centre=case["target"], sigma=sigma),
        cusum_reference=case["k"],
        cusum_limit=case["h"],
    )
    table, state = begin(spec)
    _, events = fed(table, state, case["x"])
    assert short(events) == [("RAISED", 13, 12, 1 << Detector.CUSUM)]
    assert (events[0].value, events[0].limit) == (case["x"][13], case["target"])


def test_a_head_start_sees_a_chart_that_begins_off_centre_sooner() -> None:
    late = begin(chart(run_rules=(), cusum_limit=4.0))
    soon = begin(chart(run_rules=(), cusum_limit=4.0, cusum_head_start=0.5))
    found = [fed(table, state, [1.25] * 10)[1] for table, state in (late, soon)]
    assert [short(events)[0][1:3] for events in found] == [(5, 0), (2, 0)]


def test_an_ewma_reports_its_average_and_bound() -> None:
    spec = chart(run_rules=(), ewma_weight=0.25, ewma_width=2.0)
    table, state = begin(spec)
    _, events = fed(table, state, [0.0, 2.5, 2.5])
    assert short(events) == [("RAISED", 2, 1, 1 << Detector.EWMA)]
    assert events[0].value == pytest.approx(0.25 * 2.5 * 1.75)
    spread = (0.25 / 1.75 * (1 - 0.75**6)) ** 0.5
    assert events[0].limit == pytest.approx(2.0 * spread)


def test_run_rules_report_the_zone_they_are_about() -> None:
    table, state = begin(chart(run_rules=(RunRule.N5, RunRule.N6)))
    _, events = fed(table, state, [0.0, -2.5, -2.25])
    assert [(e.code, e.limit) for e in events] == [(1 << RunRule.N5, -2.0)]
    _, events = fed(table, state, [1.5, 1.5, 0.0, 1.5, 1.5])
    assert [(e.code, e.limit) for e in events] == [(1 << RunRule.N6, 1.0)]
    table, state = begin(chart(run_rules=(RunRule.N2, RunRule.N3)))
    _, events = fed(table, state, [0.25 * n for n in range(8)])
    assert [(e.code, e.limit) for e in events] == [(1 << RunRule.N3, 0.0)]


def test_bad_quality_and_an_unwatched_time_break_a_run() -> None:
    spec = chart(run_rules=(RunRule.WE4,))
    table, state = begin(spec)
    state, _ = fed(table, state, [0.5] * 7)
    broken, _ = fed(table, state, [0.5], first=7, bad=True)
    assert fed(table, broken, [0.5] * 7, first=8)[1] == []
    away = engine.shift(table, state, now_ns=T0 + 100 * S)
    assert fed(table, away, [0.5] * 7, first=101)[1] == []
    assert [e.kind for e in fed(table, state, [0.5], first=7)[1]] == [EventKind.RAISED]


def test_subgroups_by_count_are_points() -> None:
    table, state = begin(chart(subgroup_count=4, spread=Spread.SD))
    _, events = fed(table, state, [1.6] * 4 + [0.0] * 4)
    assert short(events) == [("RAISED", 3, 0, 1)], "1.6 is above 3/sqrt(4) = 1.5"
    assert events[0].limit == 1.5


def test_subgroups_by_time_end_with_their_time() -> None:
    table, state = begin(chart(subgroup_s=10.0))
    state, events = fed(table, state, [3.5] * 5, first=12)
    assert events == []
    state, _ = fed(table, state, [])
    none = Columns(
        np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.uint32),
        T0 + 60 * S,
    )  # fmt: skip
    _, events = engine.step(table, state, none)
    assert short(events) == [("RAISED", 20, 12, 1)]


def test_thinning_takes_every_so_many_samples() -> None:
    for spec in (chart(every=3), chart(limits=replace(LIMITS, every=3))):
        table, state = begin(spec)
        _, events = fed(table, state, [0.0, 9.0, 9.0, 0.0, 9.0, 9.0, 3.5])
        assert short(events) == [("RAISED", 6, 6, 1)]


def noise(count: int, seed: int = 1) -> np.ndarray:
    return 20.0 + 2.0 * np.random.default_rng(seed).normal(size=count)


def limits_of(table: Table, state: State) -> list[FrozenLimits]:
    return list(spc.frozen(table.blocks["spc"][1], dict(state.memories["spc"].columns)).values())


def test_limits_are_learned_once_and_carry_a_version() -> None:
    table, state = begin(chart(limits=None))
    x = noise(100)
    state, events = fed(table, state, x[:99])
    assert (events, limits_of(table, state)) == ([], [])
    state, _ = fed(table, state, x[99:], first=99)
    [learned] = limits_of(table, state)
    offline = phase1.estimate(x, cleaning=phase1.Cleaning.NONE)
    assert (learned.centre, learned.sigma) == pytest.approx((offline.centre, offline.sigma))
    state, events = fed(table, state, [learned.centre + 3.1 * learned.sigma], first=100)
    assert [e.code for e in events] == [1]
    state, _ = fed(table, state, noise(500) + 10.0, first=101)
    assert limits_of(table, state) == [learned]
    assert len(learned.version) == 12
    again = bound([chart(limits=learned)], SIGNALS)
    assert limits_of(again, engine.start(again, now_ns=T0))[0].version == learned.version


def test_a_signal_that_never_varies_gets_no_limits() -> None:
    table, state = begin(chart(limits=None))
    state, _ = fed(table, state, [5.0] * 100)
    assert limits_of(table, state) == []
    state, _ = fed(table, state, noise(100), first=100)
    assert limits_of(table, state)[0].centre == pytest.approx(noise(100).mean())
    x = [*[5.0] * 100, *noise(100), 40.0]
    samples = [Sample(0, T0 + n * S, value, 0) for n, value in enumerate(x)]
    expected = reference.run([chart(limits=None)], SIGNALS, samples, start_ns=T0, end_ns=T0)
    _, events = fed(table, state, [40.0], first=200)
    assert short(events) == short(expected) == [("RAISED", 200, 200, 1)]


def test_numbers_too_large_to_square_get_no_limits() -> None:
    table, state = begin(chart(limits=None))
    state, events = fed(table, state, [1e308, -1e308] * 50)
    assert (events, limits_of(table, state)) == ([], [])


def drifting(count: int) -> np.ndarray:
    x, draw = np.zeros(count), np.random.default_rng(2).normal(size=count)
    for n in range(1, count):
        x[n] = 0.8 * x[n - 1] + draw[n]
    return x


def test_dependent_samples_are_charted_as_residuals() -> None:
    x = drifting(4_000)
    table, state = begin(chart(limits=None, phase_one_points=2_000))
    state, events = fed(table, state, x)
    [learned] = limits_of(table, state)
    assert learned.phi == pytest.approx(0.8, abs=0.04)
    assert learned.sigma == pytest.approx(1.0, abs=0.05)
    assert sum(e.kind is EventKind.RAISED for e in events) <= 15, "370 points apart: 5 are expected"
    plain, state = begin(chart(limits=None, phase_one_points=2_000, treatment=Treatment.NONE))
    _, ignored = fed(plain, state, x)
    assert sum(e.kind is EventKind.RAISED for e in ignored) > 40


def test_only_what_is_surely_dependent_is_modelled() -> None:
    count = 80
    infos = [SignalInfo(path=f"p/a/l/m/x{n}") for n in range(count)]
    table = bound([chart(signals=("**",), limits=None)], infos)
    draw, x = np.random.default_rng(3), np.zeros((100, count))
    x[0] = draw.normal(size=count)
    for n in range(1, 100):
        x[n] = 0.2 * x[n - 1] + draw.normal(size=count)
    times = np.repeat(T0 + np.arange(100, dtype=np.int64) * S, count)
    signal = np.tile(np.arange(count, dtype=np.int32), 100)
    rows = Columns(signal, times, x.ravel(), np.zeros(len(signal), np.uint32), 0)
    state, _ = engine.step(table, engine.start(table, now_ns=T0), rows)
    correlated = [lag1(x[:, n]) for n in range(count)]
    expected = [found.r if found.dependent else 0.0 for found in correlated]
    assert 20 < sum(phi != 0.0 for phi in expected) < 60
    assert [limits.phi for limits in limits_of(table, state)] == pytest.approx(expected)
