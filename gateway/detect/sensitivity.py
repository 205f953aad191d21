"""From wanted days between false alarms to the limits of a control chart; solved once for each setting."""

from __future__ import annotations

from functools import lru_cache

from rules.spc.arl import solve
from rules.spc.charts.ewma import Bounds


@lru_cache(maxsize=256)
def ewma_width(days: float, point_every_s: float, weight: float, bounds: Bounds) -> float:
    """Return L; raises `ValueError` where no limit gives so many days."""
    points = solve.points_between(false_alarm_every_days=days, point_every_s=point_every_s)
    return solve.ewma_width(points, weight=weight, bounds=bounds)


@lru_cache(maxsize=256)
def cusum_limit(days: float, point_every_s: float, reference: float, head_start: float) -> float:
    """Return h; raises `ValueError` where no limit gives so many days."""
    points = solve.points_between(false_alarm_every_days=days, point_every_s=point_every_s)
    return solve.cusum_limit(points, reference=reference, head_start_part=head_start)
