"""Phase I of control charts as it streams in: sums of constant size, limits frozen at the last point."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rules.families.base import Arrays, Block
from rules.routing import Index
from rules.spc.constants import c4

ESTIMATING: Final = 0
MONITORING: Final = 1
BY_MOVING_RANGE, BY_RANGE, BY_SD = 0, 1, 2
NORMAL_95: Final = 1.959963984540054

COLUMNS: Final[dict[str, DTypeLike]] = {
    "phase": np.int8,
    "points": np.int64,
    "mean": np.float64,
    "m2": np.float64,
    "spread": np.float64,
    "spreads": np.int64,
    "first": np.float64,
    "cross": np.float64,
    "pair_sum": np.float64,
    "pairs": np.int64,
    "last": np.float64,
    "centre": np.float64,
    "sigma": np.float64,
    "phi": np.float64,
}


class Point(NamedTuple):
    """One finished point for each of some distinct instances: when it ended and began, its mean, and what it was of."""

    i: Index
    end_ns: NDArray[np.int64]
    start_ns: NDArray[np.int64]
    value: NDArray[np.float64]
    size: NDArray[np.int64]
    range: NDArray[np.float64]
    sd: NDArray[np.float64]

    def only(self, chosen: NDArray[np.bool_]) -> Point:
        """Return the chosen ones."""
        return Point._make(column[chosen] for column in self)


def learn(block: Block, s: Arrays, p: Point) -> Index:
    """Add a point to the estimate of each instance; return those whose limits are frozen by it."""
    i, x = p.i, p.value
    begins = s["points"][i] == 0
    s["first"][i[begins]] = x[begins]
    s["points"][i] += 1
    off = x - s["mean"][i]
    s["mean"][i] += off / s["points"][i]
    s["m2"][i] += off * (x - s["mean"][i])
    _neighbours(s, i, x)
    _spread(block, s, p)
    s["last"][i] = x
    return _freeze(block, s, i[s["points"][i] >= block.params["phase_one"][i]])


def _neighbours(s: Arrays, i: Index, x: NDArray[np.float64]) -> None:
    """Add the products of neighbours from which the lag-1 correlation is computed at the end."""
    before = s["last"][i]
    # What begins to estimate anew has no neighbour in what it gave up.
    paired = np.isfinite(before) & (s["points"][i] > 1)
    j = i[paired]
    here, there = x[paired] - s["first"][j], before[paired] - s["first"][j]
    s["cross"][j] += here * there
    s["pair_sum"][j] += here + there
    s["pairs"][j] += 1


def _spread(block: Block, s: Arrays, p: Point) -> None:
    """Add what the standard deviation is estimated from, where this point tells anything of it."""
    kind = block.params["kind"][p.i]
    each = np.select(
        [kind == BY_MOVING_RANGE, kind == BY_RANGE],
        [np.abs(p.value - s["last"][p.i]), p.range],
        np.where(p.size > 1, p.sd / c4(np.maximum(p.size, 2)), np.nan),
    )
    told = np.isfinite(each)
    s["spread"][p.i[told]] += each[told]
    s["spreads"][p.i[told]] += 1


def _freeze(block: Block, s: Arrays, i: Index) -> Index:
    """Set the limits of instances with enough points; one without any spread begins to estimate anew."""
    sigma = s["spread"][i] / np.maximum(s["spreads"][i], 1) / block.params["divisor"][i]
    r = lag1(s, i)
    apart = NORMAL_95 / np.sqrt(np.maximum(s["pairs"][i] - 3, 1))
    dependent = (np.abs(r) < 1.0) & (np.abs(np.arctanh(np.clip(r, -1.0, 1.0))) > apart)
    modelled = dependent & block.params["residuals"][i]
    overall = np.sqrt(s["m2"][i] / np.maximum(s["points"][i] - 1, 1))
    s["phi"][i] = np.where(modelled, r, 0.0)
    s["sigma"][i] = np.where(
        modelled, overall * np.sqrt(1.0 - np.where(modelled, r, 0.0) ** 2), sigma
    )
    s["centre"][i] = s["mean"][i]
    fine = np.isfinite(s["centre"][i]) & np.isfinite(s["sigma"][i]) & (s["sigma"][i] > 0.0)
    s["phase"][i[fine]] = MONITORING
    for name in ("points", "mean", "m2", "spread", "spreads", "cross", "pair_sum", "pairs"):
        s[name][i[~fine]] = 0
    return i[fine]


def lag1(s: Arrays, i: Index) -> NDArray[np.float64]:
    """Return the lag-1 correlation, 0 where it is unknown."""
    mean = s["mean"][i] - s["first"][i]
    product = s["cross"][i] - mean * s["pair_sum"][i] + s["pairs"][i] * mean**2
    total = s["m2"][i]
    r: NDArray[np.float64] = np.where(total > 0.0, product / np.where(total > 0.0, total, 1.0), 0.0)
    return np.where(np.isfinite(r), r, 0.0)
