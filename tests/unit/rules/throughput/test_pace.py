"""Cycle times, their drift, and a forecast whose interval holds what it says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rules.throughput.pace import cycles, drift, forecast, median_cycle_s

S = 10**9


def told(times_s: list[float], pieces: list[float]):
    at = (np.array(times_s) * S).astype(np.int64)
    return cycles(at, np.append(np.int64(0), at[:-1]), np.array(pieces, float))


def test_a_cycle_is_the_time_between_completions() -> None:
    found = told([1, 2, 3, 5, 9], [1, 0, 1, 2, 0])
    assert found.cycle_s.tolist() == [1, 2, 1]
    assert found.pieces.tolist() == [1, 1, 2]
    assert median_cycle_s(found) == 1
    assert median_cycle_s(told([1, 2], [0, 0])) is None


def test_one_stop_does_not_move_the_median() -> None:
    assert median_cycle_s(told([1, 2, 3, 4, 604, 605, 606], [1] * 7)) == 1


def test_the_median_of_two_halves_lies_between() -> None:
    assert median_cycle_s(told([1, 2, 5, 8], [1] * 4)) == 2


def test_drift_is_found_with_its_interval_and_none_where_there_is_none() -> None:
    draw = np.random.default_rng(1)
    steady = told(np.cumsum(draw.normal(2, 0.05, 1800)).tolist(), [1] * 1800)
    slower = np.cumsum(2 * (1 + 0.1 * np.arange(1800) / 1800) + draw.normal(0, 0.05, 1800))
    none, some = drift(steady), drift(told(slower.tolist(), [1] * 1800))
    assert none is not None
    assert some is not None
    assert not none.significant
    assert some.significant
    assert some.low < 0.1 / (slower[-1] / 3600) < some.high * 1.05
    assert drift(told([1, 2, 3], [1, 1, 1])) is None


def test_a_steady_machine_is_forecast_exactly() -> None:
    found = forecast(np.full(6, 100.0), np.full(6, 600.0), left_s=3600, wanted=2000, done=600)
    assert found is not None
    assert (found.expected, found.low, found.high) == (1200, 1200, 1200)
    assert found.shortfall == 800
    assert found.finish_s[1] == pytest.approx(8400, abs=1e-3)
    assert "same product" in found.assumes


def test_too_little_past_gives_no_forecast_and_a_dead_machine_never_finishes() -> None:
    assert forecast(np.ones(3), np.ones(3), left_s=1, wanted=1, done=0) is None
    dead = forecast(np.zeros(5), np.full(5, 60.0), left_s=600, wanted=10, done=2)
    assert dead is not None
    assert dead.finish_s == (math.inf, math.inf, math.inf)
    assert dead.shortfall == 8
    full = forecast(np.zeros(5), np.full(5, 60.0), left_s=600, wanted=2, done=2)
    assert full is not None
    assert full.finish_s == (0, 0, 0)


def test_the_interval_covers_about_as_often_as_it_says() -> None:
    draw = np.random.default_rng(7)
    inside = 0
    for _ in range(2000):
        parts = draw.normal(100, 15, 12)
        found = forecast(parts[:8], np.full(8, 600.0), left_s=2400, wanted=0, done=0)
        assert found is not None
        inside += found.low <= parts[8:].sum() <= found.high
    assert 0.87 <= inside / 2000 <= 0.93
