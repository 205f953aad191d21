"""Several signals at once: Hotelling's T² and the multivariate EWMA, with each signal's part in them (rules.md §1.2)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


class Phase(StrEnum):
    """Points the limits were estimated from, later points, or points of a process that is known."""

    ONE = "one"
    TWO = "two"
    KNOWN = "known"


class Normal(NamedTuple):
    """Mean (..., p) and covariance (..., p, p) of p signals that belong together."""

    mean: Floats
    covariance: Floats


def estimate(x: ArrayLike) -> Normal:
    """Return mean and covariance of values of shape (..., point, p)."""
    values = np.asarray(x, np.float64)
    mean = values.mean(axis=-2)
    off = values - mean[..., None, :]
    return Normal(mean, np.swapaxes(off, -1, -2) @ off / (values.shape[-2] - 1))


def estimate_subgroups(x: ArrayLike) -> Normal:
    """Return the grand mean and the mean covariance within subgroups, of shape (..., subgroup, value, p)."""
    within = estimate(x)
    return Normal(within.mean.mean(axis=-2), within.covariance.mean(axis=-3))


def t_squared(x: ArrayLike, process: Normal, *, size: int = 1) -> Floats:
    """Return T² of points (..., p), or of means of subgroups of `size` values."""
    off = np.asarray(x, np.float64) - process.mean
    solved = np.linalg.solve(process.covariance, off[..., None])[..., 0]
    total: Floats = size * np.sum(off * solved, axis=-1)
    return total


def contributions(x: ArrayLike, process: Normal, *, size: int = 1) -> Floats:
    """Return for each signal by how much T² shrinks without it: largest where the cause is to be sought first."""
    off = np.asarray(x, np.float64) - process.mean
    inverse = np.linalg.inv(process.covariance)
    solved = (inverse @ off[..., None])[..., 0]
    part: Floats = size * solved**2 / np.diagonal(inverse, axis1=-2, axis2=-1)
    return part


def individuals_limit(signals: int, points: int, *, confidence: float, phase: Phase) -> float:
    """Return the upper limit of T² of single points, for limits from `points` points."""
    p, m = signals, points
    if phase is Phase.KNOWN:
        return float(special.chdtri(p, 1.0 - confidence))
    _enough(m, p)
    if phase is Phase.ONE:
        beta = special.betaincinv(p / 2.0, (m - p - 1) / 2.0, confidence)
        return float((m - 1) ** 2 / m * beta)
    return float(p * (m + 1) * (m - 1) / (m * m - m * p) * special.fdtri(p, m - p, confidence))


def subgroups_limit(
    signals: int, groups: int, size: int, *, confidence: float, phase: Phase
) -> float:
    """Return the upper limit of T² of means of subgroups of `size` values, for limits from `groups` subgroups."""
    p, m, n = signals, groups, size
    if phase is Phase.KNOWN:
        return float(special.chdtri(p, 1.0 - confidence))
    freedom = m * n - m - p + 1
    _enough(freedom, 0)
    groups_then = m - 1 if phase is Phase.ONE else m + 1
    return float(p * groups_then * (n - 1) / freedom * special.fdtri(p, freedom, confidence))


def _enough(points: int, signals: int) -> None:
    if points < signals + 2:
        raise ValueError(f"{points} points are too few for {signals} signals")


def mewma(x: ArrayLike, process: Normal, weight: float) -> tuple[Floats, Floats]:
    """Return the averages Z (..., point, p) and their T² (..., point), by the covariance they end at."""
    values = np.asarray(x, np.float64) - process.mean[..., None, :]
    average = np.zeros_like(values[..., 0, :])
    out = np.empty_like(values)
    for index in range(values.shape[-2]):
        average = average + weight * (values[..., index, :] - average)
        out[..., index, :] = average
    settled = settled_process(process, weight)
    covariance = settled.covariance[..., None, :, :]
    return out, t_squared(out, Normal(settled.mean[..., None, :], covariance))


def settled_process(process: Normal, weight: float) -> Normal:
    """Return mean and covariance of the averages, for `t_squared` and `contributions` of a MEWMA."""
    return Normal(np.zeros_like(process.mean), process.covariance * (weight / (2.0 - weight)))
