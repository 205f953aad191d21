"""Instances that are taken at once give what they give row by row: events, and the state anything later can tell."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.detect.expression import read
from rules import engine
from rules.columns import Columns
from rules.compile import compile as bound
from rules.events import Event
from rules.expression.spec import ExpressionSpec
from rules.families.motion.spec import RangeSpec, RateOfChangeSpec, StateDurationSpec, StuckSpec
from rules.spc.phase1 import FrozenLimits
from rules.spc.runrules import NELSON
from rules.spc.spec import SpcSpec
from rules.spec import CycleSpec, LimitSpec, SignalInfo, Spec, StopsSpec

S = 1_000_000_000
T0 = 1_767_225_600 * S
MACHINES = 3
NAMES = ("x", "state", "count", "step")
SPECS: list[Spec] = [
    LimitSpec(id="limit", version="1", signals=("**/x",), high=2.9, low=-2.9, deadband=0.3),
    RateOfChangeSpec(id="rate", version="1", signals=("**/x",), rise=60.0, per_s=1.0, min_span_s=0.01),
    RateOfChangeSpec(id="slow", version="1", signals=("**/x",), rise=1.5, per_s=1.0, min_span_s=1.0),
    RangeSpec(id="range", version="1", signals=("**/x",), window_s=6.0, most=5.5),
    StuckSpec(id="stuck", version="1", signals=("**/step",), after_s=2.0, band=0.2),
    StateDurationSpec(id="lasts", version="1", signals=("**/state",), states=(2.0,), after_s=0.5),
    ExpressionSpec(
        id="when", version="1", signals=("**/x",), program=read("value > 2.8 && state == 1"), max_age_s=1.0
    ),
    ExpressionSpec(id="aged", version="1", signals=("**/x",), program=read("age(state) > 0.9 || value > 3")),
    SpcSpec(
        id="spc", version="1", signals=("**/x",), run_rules=NELSON, ewma_weight=0.2, ewma_width=2.962,
        cusum_limit=5.0, limits=FrozenLimits(centre=0.0, sigma=1.0),
    ),
    CycleSpec(id="cycle", version="1", signals=("**/count",), planned_s=0.2, pieces=5),
    StopsSpec(id="stops", version="1", signals=("**/state",), running=(1,), window_s=6.0, most_stops=2),
]  # fmt: skip


def stream(seed: int, *, spoiled: float) -> Columns:
    """Return 8 seconds of machines at 20 Hz, mostly calm, some rows of bad quality."""
    draw = np.random.default_rng(seed)
    turns, signals = 160, MACHINES * len(NAMES)
    signal = np.tile(np.arange(signals, dtype=np.int32), turns)
    turn = np.repeat(np.arange(turns), signals)
    kind = signal % len(NAMES)
    value = np.select(
        [kind == 0, kind == 1, kind == 2],
        [
            draw.normal(size=len(signal)),
            np.where((turn // 7 + signal) % 9 == 0, 2.0, 1.0),
            turn // (3 + signal % 5),
        ],
        np.where((turn // 50 + signal) % 2 == 0, turn // 9 % 2, draw.normal(size=len(signal))),
    )
    quality = np.where(draw.random(len(signal)) < spoiled, 0x8000_0000, 0).astype(np.uint32)
    times = T0 + turn * S // 20 + draw.integers(0, 3, len(signal)) * S // 100
    return Columns(signal, times, value.astype(np.float64), quality, 0)


def cut(rows: Columns, size: int) -> list[Event]:
    """Return the events of a stream handed over in steps of so many rows."""
    infos = [SignalInfo(path=f"p/a/l/m{m}/{name}") for m in range(MACHINES) for name in NAMES]
    table = bound(SPECS, infos)
    assert not table.errors
    now, events = engine.start(table, now_ns=T0), []
    for begin in range(0, len(rows.signal), size):
        here = slice(begin, begin + size)
        part = Columns(
            rows.signal[here], rows.time_ns[here], rows.value[here], rows.quality[here], 0
        )
        now, seen = engine.step(table, now, part)
        events += seen
    none = Columns(rows.signal[:0], rows.time_ns[:0], rows.value[:0], rows.quality[:0], T0 + 60 * S)
    return sorted(events + engine.step(table, now, none)[1])


@pytest.mark.parametrize(("seed", "spoiled"), [(1, 0.002), (2, 0.03)])
def test_any_step_gives_the_events_of_single_rows(seed: int, spoiled: float) -> None:
    rows = stream(seed, spoiled=spoiled)
    expected = cut(rows, 1)
    assert {event.rule for event in expected} == {spec.id for spec in SPECS}
    for size in (37, 240, len(rows.signal)):
        mine = cut(rows, size)
        # NaN is equal to nothing, so texts are compared.
        assert list(map(repr, mine)) == list(map(repr, expected)), size
