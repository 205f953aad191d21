"""Charts of the engine against published numbers: counted faults, spread, short runs, several signals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rules import engine
from rules.columns import Columns
from rules.compile import Table
from rules.compile import compile as bound
from rules.events import Event, EventKind
from rules.families import multi
from rules.spc.attribute_spec import Attribute, AttributeSpec
from rules.spc.charts import multivariate
from rules.spc.charts.multivariate import Normal, Phase, individuals_limit
from rules.spc.multi_spec import PART_BITS, Method, MultiSpec
from rules.spc.phase1 import FrozenLimits
from rules.spc.spec import Detector, SpcSpec, Spread
from rules.spec import SignalInfo, Spec
from rules.state import State
from tests.peers.spc_oracle import numbers

S = 1_000_000_000
T0 = 1_767_225_600 * S
NAMES = ("x", "y", "z", "key", "part")
SIGNALS = [SignalInfo(path=f"p/a/l/m/{name}") for name in NAMES]


def fed(spec: Spec, rows: list[tuple[float, str, float]]) -> tuple[Table, State, list[Event]]:
    """Feed (second, signal, value) rows."""
    table = bound([spec], SIGNALS)
    assert not table.errors, table.errors
    signal, second, value = (
        np.array(column)
        for column in zip(*((NAMES.index(name), at, x) for at, name, x in rows), strict=True)
    )
    columns = Columns(
        signal.astype(np.int32),
        T0 + (second * S).astype(np.int64),
        value.astype(np.float64),
        np.zeros(len(rows), np.uint32),
        T0 + int(second[-1] + 10) * S,
    )
    state, events = engine.step(table, engine.start(table, now_ns=T0), columns)
    return table, state, events


def attribute(**fields: Any) -> AttributeSpec:
    base = {"id": "a", "version": "1", "signals": ("**/x",), "counters": False}
    return AttributeSpec(**{**base, **fields})


def test_a_p_chart_has_the_limits_of_the_nist_handbook() -> None:
    case = numbers("nist_handbook_examples")["p_chart_6.3.3.2"]
    found = [float(d) for d in case["D"]]
    spec = attribute(chart=Attribute.P, size=float(case["n"]), phase_one_points=len(found))
    worst = found.index(max(found))
    rows = [(float(n), "x", d) for n, d in enumerate([*found, found[worst]])]
    _, state, events = fed(spec, rows)
    columns = state.memories["attributes"].columns
    assert columns["rate"][0] == pytest.approx(0.2313, abs=5e-5)
    (event,) = events
    assert event.kind is EventKind.RAISED
    assert event.value == pytest.approx(24 / 50)
    assert event.limit == pytest.approx(0.4102, abs=5e-5)


def test_a_c_chart_has_the_limits_of_the_nist_handbook() -> None:
    case = numbers("nist_handbook_examples")["c_chart_6.3.3.1"]
    spec = attribute(chart=Attribute.C, size=1.0, phase_one_points=len(case["c"]))
    rows = [(float(n), "x", float(c)) for n, c in enumerate([*case["c"], 31.0])]
    _, _, events = fed(spec, rows)
    assert events[0].limit == pytest.approx(case["UCL"], rel=1e-3)


def test_running_counts_make_points_by_time_and_by_units() -> None:
    by_time = attribute(
        chart=Attribute.P, counters=True, size_signal="y", subgroup_s=10.0, centre=0.1
    )
    rows: list[tuple[float, str, float]] = []
    for n in range(60):
        rows += [(float(n), "y", 10.0 * n), (float(n), "x", float(n if n < 40 else 9 * n - 320))]
    _, _, events = fed(by_time, rows)
    assert [(e.time_ns - T0) / S for e in events if e.kind is EventKind.RAISED] == [50.0]
    assert events[0].value == pytest.approx(0.82)
    by_units = attribute(
        chart=Attribute.P, counters=True, size_signal="y", subgroup_units=50.0, centre=0.1
    )
    _, _, events = fed(by_units, rows)
    assert [(e.time_ns - T0) / S for e in events if e.kind is EventKind.RAISED] == [45.0]


def test_a_range_beyond_d4_raises_on_the_chart_of_spread() -> None:
    spec = SpcSpec(
        id="r",
        version="1",
        signals=("**/x",),
        subgroup_count=5,
        spread=Spread.RANGE,
        limits=FrozenLimits(centre=0.0, sigma=1.0),
        watch_spread=True,
    )
    calm, wild = [-1.0, 1.0, 0.0, 0.5, -0.5], [-3.0, 3.0, 0.0, 0.5, -0.5]
    rows = [(float(n), "x", value) for n, value in enumerate([*calm, *wild])]
    _, _, events = fed(spec, rows)
    (event,) = events
    assert event.code == 1 << Detector.SPREAD
    assert event.value == 6.0
    assert event.limit == pytest.approx(2.114 * 2.326, rel=1e-3)


def test_cavities_have_charts_of_their_own() -> None:
    spec = SpcSpec(
        id="r",
        version="1",
        signals=("**/x",),
        limits=FrozenLimits(centre=0.0, sigma=1.0),
        stream_signal="key",
        streams=(1.0, 2.0),
    )
    rows: list[tuple[float, str, float]] = []
    for n in range(20):
        cavity = 1.0 + n % 2
        rows += [(n, "key", cavity), (n, "x", 4.0 if cavity == 2.0 and n > 10 else 0.0)]
    _, _, events = fed(spec, rows)
    assert [(e.side, (e.time_ns - T0) / S) for e in events] == [("key 2", 11.0)]


def test_short_runs_are_judged_by_their_own_part() -> None:
    spec = SpcSpec(
        id="r",
        version="1",
        signals=("**/x",),
        limits=FrozenLimits(centre=0.0, sigma=1.0),
        part_signal="part",
        parts=((1.0, 10.0, 1.0), (2.0, 50.0, 5.0)),
    )
    rows = [(0, "x", 99.0), (1, "part", 1.0), (2, "x", 12.0), (3, "part", 2.0), (4, "x", 60.0)]
    rows += [(5, "part", 3.0), (6, "x", 99.0), (7, "part", 1.0), (8, "x", 14.0)]
    _, _, events = fed(spec, [(float(at), name, value) for at, name, value in rows])
    assert [((e.time_ns - T0) / S, e.value, e.limit) for e in events] == [(8.0, 4.0, 3.0)]


def together(method: Method, away: tuple[float, float, float]) -> tuple[State, list[Event], Any]:
    """Learn from 200 points of three signals, then show one point far away."""
    random = np.random.default_rng(11)
    a, b = random.normal(size=(2, 200))
    x = np.column_stack([a, b, a + 0.3 * random.normal(size=200)])
    spec = MultiSpec(
        id="t",
        version="1",
        signals=("**/x",),
        with_signals=("y", "z"),
        method=method,
        point_s=1.0,
        limit=8.64,
        phase_one_points=200,
    )
    rows = [(n + 0.1 * c, NAMES[c], x[n, c]) for n in range(200) for c in range(3)]
    rows += [(200 + 0.1 * c, NAMES[c], away[c]) for c in range(3)]
    _, state, events = fed(spec, rows)
    return state, events, x


def test_t2_raises_at_its_f_limit_and_names_what_contributes() -> None:
    _, (event,), x = together(Method.T2, (2.0, 0.0, -2.0))
    process = multivariate.estimate(x)
    assert event.value == pytest.approx(float(multivariate.t_squared([2.0, 0.0, -2.0], process)))
    limit = individuals_limit(3, 200, confidence=0.9973, phase=Phase.TWO)
    assert event.limit == pytest.approx(limit)
    parts = multivariate.contributions(np.array([2.0, 0.0, -2.0]), process)
    assert event.code >> PART_BITS == int(np.argmax(parts)) != 1


def test_a_broken_relation_shows_in_the_residual_alone() -> None:
    _, (event,), _ = together(Method.PCA, (1.0, 0.0, -1.0))
    assert event.code & 0b11 == 0b10
    assert event.code >> PART_BITS in {0, 2}


def test_a_mewma_is_that_of_the_charts() -> None:
    state, _, x = together(Method.MEWMA, (1.0, 0.5, 1.0))
    process: Normal = multivariate.estimate(x)
    average, _ = multivariate.mewma(np.array([[1.0, 0.5, 1.0]]), process, 0.1)
    np.testing.assert_allclose(state.memories["multi"].columns["average"][0][:3], average[0])


def test_the_residual_limit_is_chi_squared_where_eigenvalues_are_equal() -> None:
    assert multi.residual_limit(np.array([2.0, 2.0]), 0.99) == pytest.approx(2 * 9.21034, rel=1e-5)
    assert multi.residual_limit(np.array([]), 0.99) == np.inf
