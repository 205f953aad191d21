"""What the oracle notes of each point of a chart, so that the chart can be drawn and explained."""

from __future__ import annotations

import math
from typing import NamedTuple


class Judged(NamedTuple):
    """One point: its time, value and size, what it was held against, and what fired at it.

    `foreseen` and `error` are what the limits stand around and one standard deviation of the point, NaN while
    limits are estimated. `spread` is its moving range, range or standard deviation, NaN where it has none; `within`
    that of single values as far as this point tells. `average` and `bound` belong to the EWMA in standard deviations,
    `high` and `low` are the sums of the CUSUM.
    """

    start_ns: int
    end_ns: int
    value: float
    size: int
    spread: float
    within: float
    foreseen: float = math.nan
    error: float = math.nan
    hits: tuple[str, ...] = ()
    average: float = math.nan
    bound: float = math.nan
    high: float = math.nan
    low: float = math.nan
