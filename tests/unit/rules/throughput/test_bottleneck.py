"""E5's bottleneck to the minute, waiting machines, and the turning point."""

from __future__ import annotations

import numpy as np
import pytest

from rules.throughput.account import account
from rules.throughput.bottleneck import Waiting, active_periods, bottleneck, turning_point
from rules.throughput.classes import PACKML_MAP
from rules.throughput.pieces import Definition, Plan
from rules.throughput.window import Rows, Track, begin, insert

S = 10**9


def test_e5_active_periods() -> None:
    found = bottleneck(
        {"A": [(0, 40), (45, 100)], "B": [(5, 70), (72, 100)], "C": []}, start=0, end=100
    )
    assert [tuple(turn) for turn in found.turns] == [("A", 0, 5), ("B", 5, 70), ("A", 70, 100)]
    assert found.sole == {"A": 35, "B": 5}
    assert found.shifting == ((5, 40), (45, 70))
    assert found.shift_total == 60
    assert found.active_share["C"] == 0


def test_nobody_active_is_nobodys_bottleneck() -> None:
    found = bottleneck({"A": [(0, 10)], "B": [(20, 30)]}, start=0, end=40)
    assert [tuple(turn) for turn in found.turns] == [("A", 0, 10), ("B", 20, 30)]
    assert found.shift_total == 0
    assert bottleneck({}, start=0, end=0).turns == ()


def test_starved_and_idle_are_waiting_repair_and_setup_are_not() -> None:
    states = [6, 5, 6, 11, 9, 3, 4, 6]
    definition = Definition(classes=PACKML_MAP, minor_ns=15 * S, hold_ns=100 * S, lateness_ns=S)
    rows = Rows(
        np.full(9, Track.STATE, np.uint8),
        np.arange(9, dtype=np.int64) * 10 * S,
        np.array([*states, 6], float),
    )
    window = insert(begin(0), rows, hold_ns=definition.hold_ns).window
    pieces = account(window, definition, Plan(np.array([0], np.int64)), end_ns=80 * S).pieces
    found = [(a // S, b // S) for a, b in active_periods(pieces)]
    assert found == [(0, 10), (20, 60), (70, 80)]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ([(0.3, 0.05), (0.05, 0.02), (0.02, 0.3)], 1),
        ([(0.05, 0.02), (0.02, 0.3), (0.01, 0.4)], 0),
        ([(0.1, 0.2), (0.2, 0.1)], None),
        ([(0.1, 0.1)], 0),
        ([], None),
    ],
)
def test_turning_point(line: list[tuple[float, float]], wanted: int | None) -> None:
    assert turning_point([Waiting(*each) for each in line]) == wanted
