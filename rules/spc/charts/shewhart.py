"""Limits of Shewhart charts at three standard deviations (rules.md §1.2)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rules.spc.constants import factors
from rules.spc.spread import individuals, moving_ranges

Floats = NDArray[np.float64]


class Limits(NamedTuple):
    """Lower limit, centre line and upper limit, in the unit of what is plotted."""

    lower: Floats
    centre: Floats
    upper: Floats


def _limits(
    centre: ArrayLike, distance: ArrayLike, *, at_least: float = -np.inf, at_most: float = np.inf
) -> Limits:
    middle, apart = np.broadcast_arrays(
        np.asarray(centre, np.float64), np.asarray(distance, np.float64)
    )
    return Limits(np.maximum(middle - apart, at_least), middle, np.minimum(middle + apart, at_most))


def i_mr(x: ArrayLike) -> tuple[Limits, Limits]:
    """Return the limits of individual values and of their moving ranges, from values along the last axis."""
    process = individuals(x)
    mean_range = np.nanmean(moving_ranges(x), axis=-1)
    ranges = Limits(factors(2).d3_limit * mean_range, mean_range, factors(2).d4_limit * mean_range)
    return _limits(process.centre, 3.0 * process.sigma), ranges


def xbar(centre: ArrayLike, sigma: ArrayLike, size: ArrayLike) -> Limits:
    """Return the limits of the means of subgroups of `size` values whose single values spread by `sigma`."""
    return _limits(centre, 3.0 * np.asarray(sigma) / np.sqrt(np.asarray(size, np.float64)))


def xbar_r(grand_mean: ArrayLike, mean_range: ArrayLike, size: int) -> tuple[Limits, Limits]:
    """Return the limits of subgroup means and of subgroup ranges."""
    spread = np.asarray(mean_range, np.float64)
    by = factors(size)
    ranges = Limits(by.d3_limit * spread, spread, by.d4_limit * spread)
    return _limits(grand_mean, by.a2 * spread), ranges


def xbar_s(grand_mean: ArrayLike, mean_sd: ArrayLike, size: int) -> tuple[Limits, Limits]:
    """Return the limits of subgroup means and of subgroup standard deviations."""
    spread = np.asarray(mean_sd, np.float64)
    by = factors(size)
    return _limits(grand_mean, by.a3 * spread), Limits(by.b3 * spread, spread, by.b4 * spread)


def p(defectives: ArrayLike, size: ArrayLike) -> Limits:
    """Return the limits of the share of defectives; sizes may differ, both along the last axis."""
    found, of = np.broadcast_arrays(
        np.asarray(defectives, np.float64), np.asarray(size, np.float64)
    )
    share = np.sum(found, axis=-1, keepdims=True) / np.sum(of, axis=-1, keepdims=True)
    return _limits(share, 3.0 * np.sqrt(share * (1.0 - share) / of), at_least=0.0, at_most=1.0)


def np_(defectives: ArrayLike, size: int) -> Limits:
    """Return the limits of the number of defectives in samples of one size."""
    mean = np.mean(np.asarray(defectives, np.float64), axis=-1)
    spread = np.sqrt(mean * (1.0 - mean / size))
    return _limits(mean, 3.0 * spread, at_least=0.0, at_most=float(size))


def c(defects: ArrayLike) -> Limits:
    """Return the limits of the number of defects in samples of one size."""
    mean = np.mean(np.asarray(defects, np.float64), axis=-1)
    return _limits(mean, 3.0 * np.sqrt(mean), at_least=0.0)


def u(defects: ArrayLike, size: ArrayLike) -> Limits:
    """Return the limits of the defects per unit; sizes may differ, both along the last axis."""
    found, of = np.broadcast_arrays(np.asarray(defects, np.float64), np.asarray(size, np.float64))
    mean = np.sum(found, axis=-1, keepdims=True) / np.sum(of, axis=-1, keepdims=True)
    return _limits(mean, 3.0 * np.sqrt(mean / of), at_least=0.0)
