"""Forecasting methods over one series of equal periods; each returns the next `ahead` periods as an array.

Hyndman and Athanasopoulos, Forecasting (smoothing, damped trend); Croston 1972; Syntetos and Boylan 2005 (SBA).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]
Method = Callable[[Series, int, int], Series]
"""From history, periods ahead and season length to a forecast."""

CROSTON_ALPHA: Final = 0.1
_ALPHAS: Final = np.array((0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8))
_GRID: Final = np.array(
    tuple(product((0.1, 0.2, 0.4, 0.6), (0.02, 0.1, 0.2), (0.05, 0.15, 0.3), (0.8, 0.9, 0.98)))
)


def seasonal_naive(history: Series, ahead: int, season: int) -> Series:
    """Repeat the last season, or the last value where there is no whole season yet."""
    length = season if len(history) >= season else 1
    last = history[-length:]
    return np.resize(last, ahead).astype(np.float64)


def ses_level(history: Series, alpha: float) -> float:
    """Return the level of simple exponential smoothing, begun at the first value."""
    level = float(history[0])
    for value in history[1:].tolist():
        level += alpha * (value - level)
    return level


def ses(history: Series, ahead: int, season: int) -> Series:  # noqa: ARG001 - every method is called alike
    """Smooth exponentially with the alpha that erred least one step ahead."""
    level = np.full(len(_ALPHAS), history[0], np.float64)
    square = np.zeros(len(_ALPHAS))
    for value in history[1:].tolist():
        error = value - level
        square += error**2
        level = level + _ALPHAS * error
    return np.full(ahead, level[int(np.argmin(square))])


def damped_holt_winters(history: Series, ahead: int, season: int) -> Series:
    """Level, damped trend and, from two whole seasons on, an additive season; the best of a grid one step ahead."""
    period = season if season > 1 and len(history) >= 2 * season else 1
    level, trend, seasonal, square = _begin(history, period)
    alpha, beta, gamma, phi = _GRID.T
    for at, value in enumerate(history.tolist()):
        if at < period:
            continue
        slot = at % period
        expected = level + phi * trend
        error = value - expected - seasonal[:, slot]
        square += error**2
        new_level = expected + alpha * error
        trend = phi * trend + alpha * beta * error
        level = new_level
        if period > 1:
            seasonal[:, slot] += gamma * (1 - alpha) * error
    best = int(np.argmin(square))
    steps = np.cumsum(phi[best] ** np.arange(1, ahead + 1))
    slots = (len(history) + np.arange(ahead)) % period
    forecast: Series = level[best] + steps * trend[best] + seasonal[best, slots]
    return forecast


def _begin(history: Series, period: int) -> tuple[Series, Series, Series, Series]:
    count = len(_GRID)
    first = history[:period]
    level = np.full(count, first.mean())
    if period > 1:
        slope = (history[period : 2 * period].mean() - first.mean()) / period
        seasonal = np.tile(first - first.mean(), (count, 1))
    else:
        slope = history[1] - history[0] if len(history) > 1 else 0.0
        seasonal = np.zeros((count, 1))
    return level, np.full(count, slope), seasonal.astype(np.float64), np.zeros(count)


def croston_rate(history: Series, alpha: float = CROSTON_ALPHA) -> float:
    """Return Croston's demand a period: smoothed size over smoothed interval; 0 where nothing was ever wanted."""
    wanted = np.flatnonzero(history)
    if not len(wanted):
        return 0.0
    intervals = np.diff(wanted, prepend=-1).astype(np.float64)
    return ses_level(history[wanted], alpha) / ses_level(intervals, alpha)


def croston_sba(history: Series, ahead: int, season: int) -> Series:  # noqa: ARG001 - every method is called alike
    """Croston with the correction of Syntetos and Boylan, for demand with many empty periods."""
    return np.full(ahead, croston_rate(history) * (1 - CROSTON_ALPHA / 2))


METHODS: Final[dict[str, Method]] = {
    "seasonal naive": seasonal_naive,
    "exponential smoothing": ses,
    "damped Holt-Winters": damped_holt_winters,
    "Croston-SBA": croston_sba,
}
"""In order of simplicity: where two err alike, the earlier is chosen."""
