"""Average run lengths: the table of published values, by integral equation, by Markov chain and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from rules.spc import runrules
from rules.spc.arl import cusum, ewma, multivariate, solve
from rules.spc.arl import runrules as chain
from rules.spc.charts.cusum import Sums
from rules.spc.charts.ewma import Bounds, advance, spread
from rules.spc.runrules import NELSON, WESTERN_ELECTRIC, RunRule, Runs

SHIFTS = (0.0, 0.5, 1.0, 2.0)
N = RunRule
SETS = {
    "Shewhart": ([N.N1], (370.40, 155.22, 43.89, 6.30)),
    "WE 1, 2": ([N.N1, N.N5], (225.44, 77.72, 20.01, 3.65)),
    "WE 1, 3": ([N.N1, N.N6], (166.05, 46.18, 12.66, 3.68)),
    "WE 1, 4": ([N.N1, N.WE4], (152.73, 44.28, 14.58, 4.89)),
    "WE 1-4": (WESTERN_ELECTRIC, (91.75, 27.33, 9.22, 3.13)),
    "Nelson 1, 2": ([N.N1, N.N2], (216.70, 57.78, 17.05, 5.14)),
    "Nelson 1, 2, 5, 6": ([N.N1, N.N2, N.N5, N.N6], (109.05, 30.59, 9.70, 3.13)),
}
EWMA = [
    (0.2, 2.962, Bounds.FIXED, (499.7, 41.8, 10.54, 3.74)),
    (0.2, 2.962, Bounds.EXACT, (494.4, 40.3, 9.55, 2.86)),
    (0.1, 2.814, Bounds.FIXED, (499.6, 31.3, 10.33, 4.36)),
]
CUSUM = [
    (5.0, 0.0, (465.4, 38.0, 10.38, 4.01)),
    (5.0, 2.5, (430.4, 28.7, 6.35, 2.36)),
    (4.0, 0.0, (167.7, 26.6, 8.38, 3.34)),
    (4.0, 2.0, (148.7, 20.1, 5.29, 2.01)),
    (4.774, 0.0, (370.1, 35.3, 9.93, 3.86)),
]
SIMULATED = {
    "Nelson 1-4": (NELSON[:4], (118.6, 48.7, 16.4, 5.15)),
    "Nelson 1-8": (NELSON, (73.8, 28.3, 9.56, 3.15)),
}


@pytest.mark.parametrize("name", SETS)
def test_run_rules_by_markov_chain(name: str) -> None:
    rules, published = SETS[name]
    mine = [chain.arl(rules, shift=shift) for shift in SHIFTS]
    np.testing.assert_allclose(mine, published, atol=0.0051)


@pytest.mark.parametrize(("weight", "width", "bounds", "published"), EWMA)
def test_ewma_by_integral_equation(
    weight: float, width: float, bounds: Bounds, published: tuple[float, ...]
) -> None:
    mine = [ewma.arl(weight=weight, width=width, shift=s, bounds=bounds) for s in SHIFTS]
    np.testing.assert_allclose(mine, published, rtol=3e-3)


def test_an_ewma_that_forgets_at_once_is_a_shewhart_chart() -> None:
    for bounds in Bounds:
        mine = ewma.arl(weight=1.0, width=3.0, shift=0.5, bounds=bounds)
        assert mine == pytest.approx(155.2243, rel=1e-5)


@pytest.mark.parametrize(("limit", "head_start", "published"), CUSUM)
def test_cusum_by_integral_equation(
    limit: float, head_start: float, published: tuple[float, ...]
) -> None:
    mine = [cusum.arl(reference=0.5, limit=limit, shift=s, head_start=head_start) for s in SHIFTS]
    np.testing.assert_allclose(mine, published, rtol=3e-3)


def test_one_side_alone_takes_twice_as_long() -> None:
    both = cusum.arl(reference=0.5, limit=5.0)
    assert cusum.one_sided(reference=0.5, limit=5.0) == pytest.approx(2 * both)


def test_charts_of_several_signals() -> None:
    mine = [multivariate.t_squared(2, 11.829, distance=s) for s in SHIFTS]
    np.testing.assert_allclose(mine, (370.4, 202.2, 67.3, 9.41), rtol=1e-3)
    assert multivariate.mewma(2, 0.1, 8.64) == pytest.approx(200.5, rel=1e-3)
    one = ewma.arl(weight=0.2, width=2.962, bounds=Bounds.FIXED)
    assert multivariate.mewma(1, 0.2, 2.962**2) == pytest.approx(one, rel=1e-6)


def simulate(step, *, runs: int, shift: float, seed: int) -> float:
    """Return the mean run length of `step(z, points) -> (fires, keep)` over independent normal points."""
    draw = np.random.default_rng(seed)
    total, left, points = 0, runs, 0
    while left:
        points += 1
        fires, keep = step(draw.normal(shift, 1.0, left), points)
        total += points * int(fires.sum())
        left -= int(fires.sum())
        keep(~fires)
    return total / runs


def run_rules(rules, runs: int):
    """A step of run rules that drops the runs that have ended."""
    state, bits = Runs.none(runs), runrules.mask(rules)

    def step(z, points):
        fires = (runrules.step(state, z) & bits) > 0

        def keep(these):
            nonlocal state
            state = Runs(state.counters[:, these], state.history[:, these], state.before[these])

        return fires, keep

    return step


@pytest.mark.parametrize("name", SIMULATED)
@pytest.mark.parametrize("at", range(4))
def test_run_rules_by_simulation(name: str, at: int) -> None:
    rules, published = SIMULATED[name]
    runs = 12_000
    mine = simulate(run_rules(rules, runs), runs=runs, shift=SHIFTS[at], seed=1000 + at)
    assert mine == pytest.approx(published[at], rel=0.03)


def test_the_chain_is_what_the_rules_do() -> None:
    for at, shift in enumerate(SHIFTS):
        rules = [N.N1, N.N2, N.N5, N.N6, N.N7, N.N8]
        mine = simulate(run_rules(rules, 12_000), runs=12_000, shift=shift, seed=at)
        assert mine == pytest.approx(chain.arl(rules, shift=shift), rel=0.03)


@pytest.mark.parametrize("shift", SHIFTS)
def test_ewma_and_cusum_by_simulation_of_the_charts(shift: float) -> None:
    runs = 12_000
    average = np.zeros(runs)

    def averaging(z, points):
        nonlocal average
        average = advance(average, z, 0.2)

        def keep(these):
            nonlocal average
            average = average[these]

        return np.abs(average) > 2.962 * spread(0.2, points, Bounds.EXACT), keep

    mine = simulate(averaging, runs=runs, shift=shift, seed=3)
    assert mine == pytest.approx(
        ewma.arl(weight=0.2, width=2.962, shift=shift, bounds=Bounds.EXACT), rel=0.03
    )
    sums = Sums.begin((runs,), head_start=2.0)

    def summing(z, points):
        nonlocal sums
        sums = sums.add(z, 0.5)

        def keep(these):
            nonlocal sums
            sums = Sums(*(column[these] for column in sums))

        return (sums.high > 4.0) | (sums.low > 4.0), keep

    mine = simulate(summing, runs=runs, shift=shift, seed=4)
    published = cusum.arl(reference=0.5, limit=4.0, shift=shift, head_start=2.0)
    assert mine == pytest.approx(published, rel=0.03)


@pytest.mark.parametrize(("at", "published"), list(enumerate((200.5, 28.2, 10.14, 4.40))))
def test_mewma_by_simulation(at: int, published: float) -> None:
    runs, draw = 6_000, np.random.default_rng(at)
    average, total, left, points = np.zeros((runs, 2)), 0, runs, 0
    while left:
        points += 1
        x = draw.normal(size=(left, 2)) + np.array([SHIFTS[at], 0.0])
        average = average + 0.1 * (x - average)
        fires = (average**2).sum(axis=1) * (1.9 / 0.1) > 8.64
        total, left, average = (
            total + points * int(fires.sum()),
            left - int(fires.sum()),
            average[~fires],
        )
    assert total / runs == pytest.approx(published, rel=0.03)


def test_limits_solved_from_days_between_false_alarms() -> None:
    points = solve.points_between(false_alarm_every_days=1.0, point_every_s=DAY / 370.4)
    assert solve.shewhart_width(points) == pytest.approx(3.0, abs=1e-4)
    fixed = solve.ewma_width(499.7384, weight=0.2, bounds=Bounds.FIXED)
    assert fixed == pytest.approx(2.962, abs=1e-5)
    exact = solve.ewma_width(494.39, weight=0.2, bounds=Bounds.EXACT)
    assert exact == pytest.approx(2.962, abs=1e-4)
    assert solve.cusum_limit(465.44, reference=0.5) == pytest.approx(5.0, abs=1e-4)
    fast = solve.cusum_limit(148.7, reference=0.5, head_start_part=0.5)
    assert fast == pytest.approx(4.0, abs=1e-3)
    assert solve.mewma_limit(200.5443, signals=2, weight=0.1) == pytest.approx(8.64, abs=1e-4)


DAY = 86_400.0


@pytest.mark.parametrize("points", [1e4, 1e6, 1e9])
def test_long_run_lengths_are_reached(points: float) -> None:
    width = solve.ewma_width(points, weight=0.1, bounds=Bounds.FIXED)
    assert ewma.arl(weight=0.1, width=width, bounds=Bounds.FIXED) == pytest.approx(points, rel=1e-5)
    h = solve.cusum_limit(points, reference=0.5)
    assert cusum.arl(reference=0.5, limit=h) == pytest.approx(points, rel=1e-5)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: solve.points_between(false_alarm_every_days=0.0, point_every_s=1.0), "above 0"),
        (lambda: solve.points_between(false_alarm_every_days=1.0, point_every_s=86_400.0), "want 2 to"),
        (lambda: solve._solve(10.0, lambda limit: 1.0), "no limit gives"),
        (lambda: chain.arl([]), "one or more"),
        (lambda: chain.arl([N.N3]), "one or more"),
        (lambda: ewma.arl(weight=0.0, width=3.0, bounds=Bounds.FIXED), "weight 0"),
        (lambda: cusum.arl(reference=0.5, limit=4.0, head_start=3.0), "head start up to h/2"),
    ],
)  # fmt: skip
def test_what_cannot_be_solved_is_refused(wrong, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        wrong()
