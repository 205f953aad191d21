"""Whether neighbouring points of a chart depend on each other, and what is done about it (rules.md §1.2)."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

MAX_EVERY: Final = 100


class Treatment(StrEnum):
    """What is charted: every point, every k-th point, or what an AR(1) model does not foresee."""

    NONE = "none"
    THIN = "thin"
    RESIDUALS = "residuals"


class Lag1(NamedTuple):
    """Correlation of neighbouring points with its confidence interval, over so many pairs."""

    r: float
    low: float
    high: float
    pairs: int

    @property
    def dependent(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0.0 or self.high < 0.0


class Independent(NamedTuple):
    """Points fit for a chart, how they were made, and the sentence that stands on the chart."""

    points: Floats
    treatment: Treatment
    every: int
    phi: float
    before: Lag1
    after: Lag1
    said: str


def interval(r: float, pairs: int, confidence: float = 0.95) -> Lag1:
    """Return a correlation with its interval by Fisher's transformation; a few pairs tell nothing."""
    if pairs < 4 or not abs(r) < 1.0:
        return Lag1(r, -1.0, 1.0, pairs)
    apart = float(special.ndtri((1.0 + confidence) / 2.0)) / math.sqrt(pairs - 3)
    return Lag1(r, math.tanh(math.atanh(r) - apart), math.tanh(math.atanh(r) + apart), pairs)


def lag1(x: ArrayLike, *, confidence: float = 0.95) -> Lag1:
    """Return the lag-1 autocorrelation of a series; pairs with a gap (NaN) are left out."""
    values = np.asarray(x, np.float64)
    off = values - np.nanmean(values)
    pairs = int(np.sum(~np.isnan(off[1:] * off[:-1])))
    total = float(np.nansum(off**2))
    if pairs == 0 or total == 0.0:
        return interval(0.0, 0)
    return interval(float(np.nansum(off[1:] * off[:-1])) / total, pairs, confidence)


def residuals(x: ArrayLike, *, centre: float, phi: float) -> Floats:
    """Return what an AR(1) model with these numbers does not foresee; the first point and those after a gap are NaN."""
    off = np.asarray(x, np.float64) - centre
    unforeseen: Floats = np.concatenate([[np.nan], off[1:] - phi * off[:-1]])
    return unforeseen


def make_independent(
    x: ArrayLike, *, prefer: Treatment, at_least: int, confidence: float = 0.95
) -> Independent:
    """Return points that do not depend on their neighbours as far as can be told.

    Thinning needs `at_least` points to be left; where it does not help, residuals are charted instead.
    """
    values = np.asarray(x, np.float64)
    found = lag1(values, confidence=confidence)
    apart = f"lag-1 correlation {found.r:.2f}, {confidence:.0%} interval {found.low:.2f} to {found.high:.2f}"
    if prefer is Treatment.NONE or not found.dependent:
        said = (
            "depend on each other, which was left as it is"
            if found.dependent
            else "are independent"
        )
        return Independent(
            values, Treatment.NONE, 1, 0.0, found, found, f"Neighbouring points {said} ({apart})."
        )
    if prefer is Treatment.THIN:
        for every in range(2, min(MAX_EVERY, len(values) // at_least) + 1):
            kept = values[::every]
            after = lag1(kept, confidence=confidence)
            if not after.dependent:
                said = f"Neighbouring points depend on each other ({apart}): every {every}th is charted."
                return Independent(kept, Treatment.THIN, every, 0.0, found, after, said)
    rest = residuals(values, centre=float(np.nanmean(values)), phi=found.r)
    after = lag1(rest, confidence=confidence)
    said = (
        f"Neighbouring points depend on each other ({apart}): what an AR(1) model with"
        f" {found.r:.2f} does not foresee is charted"
    )
    said += ", and still depends on its neighbour." if after.dependent else "."
    return Independent(rest, Treatment.RESIDUALS, 1, found.r, found, after, said)


def sentence(found: Lag1, *, phi: float, every: int = 1) -> str:
    """Say what Phase I found of its points and what is done about it, as it stands on a chart."""
    apart = f"lag-1 correlation {found.r:.2f}, 95% interval {found.low:.2f} to {found.high:.2f}, {found.pairs} pairs"
    thinned = f" Every {every}th sample is charted." if every > 1 else ""
    if phi != 0.0:
        said = f"Neighbouring points depend on each other ({apart}): what an AR(1) model does not foresee is charted."
    elif found.dependent:
        said = (
            f"Neighbouring points depend on each other ({apart}), which was left as it is:"
            " false alarms come more often than the limits promise."
        )
    else:
        said = f"Neighbouring points are independent as far as can be told ({apart})."
    return said + thinned
