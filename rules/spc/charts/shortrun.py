"""Short runs of many parts on one chart: every value in standard deviations from its own part's target (Z-MR)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rules.spc.charts.shewhart import Limits
from rules.spc.constants import d2, factors

Floats = NDArray[np.float64]


class Pooling(StrEnum):
    """Over what the moving ranges are averaged: each run, all runs of a part, all parts, or all parts on log scale."""

    BY_RUN = "by_run"
    BY_PART = "by_part"
    CONSTANT = "constant"
    RELATIVE_TO_SIZE = "relative_to_size"


class ShortRun(NamedTuple):
    """Z of each value and the moving range of Z, NaN at the first value of a run."""

    z: Floats
    moving_range: Floats


def z_limits() -> tuple[Limits, Limits]:
    """Return the limits of Z and of its moving range."""
    centre = d2(2)
    return (
        Limits(np.float64(-3.0), np.float64(0.0), np.float64(3.0)),  # type: ignore[arg-type]  # scalars are arrays of no axes
        Limits(
            np.float64(0.0),  # type: ignore[arg-type]  # as above
            np.float64(centre),  # type: ignore[arg-type]  # as above
            np.float64(factors(2).d4_limit * centre),  # type: ignore[arg-type]  # as above
        ),
    )


def z_mr(x: ArrayLike, part: ArrayLike, pooling: Pooling) -> ShortRun:
    """Return Z and its moving ranges; neighbours of the same part form a run.

    Raises `ValueError` for sizes below 0 on the log scale and for a part without a moving range.
    """
    values = np.asarray(x, np.float64)
    name = np.unique(np.asarray(part), return_inverse=True)[1]
    if pooling is Pooling.RELATIVE_TO_SIZE:
        if not np.all(values > 0.0):
            raise ValueError("a spread relative to the size needs values above 0")
        values = np.log(values)
    begins = np.diff(name, prepend=-1) != 0
    ranges = np.where(begins, np.nan, np.abs(np.diff(values, prepend=np.nan)))
    run = np.cumsum(begins) - 1
    mean = np.bincount(name, values) / np.bincount(name)
    own = {Pooling.BY_RUN: run, Pooling.BY_PART: name}.get(pooling, np.zeros_like(name))
    z = (values - _mean(values, run, pooling, mean[name])) / _sigma(ranges, own)
    return ShortRun(z, np.where(begins, np.nan, np.abs(np.diff(z, prepend=np.nan))))


def _mean(values: Floats, run: NDArray[np.intp], pooling: Pooling, of_part: Floats) -> Floats:
    if pooling is not Pooling.BY_RUN:
        return of_part
    mean: Floats = (np.bincount(run, values) / np.bincount(run))[run]
    return mean


def _sigma(ranges: Floats, own: NDArray[np.intp]) -> Floats:
    known = ~np.isnan(ranges)
    count = np.bincount(own, known)
    if not np.all(count > 0):
        raise ValueError("a part or run of one value has no moving range, want at least two values")
    total = np.bincount(own, np.where(known, ranges, 0.0))
    if not np.all(total > 0.0):
        raise ValueError("a part or run whose values are all equal has no spread")
    sigma: Floats = (total / count / d2(2))[own]
    return sigma
