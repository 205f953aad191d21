"""Estimating limits once, freezing them, and telling whether points depend on each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rules.spc.autocorrelation import Treatment, interval, lag1, make_independent, residuals
from rules.spc.phase1 import Approval, Cleaning, FrozenLimits, PhaseOneError, estimate, rebaseline
from tests.peers.spc_oracle import strd


def ar1(phi: float, count: int, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=count)
    x = np.zeros(count)
    for t in range(1, count):
        x[t] = phi * x[t - 1] + noise[t]
    return x


@pytest.mark.parametrize(
    "name", ["Lew", "Lottery", "Mavro", "Michelso", "NumAcc2", "NumAcc4", "PiDigits"]
)
def test_autocorrelation_reaches_certified_digits(name: str) -> None:
    values, _, _, certified = strd(name)
    found = lag1(values)
    assert found.r == pytest.approx(certified, rel=1e-7)
    assert found.low < found.r < found.high
    assert found.dependent == (abs(certified) > 0.15)


def test_the_interval_covers_what_it_says() -> None:
    covered = sum(
        found.low <= 0.0 <= found.high
        for found in (lag1(np.random.default_rng(s).normal(size=200)) for s in range(400))
    )
    assert 0.92 <= covered / 400 <= 0.98


def test_too_little_tells_nothing() -> None:
    assert interval(0.9, 3) == (0.9, -1.0, 1.0, 3)
    assert not lag1([1.0, 1.0, 1.0, 1.0, 1.0]).dependent
    assert lag1([1.0, np.nan, 3.0]).pairs == 0


def test_independent_points_stay() -> None:
    x = np.random.default_rng(3).normal(size=300)
    made = make_independent(x, prefer=Treatment.THIN, at_least=100)
    assert (made.treatment, made.every, made.phi) == (Treatment.NONE, 1, 0.0)
    assert "are independent (lag-1 correlation" in made.said
    np.testing.assert_array_equal(made.points, x)


def test_dependent_points_are_thinned_while_enough_are_left() -> None:
    x = ar1(0.6, 2000)
    made = make_independent(x, prefer=Treatment.THIN, at_least=100)
    assert made.treatment is Treatment.THIN
    assert 3 <= made.every <= 12
    assert made.before.dependent
    assert not made.after.dependent
    assert f"every {made.every}th is charted" in made.said
    np.testing.assert_array_equal(made.points, x[:: made.every])


def test_residuals_are_charted_where_thinning_leaves_too_few() -> None:
    x = ar1(0.9, 300, seed=5)
    made = make_independent(x, prefer=Treatment.THIN, at_least=100)
    assert made.treatment is Treatment.RESIDUALS
    assert made.phi == pytest.approx(0.9, abs=0.06)
    assert "AR(1) model with" in made.said
    assert made.said.endswith("is charted.")
    assert lag1(made.points).r == made.after.r
    np.testing.assert_allclose(residuals([1.0, 2.0, np.nan, 1.0, 1.0], centre=0.0, phi=0.5),
                               [np.nan, 1.5, np.nan, np.nan, 0.5])  # fmt: skip


def test_what_is_left_as_it_is_is_said() -> None:
    made = make_independent(ar1(0.9, 300), prefer=Treatment.NONE, at_least=100)
    assert "which was left as it is" in made.said
    wave = np.sin(np.arange(300) / 5.0)
    made = make_independent(wave, prefer=Treatment.RESIDUALS, at_least=100)
    assert made.said.endswith("and still depends on its neighbour.")


def test_limits_of_a_process_in_control() -> None:
    x = 50.0 + 2.0 * np.random.default_rng(5).normal(size=400)
    frozen = estimate(x)
    assert frozen.centre == pytest.approx(50.0, abs=0.3)
    assert frozen.sigma == pytest.approx(2.0, rel=0.1)
    assert (frozen.points, frozen.phi, frozen.every) == (400, 0.0, 1)


def test_cleaning_leaves_outliers_out() -> None:
    x = np.random.default_rng(6).normal(size=400)
    dirty = x.copy()
    dirty[::40] = 30.0
    clean = estimate(dirty)
    assert clean.left_out == 10
    assert clean.sigma == pytest.approx(1.0, rel=0.1)
    assert estimate(dirty, cleaning=Cleaning.NONE).sigma > 2.0
    steps = np.round(np.tile([1.0, 1.0, 1.0, 2.0], 50))
    assert estimate(steps, prefer=Treatment.NONE).left_out == 0


def test_limits_of_a_sensor_that_drifts_slowly_are_those_of_its_residuals() -> None:
    x = 20.0 + ar1(0.8, 1000)
    frozen = estimate(x)
    assert frozen.phi == pytest.approx(0.8, abs=0.05)
    assert frozen.sigma == pytest.approx(1.0, rel=0.08)
    assert frozen.centre == pytest.approx(x.mean(), abs=0.1)
    thinned = estimate(x, prefer=Treatment.THIN)
    assert thinned.phi == 0.0
    assert thinned.every > 1


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.arange(99.0), "99 points are too few"),
        (np.append(np.arange(99.0), np.nan), "99 points are too few"),
        (np.full(200, 5.0), "do not vary"),
        (np.concatenate([np.random.default_rng(1).normal(size=150), np.full(50, 90.0)]), "50 of 200 points"),
    ],
)  # fmt: skip
def test_points_that_give_no_limits(x: np.ndarray, words: str) -> None:
    with pytest.raises(PhaseOneError, match=words):
        estimate(x)


FIRST = FrozenLimits(centre=1.0, sigma=2.0)
NEXT = replace(FIRST, centre=1.5, said="other")
BY = Approval(
    version=NEXT.version, replaces=FIRST.version, by="P. Kern", reason="new tool", time_ns=5
)


def test_the_version_is_that_of_the_numbers() -> None:
    assert FIRST.version == replace(FIRST, said="words", points=7, left_out=1).version
    others = [
        replace(FIRST, every=3),
        replace(FIRST, centre=0.25),
        replace(FIRST, sigma=0.25),
        replace(FIRST, phi=0.25),
    ]
    assert len({FIRST.version, *(other.version for other in others)}) == 5
    assert len(FIRST.version) == 12


def test_limits_change_by_approval_only() -> None:
    assert rebaseline(FIRST, NEXT, BY) is NEXT
    first = replace(BY, version=FIRST.version, replaces="")
    assert rebaseline(None, FIRST, first) is FIRST
    for wrong, words in (
        (replace(BY, version="other"), "approved was other in place of"),
        (replace(BY, replaces=""), "in place of none"),
        (replace(BY, by=" "), "a name and a reason"),
        (replace(BY, reason=""), "a name and a reason"),
    ):
        with pytest.raises(PhaseOneError, match=words):
            rebaseline(FIRST, NEXT, wrong)
    with pytest.raises(PhaseOneError, match="in place of none"):
        rebaseline(None, NEXT, BY)
