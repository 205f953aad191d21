"""Whether a change did anything: means before and after, and the bootstrap interval of their difference."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

REPLICATES: Final = 4000
_PARTS: Final = 500


class Interval(NamedTuple):
    """A difference and its 95 % interval."""

    difference: float
    low: float
    high: float


def difference(before: ArrayLike, after: ArrayLike, *, seed: int = 1) -> Interval:
    """Return mean(after) - mean(before) with the percentile interval of 4000 resamples; the same seed, the same answer.

    Raises `ValueError` for fewer than two values on a side.
    """
    one, two = _values(before), _values(after)
    draw = np.random.default_rng(seed)
    found = _resampled(two, draw) - _resampled(one, draw)
    low, high = np.quantile(found, (0.025, 0.975))
    return Interval(float(two.mean() - one.mean()), float(low), float(high))


def median_interval(values: ArrayLike, *, seed: int = 1) -> tuple[float, float, float]:
    """Return the median and its 95 % bootstrap interval. Raises `ValueError` for fewer than two values."""
    held = _values(values)
    draw = np.random.default_rng(seed)
    medians = [
        np.median(held[draw.integers(0, len(held), (_PARTS, len(held)))], axis=1)
        for _ in range(REPLICATES // _PARTS)
    ]
    low, high = np.quantile(np.concatenate(medians), (0.025, 0.975))
    return float(np.median(held)), float(low), float(high)


def _values(values: ArrayLike) -> NDArray[np.float64]:
    held = np.asarray(values, np.float64)
    held = held[np.isfinite(held)]
    if len(held) < 2:
        raise ValueError("an interval needs two values on each side")
    return held


def _resampled(values: NDArray[np.float64], draw: np.random.Generator) -> NDArray[np.float64]:
    parts = [
        values[draw.integers(0, len(values), (_PARTS, len(values)))].mean(axis=1)
        for _ in range(REPLICATES // _PARTS)
    ]
    found: NDArray[np.float64] = np.concatenate(parts)
    return found
