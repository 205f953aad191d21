"""Demand analysis: the acceptance numbers of phase 1, exact."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from gateway.errors import ConflictError, InvalidRequestError
from gateway.production.demand.forecast import (
    accepted,
    back_test,
    demand_by_week,
    expected,
    forecast,
    overridden,
)
from gateway.production.demand.methods import (
    METHODS,
    croston_rate,
    croston_sba,
    damped_holt_winters,
    seasonal_naive,
    ses,
    ses_level,
)
from gateway.production.model import Override

MONDAY = date(2026, 1, 5)


def weeks(values):
    return {MONDAY + timedelta(weeks=at): value for at, value in enumerate(values)}


def test_phase_1_croston_and_its_correction_are_exact():
    series = np.array([0, 0, 3, 0, 0, 0, 2, 0, 4, 0, 0, 5], float)
    assert round(croston_rate(series, 0.1), 7) == 1.0728853
    assert round(croston_sba(series, 1, 1)[0], 7) == 1.0192411


def test_phase_1_exponential_smoothing_is_exact():
    series = np.array([10, 12, 13, 12, 15, 16, 14, 18, 19, 17], float)
    assert round(ses_level(series, 0.3), 7) == 16.4411821


def test_phase_1_the_chosen_method_never_errs_more_than_seasonal_naive():
    draw = np.random.default_rng(4)
    for length in (8, 9, 15, 30, 60, 120):
        at = np.arange(length)
        for raw in (
            draw.poisson(20, length),
            draw.poisson(0.4, length),
            50 + 2 * at + draw.normal(0, 5, length),
            100 + 30 * np.sin(at * np.pi / 6) + draw.normal(0, 3, length),
            np.zeros(length),
            np.full(length, 7.0),
        ):
            series = np.maximum(raw, 0).astype(float)
            tests = back_test(series, ahead=4, season=12)
            naive = next(each for each in tests if each.method == "seasonal naive")
            run = forecast("P", weeks(series), ahead=4, season=12)
            chosen = next(each for each in tests if each.method == run.method)
            assert chosen.mase <= naive.mase
            assert all(p50 <= p80 for p50, p80 in zip(run.p50, run.p80, strict=True))
            assert min(run.point) >= 0


@pytest.mark.parametrize("length", range(1, 8))
def test_phase_1_less_than_eight_points_are_repeated_and_marked_weak(length):
    run = forecast("P", weeks(range(1, length + 1)), ahead=3)
    assert (run.method, run.weak, run.mase, run.bias) == ("seasonal naive", True, None, None)
    assert run.point == (length,) * 3
    assert not forecast("P", weeks(range(8)), ahead=3).weak


def test_methods_find_what_they_are_made_for():
    at = np.arange(60, dtype=float)
    season = 100 + 30 * np.sin(at * np.pi / 6)
    ahead = 100 + 30 * np.sin((60 + np.arange(12)) * np.pi / 6)
    assert np.abs(damped_holt_winters(season, 12, 12) - ahead).max() < 1.0
    assert np.abs(damped_holt_winters(10 + 2 * at, 3, 1) - (10 + 2 * (60 + np.arange(3)))).max() < 3
    assert seasonal_naive(np.array([1.0, 2, 3, 4]), 6, 4).tolist() == [1, 2, 3, 4, 1, 2]
    assert ses(np.full(20, 5.0), 2, 1).tolist() == [5, 5]
    assert croston_sba(np.zeros(9), 2, 1).tolist() == [0, 0]
    assert len(METHODS) == 4


def test_bias_and_band_come_from_the_back_test():
    series = np.array([10.0] * 20 + [20.0] * 4)
    naive = back_test(series, ahead=1, season=1)[0]
    assert naive.method == "seasonal naive"
    assert naive.bias == pytest.approx(-10 / 12)  # it missed one rise of ten in twelve weeks
    draw = np.random.default_rng(1)
    noisy = 100 + draw.normal(0, 10, 400)
    run = forecast("P", weeks(noisy), ahead=1, season=1)
    assert run.p80[0] > run.p50[0]


def test_days_are_summed_by_week_and_missing_weeks_had_no_demand():
    run = forecast("P", {MONDAY: 3, MONDAY + timedelta(6): 4, MONDAY + timedelta(21): 9}, ahead=2)
    assert run.weeks == (MONDAY + timedelta(28), MONDAY + timedelta(35))
    assert run.point == (9, 9)


def test_an_override_needs_a_reason_and_wins_from_then_on():
    run = forecast("P", weeks(range(10)), ahead=2)
    fair = Override(week=run.weeks[1], qty=500, by="anna", reason="trade fair")
    changed = accepted(overridden(run, [fair]))
    assert changed.version == run.version + 1
    assert expected(changed) == {run.weeks[0]: run.p50[0], run.weeks[1]: 500}
    with pytest.raises(InvalidRequestError, match="needs a reason"):
        overridden(run, [replace(fair, reason=" ")])
    with pytest.raises(InvalidRequestError, match="no week of this forecast"):
        overridden(run, [replace(fair, week=MONDAY)])
    with pytest.raises(InvalidRequestError, match="no quantity"):
        overridden(run, [replace(fair, qty=float("nan"))])
    with pytest.raises(ConflictError, match="nothing any more"):
        accepted(changed)


def test_demand_is_the_greater_of_orders_and_an_accepted_forecast():
    run = forecast("P", weeks([10] * 10), ahead=2)
    first, second = run.weeks
    orders = {first + timedelta(2): 4, first + timedelta(4): 3, second: 25}
    assert demand_by_week(orders, run) == {first: 7, second: 25}
    assert demand_by_week(orders, accepted(run)) == {first: 10, second: 25}


def test_nothing_known_is_refused():
    with pytest.raises(InvalidRequestError, match="week of history"):
        forecast("P", {}, ahead=2)
