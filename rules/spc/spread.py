"""Centre and standard deviation of a process, from its moving ranges or its subgroups (rules.md §1.2)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rules.spc.constants import c4, d2, d3

Floats = NDArray[np.float64]


class Unequal(StrEnum):
    """How subgroups of different sizes give one standard deviation; the names are those of qcc."""

    UWAVE_R = "UWAVE-R"
    MVLUE_R = "MVLUE-R"
    UWAVE_SD = "UWAVE-SD"
    MVLUE_SD = "MVLUE-SD"
    RMSDF = "RMSDF"


class Process(NamedTuple):
    """A process: the mean of its plotted statistic and the standard deviation of single values."""

    centre: Floats
    sigma: Floats


class Subgroups(NamedTuple):
    """Size, mean, range and standard deviation of each subgroup, along the last axis."""

    size: NDArray[np.int64]
    mean: Floats
    range: Floats
    sd: Floats


def moving_ranges(x: ArrayLike) -> Floats:
    """Return the absolute differences of neighbours along the last axis; NaN on both sides of a gap."""
    ranges: Floats = np.abs(np.diff(np.asarray(x, np.float64), axis=-1))
    return ranges


def individuals(x: ArrayLike) -> Process:
    """Return the process of individual values, its standard deviation from the mean moving range; gaps are NaN."""
    values = np.asarray(x, np.float64)
    return Process(np.nanmean(values, axis=-1), np.nanmean(moving_ranges(values), axis=-1) / d2(2))


def subgroups(x: ArrayLike) -> Subgroups:
    """Summarise values of shape (..., subgroup, value); a value that is missing is NaN."""
    values = np.asarray(x, np.float64)
    size = np.sum(~np.isnan(values), axis=-1)
    mean = np.nanmean(values, axis=-1)
    extent = np.nanmax(values, axis=-1) - np.nanmin(values, axis=-1)
    rest = np.nansum((values - mean[..., None]) ** 2, axis=-1)
    return Subgroups(size, mean, extent, np.sqrt(rest / (size - 1)))


def sigma_of(groups: Subgroups, how: Unequal) -> Floats:
    """Return the standard deviation of single values from subgroups of any sizes of at least 2."""
    sizes = groups.size
    if how in {Unequal.UWAVE_R, Unequal.MVLUE_R}:
        mean, spread = _of_sizes(sizes)
        weight = (mean / spread) ** 2 if how is Unequal.MVLUE_R else np.ones_like(mean)
        return _weighted(groups.range / mean, weight)
    if how is Unequal.RMSDF:
        freedom = np.sum(sizes - 1, axis=-1)
        square = np.sum((sizes - 1) * groups.sd**2, axis=-1) / freedom
        pooled: Floats = np.sqrt(square) / c4(freedom + 1)
        return pooled
    shrink = c4(sizes)
    weight = shrink**2 / (1.0 - shrink**2)
    if how is Unequal.UWAVE_SD:
        weight = np.ones_like(shrink)
    return _weighted(groups.sd / shrink, weight)


def _of_sizes(sizes: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return d2 and d3 of every size."""
    found, where = np.unique(sizes, return_inverse=True)
    mean = np.array([d2(int(n)) for n in found])
    spread = np.array([d3(int(n)) for n in found])
    return mean[where], spread[where]


def _weighted(value: Floats, weight: Floats) -> Floats:
    total: Floats = np.sum(weight * value, axis=-1) / np.sum(weight, axis=-1)
    return total


class Moments(NamedTuple):
    """Count, mean and sum of squared deviations of a stream, one row a signal (Welford)."""

    points: NDArray[np.int64]
    mean: Floats
    m2: Floats

    @classmethod
    def none(cls, signals: int) -> Moments:
        """Return the moments of streams that have not begun."""
        return cls(np.zeros(signals, np.int64), np.zeros(signals), np.zeros(signals))

    def add(self, x: Floats) -> Moments:
        """Return the moments with one more value a signal; NaN adds nothing."""
        known = ~np.isnan(x)
        count = self.points + known
        off = np.where(known, x - self.mean, 0.0)
        mean = self.mean + off / np.maximum(count, 1)
        return Moments(count, mean, self.m2 + off * np.where(known, x - mean, 0.0))

    @property
    def sd(self) -> Floats:
        """Standard deviation, NaN for fewer than two values."""
        freedom = np.where(self.points > 1, self.points - 1, 1)
        return np.where(self.points > 1, np.sqrt(self.m2 / freedom), np.nan)
