"""Rules of pace and short stops in plain cases: what raises them, what does not, and how they must be written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rules import engine
from rules.columns import Columns
from rules.compile import compile as bound
from rules.events import Event, EventKind
from rules.spec import CycleSpec, SignalInfo, Spec, StopsSpec

S = 10**9
COUNT, STATE = "p/a/l/m/count", "p/a/l/m/state"


def run(
    spec: Spec, path: str, times_s: list[float], values: list[float], end_s: float
) -> list[Event]:
    table = bound([spec], [SignalInfo(path=path, counter_bits=16)])
    assert not table.errors
    n = len(times_s)
    rows = Columns(
        np.zeros(n, np.int32),
        (np.array(times_s) * S).astype(np.int64),
        np.array(values, np.float64),
        np.zeros(n, np.uint32),
        0,
    )
    state, events = engine.step(table, engine.start(table, now_ns=0), rows)
    nothing = np.empty(0, np.int64)
    late = Columns(
        nothing.astype(np.int32),
        nothing,
        nothing.astype(float),
        nothing.astype(np.uint32),
        int(end_s * S),
    )
    return events + engine.step(table, state, late)[1]


def cycle(**more: object) -> CycleSpec:
    given = {"planned_s": 2.0, "over_fraction": 0.2, "pieces": 5, "longest_s": 20.0, **more}
    return CycleSpec(id="c", version="1", signals=(COUNT,), **given)  # type: ignore[arg-type]  # by name


def test_slow_running_is_told_and_a_stop_is_not_slow() -> None:
    times = [float(2 * n) for n in range(10)]
    # A stop of 60 s, then pieces of 2 s again: no alarm. Then 3 s each: the third slow one tips the median.
    times += [78.0 + 2 * n for n in range(10)]
    times += [96.0 + 3 * (n + 1) for n in range(10)]
    raised = run(cycle(), COUNT, times, [float(n) for n in range(30)], 200)
    assert [(e.kind, e.time_ns / S, e.value, e.limit) for e in raised] == [
        (EventKind.RAISED, 105.0, 3.0, 2.4)
    ]


def test_drift_is_judged_against_what_was_learned() -> None:
    steady = [float(n) for n in range(1, 41)]
    slow = [40 + 1.5 * n for n in range(1, 41)]
    spec = cycle(planned_s=None, learn_pieces=20)
    values = [float((65_530 + n) % 65_536) for n in range(80)]
    (event,) = run(spec, COUNT, steady + slow, values, 200)
    assert (event.value, event.limit) == (1.5, 1.2)
    assert event.time_ns == int((40 + 1.5 * 3) * S)


def test_short_stops_are_counted_or_timed_and_long_ones_are_not() -> None:
    times, values = [0.0], [6.0]
    for n in range(4):
        times += [10 + 20 * n, 14 + 20 * n]
        values += [11.0, 6.0]
    times += [100.0, 200.0]
    values += [11.0, 6.0]
    common: dict[str, Any] = {"minor_stop_s": 30.0, "window_s": 60.0}
    three = StopsSpec(id="s", version="1", signals=(STATE,), most_stops=3, **common)
    counted = run(three, STATE, times, values, 300)
    assert [(e.kind, e.time_ns / S, e.value) for e in counted] == [
        (EventKind.RAISED, 55.0, 3.0),
        (EventKind.CLEARED, 95.0, 2.0),
    ]
    timed = StopsSpec(id="s", version="1", signals=(STATE,), most_s=8.0, **common)
    first = run(timed, STATE, times, values, 300)[0]
    assert (first.time_ns / S, first.value) == (35.0, 8.0)
    long = StopsSpec(
        id="s", version="1", signals=(STATE,), most_stops=1, minor_stop_s=4.0, window_s=60.0
    )
    assert run(long, STATE, times, values, 300) == []


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (cycle(learn_pieces=20), "one of planned_s"),
        (cycle(planned_s=None), "one of planned_s"),
        (cycle(pieces=2), "3 to 32"),
        (cycle(planned_s=None, learn_pieces=5), "10 to 64"),
        (cycle(over_fraction=0.0), "over_fraction"),
        (StopsSpec(id="s", version="1", signals=(STATE,)), "either most_stops or most_s"),
        (StopsSpec(id="s", version="1", signals=(STATE,), most_s=1.0, running=(99,)), "0 and 62"),
        (StopsSpec(id="s", version="1", signals=(STATE,), most_s=1.0, window_s=1.0), "6 seconds"),
        (
            StopsSpec(id="s", version="1", signals=(STATE,), most_s=1.0, shortest_s=120.0),
            "shortest",
        ),
    ],
)
def test_what_cannot_run_says_what_would_be_right(spec: Spec, said: str) -> None:
    assert said in next(iter(bound([spec], []).errors.values()))


def test_a_counter_that_names_itself_as_target_is_refused() -> None:
    spec = cycle(planned_s=None, target_signal="count")
    table = bound([spec], [SignalInfo(path=COUNT)])
    assert "its own target" in table.errors["c"]
