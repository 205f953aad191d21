"""Charts against R qcc 2.7 and the NIST handbook."""

from __future__ import annotations

import numpy as np
import pytest

from rules.spc.charts import cusum, ewma, multivariate, shewhart, shortrun
from rules.spc.charts.ewma import Bounds
from rules.spc.charts.multivariate import Normal, Phase
from rules.spc.charts.shortrun import Pooling
from rules.spc.constants import d2
from rules.spc.spread import Moments, Subgroups, Unequal, individuals, sigma_of, subgroups
from tests.peers.spc_oracle import numbers, ryan, strd, table

QCC = numbers("qcc27_shewhart")
NIST = numbers("nist_handbook_examples")
D2_3 = 5e-4
"""qcc and NIST use d2 of three decimals."""


def close(limits: shewhart.Limits, case: dict, rtol: float = 1e-9) -> None:
    for mine, theirs in ((limits.lower, "lcl"), (limits.upper, "ucl")):
        np.testing.assert_allclose(mine, case[theirs], rtol=rtol, atol=1e-9)


def rings() -> Subgroups:
    """The piston rings' ranges and standard deviations as qcc wrote them down, as subgroups."""
    size = np.full(25, 5)
    mean = np.array(QCC["pistonrings_xbar_R"]["statistics"])
    both = {kind: np.array(QCC[f"pistonrings_{kind}"]["statistics"]) for kind in "RS"}
    return Subgroups(size, mean, both["R"], both["S"])


def test_xbar_r_and_xbar_s_of_the_piston_rings() -> None:
    groups = rings()
    means, ranges = shewhart.xbar_r(groups.mean.mean(), groups.range.mean(), 5)
    close(means, QCC["pistonrings_xbar_R"], 1e-7)
    close(ranges, QCC["pistonrings_R"], D2_3)
    means, sds = shewhart.xbar_s(groups.mean.mean(), groups.sd.mean(), 5)
    close(means, QCC["pistonrings_xbar_S"], 1e-12)
    close(sds, QCC["pistonrings_S"], 1e-11)
    sigma = groups.range.mean() / 2.326
    assert sigma == pytest.approx(QCC["pistonrings_xbar_R"]["std_dev"], rel=1e-12)
    close(shewhart.xbar(groups.mean.mean(), sigma, 5), QCC["pistonrings_xbar_R"], 1e-12)


def test_the_pooled_standard_deviation() -> None:
    case = QCC["pistonrings_xbar_pooled"]
    sigma = sigma_of(rings(), Unequal.RMSDF)
    assert sigma == pytest.approx(case["std_dev"], rel=2e-3)
    close(shewhart.xbar(case["center"], case["std_dev"], 5), case, 1e-12)


@pytest.mark.parametrize("how", list(Unequal))
def test_subgroups_of_unequal_size(how: Unequal) -> None:
    case = QCC[f"pistonrings_unequal_xbar_{how}"]
    rows = table("pistonrings")[:125]
    values = rows[:, 0].reshape(25, 5).copy()
    counts = _sizes(values, case["statistics"])
    groups = subgroups(counts)
    tolerance = D2_3 if how.endswith("-R") else 1e-11
    assert sigma_of(groups, how) == pytest.approx(case["std_dev"], rel=tolerance)
    centre = np.sum(groups.size * groups.mean) / groups.size.sum()
    assert centre == pytest.approx(case["center"], rel=1e-13)
    close(shewhart.xbar(centre, case["std_dev"], groups.size), case, 1e-12)


def _sizes(values: np.ndarray, means: list[float]) -> np.ndarray:
    """Leave out the values that qcc's example leaves out: those that make the means its own."""
    for row, mean in zip(values, means, strict=True):
        for lost in (0, 1, 2):
            tries = {
                kept: abs(np.delete(row, kept).mean() - mean) for kept in _choices(len(row), lost)
            }
            best = min(tries, key=lambda kept: tries[kept])
            if tries[best] < 1e-9:
                row[list(best)] = np.nan
                break
        else:
            pytest.fail("no choice of values gives qcc's mean")
    return values


def _choices(size: int, lost: int) -> list[tuple[int, ...]]:
    """Only the last values are ever left out, or the first two."""
    if lost == 2:
        return [(0, 1), (size - 2, size - 1)]
    return [(size - 1,), *((n,) for n in range(size - 1))] if lost else [()]


def test_individual_values_of_the_viscosity() -> None:
    values = table("viscosity")[:20, 1]
    case = QCC["viscosity_xbar_one_MR"]
    points, _ = shewhart.i_mr(values)
    close(points, case, D2_3)
    process = individuals(values)
    assert process.centre == pytest.approx(case["center"], rel=1e-13)
    assert process.sigma * d2(2) / 1.128 == pytest.approx(case["std_dev"], rel=1e-12)
    case = QCC["viscosity_xbar_one_SD"]
    assert values.std(ddof=1) / _c4(20) == pytest.approx(case["std_dev"], rel=1e-11)


def _c4(n: int) -> float:
    from rules.spc.constants import c4

    return float(c4(n))


def test_i_mr_of_the_handbook_and_of_many_signals_with_gaps() -> None:
    case = NIST["imr_6.3.2.2"]
    points, ranges = shewhart.i_mr(case["x"])
    assert points.centre == pytest.approx(case["xbar"])
    assert ranges.centre == pytest.approx(case["mrbar"], abs=5e-5)
    assert points.upper == pytest.approx(case["UCL"], rel=D2_3)
    assert points.lower == pytest.approx(case["LCL"], rel=D2_3)
    assert (ranges.lower, ranges.upper) == (0.0, pytest.approx(3.2665 * case["mrbar"], rel=1e-4))
    both, _ = shewhart.i_mr([case["x"], [1.0, 2.0, np.nan, 9.0, 8.0, *[np.nan] * 5]])
    assert both.upper[0] == points.upper
    assert both.upper[1] == pytest.approx(5.0 + 3.0 / d2(2))


def test_charts_of_counts() -> None:
    juice = table("orangejuice")
    close(shewhart.np_(juice[:, 1][juice[:, 3] == 1], 50), QCC["orangejuice_np"])
    trial = juice[juice[:, 3] == 1]
    close(_first(shewhart.p(trial[:, 1], trial[:, 2])), _first_of(QCC["orangejuice_p_all_trial"]))
    clean = np.delete(trial, [14, 22], axis=0)
    close(_first(shewhart.p(clean[:, 1], clean[:, 2])), _first_of(QCC["orangejuice_p_clean"]))
    circuit = table("circuit")
    circuit = circuit[circuit[:, 3] == 1]
    close(shewhart.c(circuit[:, 1]), QCC["circuit_c"])
    close(shewhart.c(np.delete(circuit, [5, 19], axis=0)[:, 1]), QCC["circuit_c_clean"])
    pc = table("pcmanufact")
    close(_first(shewhart.u(pc[:, 0], pc[:, 1])), QCC["pcmanufact_u"])
    cloth = table("dyedcloth")
    close(shewhart.u(cloth[:, 0], cloth[:, 1]), QCC["dyedcloth_u"])


def _first(limits: shewhart.Limits) -> shewhart.Limits:
    return shewhart.Limits(limits.lower[0], limits.centre[0], limits.upper[0])


def _first_of(case: dict) -> dict:
    return {"lcl": case["lcl"][0], "ucl": case["ucl"][0]}


def test_charts_of_counts_of_the_handbook() -> None:
    case = NIST["p_chart_6.3.3.2"]
    limits = shewhart.p(case["D"], case["n"])
    assert limits.centre[0] == pytest.approx(case["pbar"], rel=1e-14)
    assert (limits.lower[0], limits.upper[0]) == pytest.approx((case["LCL"], case["UCL"]))
    case = NIST["c_chart_6.3.3.1"]
    c = shewhart.c(case["c"])
    assert (c.lower, c.centre, c.upper) == (case["LCL"], case["cbar"], case["UCL"])


def test_limits_of_counts_stay_where_counts_can_be() -> None:
    assert shewhart.p([1, 0], [4, 400]).lower.tolist() == [0.0, 0.0]
    assert shewhart.p([399, 3], [400, 4]).upper.tolist() == [1.0, 1.0]
    assert shewhart.np_([4, 4, 3], 4).upper == 4.0
    assert shewhart.c([1, 0, 2]).lower == 0.0
    assert shewhart.u([1, 0, 2], 2).lower.tolist() == [0.0] * 3


@pytest.mark.parametrize(
    "case", ["pistonrings_l02_L3", "pistonrings_l02_L27_new", "viscosity_l02_L27"]
)
def test_ewma_equals_qcc(case: str) -> None:
    theirs = numbers("qcc27_ewma")[case]
    values = _values(case, len(theirs["y"]))
    centre, n = theirs["center"], 1 if case.startswith("viscosity") else 5
    sigma = theirs["std_dev"] / np.sqrt(n)
    mine = ewma.statistics((values - centre) / sigma, theirs["lambda"])
    np.testing.assert_allclose(mine * sigma + centre, theirs["y"], rtol=1e-12)
    width = ewma.spread(theirs["lambda"], np.array(theirs["x"]), Bounds.EXACT)
    np.testing.assert_allclose(width * sigma, theirs["sigma"], rtol=1e-9)
    beyond = np.flatnonzero(np.abs(mine) > theirs["nsigmas"] * width) + 1
    assert beyond.tolist() == np.atleast_1d(theirs["violations"]).tolist()


def _values(case: str, count: int) -> np.ndarray:
    if case.startswith("viscosity"):
        return table("viscosity")[:count, 1]
    rings = QCC["pistonrings_xbar_R"]
    return np.array([*rings["statistics"], *rings["newstats"]])[:count]


def test_ewma_of_the_handbook() -> None:
    case = NIST["ewma_6.3.2.4"]
    z = (np.array(case["x"]) - case["target"]) / case["sigma"]
    average = ewma.statistics(z, case["lambda"]) * case["sigma"] + case["target"]
    np.testing.assert_allclose(average, case["z_2dp_including_z0"][1:], atol=0.005001)
    width = case["L"] * case["sigma"] * float(ewma.spread(case["lambda"], 1, Bounds.FIXED))
    assert case["target"] + width == pytest.approx(case["UCL"], abs=case["limit_tol"])
    assert case["target"] - width == pytest.approx(case["LCL"], abs=case["limit_tol"])


@pytest.mark.parametrize("case", ["pistonrings_h5_k05", "pistonrings_h4_new_FIR"])
def test_cusum_equals_qcc(case: str) -> None:
    theirs = numbers("qcc27_cusum")[case]
    z = (_values(case, len(theirs["pos"])) - theirs["center"]) / (theirs["std_dev"] / np.sqrt(5))
    sums = cusum.statistics(z, theirs["se_shift"] / 2, head_start=theirs["head_start"])
    np.testing.assert_allclose(sums.high, theirs["pos"], atol=1e-10)
    np.testing.assert_allclose(-sums.low, theirs["neg"], atol=1e-10)
    beyond = np.flatnonzero(sums.high > theirs["decision_interval"]) + 1
    assert beyond.tolist() == theirs["viol_upper"]
    assert not (sums.low > theirs["decision_interval"]).any()


def test_cusum_of_the_handbook_with_the_start_of_its_change() -> None:
    case = NIST["cusum_6.3.2.3"]
    sums = cusum.statistics(np.array(case["x"]) - case["target"], case["k"])
    np.testing.assert_allclose(sums.high, case["S_hi_recomputed"], atol=1e-9)
    np.testing.assert_allclose(sums.low, case["S_lo_recomputed"], atol=1e-9)
    first = int(np.argmax(sums.high > case["h"]))
    assert first + 1 == case["first_signal_index_1based"]
    assert cusum.change_start(first, sums.high_points[first]) + 1 == 13
    mean = cusum.new_mean(case["target"], 1.0, sums.high[first], sums.high_points[first], case["k"])
    assert mean == pytest.approx(np.mean(case["x"][12:14]))


def test_streams_stand_still_at_a_gap() -> None:
    z = np.array([[1.0, np.nan, 2.0], [1.0, 2.0, np.nan]])
    np.testing.assert_allclose(ewma.statistics(z, 0.5), [[0.5, 0.5, 1.25], [0.5, 1.25, 1.25]])
    sums = cusum.statistics(z, 0.5)
    np.testing.assert_allclose(sums.high, [[0.5, 0.5, 2.0], [0.5, 2.0, 2.0]])
    assert sums.high_points.tolist() == [[1, 1, 2], [1, 2, 2]]


def test_t_squared_of_the_boiler() -> None:
    theirs = numbers("qcc27_T2")["boiler_T2_single"]
    values = table("boiler")
    process = multivariate.estimate(values)
    np.testing.assert_allclose(process.mean, theirs["center"], rtol=1e-12)
    np.testing.assert_allclose(process.covariance, theirs["cov"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        multivariate.t_squared(values, process), theirs["statistics"], rtol=1e-9
    )


def test_t_squared_limits() -> None:
    for case in ("boiler_T2_single", "boiler_T2_single_9973"):
        theirs = numbers("qcc27_T2")[case]
        limit = multivariate.individuals_limit(
            8, 25, confidence=theirs["confidence_level"], phase=Phase.ONE
        )
        assert limit == pytest.approx(theirs["ucl"], rel=1e-10)
    theirs = numbers("qcc27_T2")["Ryan_T2"]
    limit = multivariate.subgroups_limit(
        2, 20, 4, confidence=theirs["confidence_level"], phase=Phase.ONE
    )
    assert limit == pytest.approx(theirs["ucl"], rel=1e-10)
    known = multivariate.individuals_limit(2, 0, confidence=1 - 1 / 370.4, phase=Phase.KNOWN)
    assert known == pytest.approx(11.829, abs=1e-3)
    assert known == multivariate.subgroups_limit(
        2, 0, 1, confidence=1 - 1 / 370.4, phase=Phase.KNOWN
    )
    later = multivariate.individuals_limit(2, 10_000_000, confidence=1 - 1 / 370.4, phase=Phase.TWO)
    assert later == pytest.approx(known, rel=1e-5)
    two = multivariate.subgroups_limit(2, 20, 4, confidence=0.99, phase=Phase.TWO)
    one = multivariate.subgroups_limit(2, 20, 4, confidence=0.99, phase=Phase.ONE)
    assert two / one == pytest.approx(21 / 19)
    with pytest.raises(ValueError, match="3 points are too few for 2 signals"):
        multivariate.individuals_limit(2, 3, confidence=0.99, phase=Phase.ONE)


def test_t_squared_of_ryans_subgroups() -> None:
    theirs = numbers("qcc27_T2")["Ryan_T2"]
    values = ryan()
    process = multivariate.estimate_subgroups(values)
    np.testing.assert_allclose(process.covariance, theirs["cov"], rtol=1e-10)
    mine = multivariate.t_squared(values.mean(axis=1), process, size=4)
    np.testing.assert_allclose(mine, theirs["statistics"], rtol=1e-10)


def test_a_signals_part_is_what_t_squared_loses_without_it() -> None:
    draw = np.random.default_rng(4)
    mix = draw.normal(size=(3, 3))
    process = Normal(np.array([1.0, 2.0, 3.0]), mix @ mix.T + np.eye(3))
    x = draw.normal(size=(5, 3)) * 3
    total = multivariate.t_squared(x, process)
    part = multivariate.contributions(x, process)
    for j in range(3):
        keep = [i for i in range(3) if i != j]
        without = Normal(process.mean[keep], process.covariance[np.ix_(keep, keep)])
        np.testing.assert_allclose(part[:, j], total - multivariate.t_squared(x[:, keep], without))


def test_mewma_is_a_t_squared_of_averages() -> None:
    process = Normal(np.array([1.0, -1.0]), np.array([[2.0, 0.5], [0.5, 1.0]]))
    x = np.array([[2.0, 0.0], [1.0, 1.0], [3.0, -2.0]])
    averages, totals = multivariate.mewma(x, process, 0.2)
    np.testing.assert_allclose(averages, ewma.statistics((x - process.mean).T, 0.2).T)
    by_hand = [
        a @ np.linalg.inv(process.covariance * 0.2 / 1.8) @ a for a in averages
    ]  # Z' inverse(lambda/(2 - lambda) · S) Z
    np.testing.assert_allclose(totals, by_hand)
    one, whole = multivariate.mewma(x[:, :1], Normal(np.zeros(1), np.eye(1)), 1.0)
    np.testing.assert_allclose(whole, one[:, 0] ** 2)


def test_short_runs() -> None:
    x = [10.0, 12.0, 11.0, 100.0, 104.0, 12.0, 11.0]
    part = ["a", "a", "a", "b", "b", "a", "a"]
    by_part = shortrun.z_mr(x, part, Pooling.BY_PART)
    sigma = (2 + 1 + 1) / 3 / d2(2)
    np.testing.assert_allclose(by_part.z[:3], (np.array(x[:3]) - 11.2) / sigma)
    np.testing.assert_allclose(by_part.z[3:5], np.array([-2.0, 2.0]) / (4 / d2(2)))
    assert np.isnan(by_part.moving_range[[0, 3, 5]]).all()
    assert by_part.moving_range[1] == pytest.approx(2 / sigma)
    by_run = shortrun.z_mr(x, part, Pooling.BY_RUN)
    np.testing.assert_allclose(by_run.z[5:], np.array([0.5, -0.5]) / (1 / d2(2)))
    constant = shortrun.z_mr(x, part, Pooling.CONSTANT)
    np.testing.assert_allclose(constant.z[3], -2.0 / ((2 + 1 + 4 + 1) / 4 / d2(2)))
    relative = shortrun.z_mr(x, part, Pooling.RELATIVE_TO_SIZE)
    logs = np.log(x)
    pooled = np.abs(np.diff(logs))[[0, 1, 3, 5]].mean() / d2(2)
    np.testing.assert_allclose(relative.z[3], (logs[3] - logs[3:5].mean()) / pooled)


def test_limits_of_short_runs() -> None:
    z, ranges = shortrun.z_limits()
    assert (z.lower, z.centre, z.upper) == (-3.0, 0.0, 3.0)
    assert (ranges.lower, ranges.centre, ranges.upper) == (
        0.0,
        pytest.approx(1.128, abs=5e-4),
        pytest.approx(3.686, abs=1e-3),
    )


@pytest.mark.parametrize(
    ("x", "pooling", "words"),
    [
        ([1.0, 2.0, 0.0], Pooling.RELATIVE_TO_SIZE, "values above 0"),
        ([1.0, 2.0, 5.0], Pooling.BY_PART, "at least two values"),
        ([3.0, 3.0, 3.0], Pooling.CONSTANT, "no spread"),
    ],
)
def test_short_runs_without_a_spread_are_refused(
    x: list[float], pooling: Pooling, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        shortrun.z_mr(x, ["a", "a", "b"], pooling)


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("Lew", 14), ("Lottery", 14), ("Mavro", 12), ("Michelso", 13), ("NumAcc1", 14), ("NumAcc2", 13),
        ("NumAcc3", 9), ("NumAcc4", 8), ("PiDigits", 14),
    ],
)  # fmt: skip
def test_streaming_moments_reach_certified_digits(name: str, digits: int) -> None:
    values, mean, sd, _ = strd(name)
    now = Moments.none(1)
    for value in values:
        now = now.add(np.array([value]))
    assert now.points.tolist() == [len(values)]
    assert now.mean[0] == pytest.approx(mean, rel=1e-14)
    assert now.sd[0] == pytest.approx(sd, rel=10.0**-digits)


def test_moments_skip_gaps_and_have_no_spread_before_two_values() -> None:
    now = Moments.none(2).add(np.array([1.0, np.nan]))
    assert np.isnan(now.sd).all()
    now = now.add(np.array([3.0, 5.0]))
    assert now.mean.tolist() == [2.0, 5.0]
    assert now.sd[0] == pytest.approx(2**0.5)
    assert np.isnan(now.sd[1])
