"""Exponentially weighted moving averages of standardised points (rules.md §1.2)."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Bounds(StrEnum):
    """Limits that widen from the start as the average's own spread does, or those it ends at."""

    EXACT = "exact"
    FIXED = "fixed"


def spread(weight: ArrayLike, points: ArrayLike, bounds: Bounds) -> Floats:
    """Return the standard deviation of the average after `points` points of standard deviation 1."""
    lam = np.asarray(weight, np.float64)
    settled = lam / (2.0 - lam)
    if bounds is Bounds.FIXED:
        value: Floats = np.sqrt(np.broadcast_arrays(settled, np.asarray(points))[0])
        return value
    exact: Floats = np.sqrt(settled * (1.0 - (1.0 - lam) ** (2 * np.asarray(points))))
    return exact


def advance(average: Floats, z: Floats, weight: float | Floats) -> Floats:
    """Return the averages after one more point a signal; NaN changes nothing."""
    moved: Floats = average + np.where(np.isnan(z), 0.0, weight * (z - average))
    return moved


def statistics(z: ArrayLike, weight: float) -> Floats:
    """Return the average after every point along the last axis, beginning at 0."""
    points = np.asarray(z, np.float64)
    average = np.zeros(points.shape[:-1])
    out = np.empty_like(points)
    for index in range(points.shape[-1]):
        average = advance(average, points[..., index], weight)
        out[..., index] = average
    return out
