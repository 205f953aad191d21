"""Capability against R qcc 2.7 and the NIST handbook."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rules.spc.capability import (
    Capability,
    Interval,
    Measured,
    Tolerance,
    capability,
    percentile_capability,
)
from rules.spc.runrules import RunRule
from tests.peers.spc_oracle import numbers

CASES = numbers("qcc27_capability")
NAMES = {"Cp": "cp", "Cp_l": "cp_lower", "Cp_u": "cp_upper", "Cp_k": "cpk", "Cpm": "cpm"}


def of(case: dict, fired: list[RunRule] | None = None) -> Capability:
    process = Measured(
        mean=case["center"],
        sigma_within=case["std_dev"],
        sigma_overall=case["std_dev"],
        count=125,
    )
    tolerance = Tolerance(lower=case["LSL"], upper=case["USL"], target=case["target"])
    return capability(process, tolerance, fired=fired or [])


@pytest.mark.parametrize("name", CASES)
def test_indices_and_intervals_equal_qcc(name: str) -> None:
    mine = of(CASES[name])
    for theirs, ours in NAMES.items():
        expected = CASES[name]["indices"][theirs]
        got = getattr(mine, ours)
        assert got == pytest.approx((expected["value"], expected["lo"], expected["hi"]), rel=1e-9)
    assert mine.expected_below == pytest.approx(CASES[name]["exp_lt"], abs=1e-6)
    assert mine.expected_above == pytest.approx(CASES[name]["exp_gt"], abs=1e-6)
    assert mine.refused == ""


def test_overall_indices_use_the_overall_spread() -> None:
    case = CASES["pistonrings_centred"]
    overall = case["std_dev"] * 1.70328 / 1.65509
    process = Measured(
        mean=case["center"], sigma_within=case["std_dev"], sigma_overall=overall, count=125
    )
    made = capability(process, Tolerance(lower=73.95, upper=74.05), fired=[])
    assert made.pp is not None
    assert made.ppk is not None
    assert made.pp.value == pytest.approx(1.65509, abs=1e-5)
    assert made.ppk.value == pytest.approx(1.61616, abs=1e-4)
    assert made.cpm is None


def test_the_handbooks_example() -> None:
    case = numbers("nist_handbook_examples")["cpk_6.1.6"]
    process = Measured(mean=case["mean"], sigma_within=case["s"], sigma_overall=case["s"], count=50)
    made = capability(process, Tolerance(lower=case["LSL"], upper=case["USL"]), fired=[])
    assert made.cp is not None
    assert made.cpk is not None
    assert (made.cp.value, made.cpk.value) == (case["Cp"], pytest.approx(case["Cpk"], abs=1e-4))


def test_a_process_out_of_control_has_no_capability() -> None:
    made = of(CASES["pistonrings_centred"], [RunRule.N1, RunRule.N5])
    assert (made.cp, made.cp_lower, made.cp_upper, made.cpk, made.cpm) == (None,) * 5
    assert made.ppk is not None
    assert "rules N1, N5 fire" in made.refused


def test_one_limit_gives_one_side() -> None:
    process = Measured(mean=1.0, sigma_within=1.0, sigma_overall=2.0, count=30)
    upper = capability(process, Tolerance(upper=4.0, target=1.0), fired=[])
    assert (upper.cp, upper.cp_lower, upper.cpm, upper.pp) == (None,) * 4
    assert isinstance(upper.cpk, Interval)
    assert upper.cpk.value == 1.0
    assert upper.ppk is not None
    assert upper.ppk.value == 0.5
    assert upper.expected_below == 0.0
    lower = capability(process, Tolerance(lower=-2.0), fired=[])
    assert lower.cpk == upper.cpk
    assert lower.expected_above == 0.0
    centred_on_limit = capability(process, Tolerance(upper=1.0), fired=[])
    assert centred_on_limit.cpk is not None
    assert centred_on_limit.cpk.value == 0.0
    assert centred_on_limit.cpk.low < 0.0 < centred_on_limit.cpk.high


def test_percentiles_of_normal_values_give_the_usual_indices() -> None:
    x = np.random.default_rng(2).normal(size=400_000)
    both, nearest = percentile_capability([*x, math.nan], Tolerance(lower=-3.0, upper=6.0))
    assert both == pytest.approx(1.5, rel=0.02)
    assert nearest == pytest.approx(1.0, rel=0.02)
    assert percentile_capability(x, Tolerance(upper=6.0))[0] is None
    assert percentile_capability(x, Tolerance(lower=-6.0)) == (None, pytest.approx(2.0, rel=0.02))


def test_percentiles_follow_a_skewed_distribution() -> None:
    x = np.random.default_rng(2).exponential(size=400_000)
    _, nearest = percentile_capability(x, Tolerance(upper=6.6077))
    assert nearest == pytest.approx(1.0, rel=0.03)
    half = np.concatenate([np.zeros(1200), np.arange(800.0)])
    assert percentile_capability(half, Tolerance(lower=-1.0)) == (None, math.inf)
    assert percentile_capability(-half, Tolerance(upper=1.0)) == (None, math.inf)


@pytest.mark.parametrize(
    ("process", "tolerance", "words"),
    [
        ((1.0, 1.0, 1.0, 9), {}, "at least one specification limit"),
        ((1.0, 1.0, 1.0, 9), {"lower": 2.0, "upper": 2.0}, "not below"),
        ((1.0, 0.0, 1.0, 9), {"lower": 2.0}, "two values that differ"),
        ((1.0, 1.0, 0.0, 9), {"lower": 2.0}, "two values that differ"),
        ((1.0, 1.0, 1.0, 1), {"lower": 2.0}, "two values that differ"),
    ],
)
def test_what_has_no_capability_is_refused(
    process: tuple[float, ...], tolerance: dict, words: str
) -> None:
    mean, within, overall, count = process
    measured = Measured(mean=mean, sigma_within=within, sigma_overall=overall, count=int(count))
    with pytest.raises(ValueError, match=words):
        capability(measured, Tolerance(**tolerance), fired=[])


def test_too_few_values_have_no_extreme_percentiles() -> None:
    with pytest.raises(ValueError, match="999 values are too few"):
        percentile_capability(np.arange(999.0), Tolerance(lower=0.0))
