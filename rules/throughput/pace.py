"""How long a piece takes, whether that drifts, and when an order or a shift will be done."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

_S_NS: Final = 1e9
_BLOCKS: Final = 200


class Cycles(NamedTuple):
    """Completions: when (int64 ns), seconds a piece since the one before, and how many pieces that was."""

    time_ns: NDArray[np.int64]
    cycle_s: NDArray[np.float64]
    pieces: NDArray[np.float64]


def cycles(
    time_ns: NDArray[np.int64], since_ns: NDArray[np.int64], pieces: NDArray[np.float64]
) -> Cycles:
    """Return the cycles of counter readings; readings at which nothing was completed prolong the next one.

    `since_ns` is when the counter was read before. Readings within stops must be left out by the caller, or stay
    in as the long cycles they are: the median does not mind.
    """
    done = np.flatnonzero(pieces > 0)
    if len(done) == 0:
        return Cycles(time_ns[done], np.empty(0), np.empty(0))
    began = np.append(since_ns[done[0]], time_ns[done[:-1]])
    made = pieces[done]
    return Cycles(time_ns[done], (time_ns[done] - began) / _S_NS / made, made)


def median_cycle_s(found: Cycles) -> float | None:
    """Return the median seconds a piece, each piece counting once; None without a piece."""
    if len(found.cycle_s) == 0:
        return None
    order = np.argsort(found.cycle_s)
    weight = np.cumsum(found.pieces[order])
    value = found.cycle_s[order]
    half = weight[-1] / 2
    low = value[np.searchsorted(weight, half, side="left")]
    high = value[min(np.searchsorted(weight, half, side="right"), len(value) - 1)]
    return float((low + high) / 2)


class Drift(NamedTuple):
    """Change of the cycle time in parts an hour, with the bounds of its interval; `significant` if 0 is outside."""

    per_hour: float
    low: float
    high: float
    significant: bool


def drift(found: Cycles, *, confidence: float = 0.95) -> Drift | None:
    """Return the Theil-Sen slope of the cycle time over its median; None with fewer than 10 completions.

    Long rows are taken as medians of at most 200 equal parts, so that stops and cost stay small.
    """
    if len(found.cycle_s) < 10:
        return None
    hours = (found.time_ns - found.time_ns[0]) / _S_NS / 3600
    parts = np.array_split(np.arange(len(hours)), min(_BLOCKS, len(hours)))
    x = np.array([np.median(hours[part]) for part in parts])
    y = np.array([np.median(found.cycle_s[part]) for part in parts])
    level = float(np.median(y))
    if level <= 0 or x[0] == x[-1]:
        return None
    from scipy.stats import theilslopes  # noqa: PLC0415 - a second at every start that only this pays

    slope, _, low, high = theilslopes(y, x, alpha=confidence)
    least, most = float(low) / level, float(high) / level
    return Drift(float(slope) / level, least, most, least > 0 or most < 0)


class Forecast(NamedTuple):
    """Pieces at the end of planned time with an interval, the shortfall, and when the order is done.

    `finish_s` are seconds of planned time from now (best, expected, worst), infinite where it is never reached.
    `assumes` says what that stands on.
    """

    expected: float
    low: float
    high: float
    shortfall: float
    shortfall_low: float
    shortfall_high: float
    finish_s: tuple[float, float, float]
    assumes: str


def forecast(
    made: NDArray[np.float64],
    planned_s: NDArray[np.float64],
    *,
    left_s: float,
    wanted: float,
    done: float,
    confidence: float = 0.9,
) -> Forecast | None:
    """Return what will be made in `left_s` of planned time, from what was made in past parts of it.

    `made` pieces in `planned_s` seconds of seen planned time each (equal parts, stops included). The interval is a
    Student prediction interval of the rate: the spread between parts shrinks with the time left, that of the mean
    does not. None with fewer than 4 parts: there is nothing to learn a spread from.
    """
    usable = planned_s > 0
    made, planned_s = made[usable], planned_s[usable]
    count = len(made)
    if count < 4 or left_s < 0:
        return None
    part_s = float(planned_s.mean())
    rate = float(made.sum() / planned_s.sum())
    rates = made / planned_s
    spread = float(
        np.sqrt(((rates - rate) ** 2 * planned_s).sum() / planned_s.sum() * count / (count - 1))
    )
    factor = float(special.stdtrit(count - 1, 0.5 + confidence / 2))

    def half(ahead_s: float) -> float:
        """Half the interval of the pieces made in the time ahead."""
        return factor * spread * math.sqrt(ahead_s * part_s + ahead_s**2 / count)

    more, wide = rate * left_s, half(left_s)
    low, high = done + max(0.0, more - wide), done + more + wide
    rest = max(0.0, wanted - done)
    return Forecast(
        expected=done + more,
        low=low,
        high=high,
        shortfall=max(0.0, wanted - done - more),
        shortfall_low=max(0.0, wanted - high),
        shortfall_high=max(0.0, wanted - low),
        finish_s=_finish(rest, rate, factor * spread, part_s, count),
        assumes=(
            f"the coming time is like the last {count} parts of {part_s / 60:.0f} min: same product, same mix of stops,"
            f" parts independent; {confidence:.0%} interval"
        ),
    )


def _finish(
    rest: float, rate: float, width: float, part_s: float, count: int
) -> tuple[float, float, float]:
    """Return when `rest` is made at the upper edge of the interval, at the mean, and at the lower edge."""

    def until(sign: int) -> float:
        if rest == 0:
            return 0.0
        low, high = 0.0, 1e9

        def reached(at_s: float) -> bool:
            wide = width * math.sqrt(at_s * part_s + at_s**2 / count)
            return rate * at_s + sign * wide >= rest

        if not reached(high):
            return float("inf")
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (low, middle) if reached(middle) else (middle, high)
        return high

    return until(1), until(0), until(-1)
