"""From a wanted time between false alarms to the limit of a chart (rules.md §1.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from scipy import special

from rules.spc.arl import cusum, ewma, multivariate
from rules.spc.charts.ewma import Bounds

DAY_S: Final = 86_400.0
LONGEST: Final = 1e9
"""Points between false alarms beyond which the arithmetic no longer tells limits apart."""

WIDEST: Final = 128.0


def points_between(*, false_alarm_every_days: float, point_every_s: float) -> float:
    """Return the run length in control that gives one false alarm a signal in so many days on average.

    `point_every_s` is the time between plotted points (subgroups), not between samples. Raises `ValueError`.
    """
    if not (false_alarm_every_days > 0.0 and point_every_s > 0.0):
        raise ValueError("want days between false alarms and seconds between points above 0")
    points = false_alarm_every_days * DAY_S / point_every_s
    if not 2.0 <= points <= LONGEST:
        raise ValueError(
            f"{false_alarm_every_days:g} days are {points:.3g} points of {point_every_s:g} s,"
            f" want 2 to {LONGEST:g} points"
        )
    return points


def shewhart_width(points: float) -> float:
    """Return the limit, in standard deviations, at which single points are outside every `points` points."""
    return float(-special.ndtri(0.5 / points))


def ewma_width(points: float, *, weight: float, bounds: Bounds) -> float:
    """Return L of an EWMA chart whose run length in control is `points`."""
    return _solve(points, lambda width: ewma.arl(weight=weight, width=width, bounds=bounds))


def cusum_limit(points: float, *, reference: float, head_start_part: float = 0.0) -> float:
    """Return h of a two-sided CUSUM whose run length in control is `points`; the head start is that part of h."""
    return _solve(
        points,
        lambda h: cusum.arl(reference=reference, limit=h, head_start=head_start_part * h),
    )


def mewma_limit(points: float, *, signals: int, weight: float) -> float:
    """Return h4 of a MEWMA whose run length in control is `points`."""
    return _solve(points, lambda limit: multivariate.mewma(signals, weight, limit))


def _solve(points: float, arl: Callable[[float], float]) -> float:
    """Return where an increasing run length reaches `points`, to 1e-9 of itself.

    Far beyond `LONGEST` the equations are singular and give huge numbers of either sign.
    """
    low, high = 0.0, 1.0
    while abs(arl(high)) < points:
        low, high = high, high * 1.25
        if high > WIDEST:
            raise ValueError(f"no limit gives {points:g} points between false alarms")
    while high - low > 1e-9 * high:
        middle = (low + high) / 2.0
        if abs(arl(middle)) < points:
            low = middle
        else:
            high = middle
    return high
