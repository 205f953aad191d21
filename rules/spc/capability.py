"""Process capability with confidence intervals (rules.md §1.5); refused while the process is not in control."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from rules.spc.runrules import RunRule

FEWEST_FOR_PERCENTILES: Final = 1000


class Interval(NamedTuple):
    """An index with its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """Specification limits, at least one of them, and the target value where there is one."""

    lower: float | None = None
    upper: float | None = None
    target: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Mean of `count` values, their standard deviation within subgroups and over all."""

    mean: float
    sigma_within: float
    sigma_overall: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """Indices; None where a limit or target is missing, or where `refused` says why there is none.

    The intervals of Cp, Cpk and Cpm count n - 1 degrees of freedom, as R qcc does; with a standard deviation from
    ranges or moving ranges there are fewer, and the true intervals are somewhat wider. That of Cpm has qcc's degrees
    of freedom too, which off target are fewer than Boyles (1991) gives: it is wider than need be.
    """

    cp: Interval | None
    cp_lower: Interval | None
    cp_upper: Interval | None
    cpk: Interval | None
    cpm: Interval | None
    pp: Interval | None
    ppk: Interval | None
    expected_below: float
    expected_above: float
    refused: str = ""


def capability(
    process: Measured,
    tolerance: Tolerance,
    *,
    fired: Sequence[RunRule],
    confidence: float = 0.95,
) -> Capability:
    """Return every index; while run rules fire only Pp and Ppk, which tell of the past. Raises `ValueError`."""
    _check(process, tolerance)
    alpha = 1.0 - confidence
    overall = _Indices(process.mean, process.sigma_overall, process.count, tolerance, alpha)
    within = _Indices(process.mean, process.sigma_within, process.count, tolerance, alpha)
    names = ", ".join(rule.name for rule in fired)
    refused = f"Not in control (rules {names} fire): Ppk says what was made, Cpk would promise what will be."
    return Capability(
        cp=None if fired else within.both(),
        cp_lower=None if fired else within.side(-1, 2.0 * alpha),
        cp_upper=None if fired else within.side(1, 2.0 * alpha),
        cpk=None if fired else within.nearest(),
        cpm=None if fired else within.on_target(),
        pp=overall.both(),
        ppk=overall.nearest(),
        expected_below=overall.beyond(-1),
        expected_above=overall.beyond(1),
        refused=refused if fired else "",
    )


def _check(process: Measured, tolerance: Tolerance) -> None:
    if tolerance.lower is None and tolerance.upper is None:
        raise ValueError("capability needs at least one specification limit")
    if (
        tolerance.lower is not None
        and tolerance.upper is not None
        and tolerance.lower >= tolerance.upper
    ):
        raise ValueError(f"lower {tolerance.lower:g} is not below upper {tolerance.upper:g}")
    if process.count < 2 or not (process.sigma_within > 0.0 and process.sigma_overall > 0.0):
        raise ValueError("capability needs at least two values that differ")


@dataclass(frozen=True, slots=True)
class _Indices:
    """The indices of one standard deviation; `alpha` is what the intervals leave out."""

    mean: float
    sigma: float
    count: int
    tolerance: Tolerance
    alpha: float

    def both(self) -> Interval | None:
        low, high = self.tolerance.lower, self.tolerance.upper
        if low is None or high is None:
            return None
        return self._chi((high - low) / (6.0 * self.sigma), self.count - 1.0)

    def _chi(self, value: float, freedom: float) -> Interval:
        """Return an index proportional to 1/sigma with the interval of a standard deviation."""
        edges = [special.chdtri(freedom, tail) for tail in (1 - self.alpha / 2, self.alpha / 2)]
        low, high = (value * math.sqrt(edge / freedom) for edge in edges)
        return Interval(value, low, high)

    def side(self, sign: int, alpha: float) -> Interval | None:
        """Return the index of one limit with Bissell's interval."""
        limit = self.tolerance.upper if sign > 0 else self.tolerance.lower
        if limit is None:
            return None
        value = sign * (limit - self.mean) / (3.0 * self.sigma)
        z = float(special.ndtri(1.0 - alpha / 2.0))
        spread = math.sqrt(1.0 / (9.0 * self.count) + value**2 / (2.0 * (self.count - 1)))
        return Interval(value, value - z * spread, value + z * spread)

    def nearest(self) -> Interval:
        sides = [self.side(sign, self.alpha) for sign in (-1, 1)]
        return min(side for side in sides if side is not None)

    def on_target(self) -> Interval | None:
        cp, target = self.both(), self.tolerance.target
        if cp is None or target is None:
            return None
        off = ((self.mean - target) / self.sigma) ** 2
        freedom = self.count * (1.0 + off) / (1.0 + 2.0 * off)
        return self._chi(cp.value / math.sqrt(1.0 + off), freedom)

    def beyond(self, sign: int) -> float:
        """Return the share a normal distribution has beyond one limit."""
        limit = self.tolerance.upper if sign > 0 else self.tolerance.lower
        return (
            0.0 if limit is None else float(special.ndtr(sign * (self.mean - limit) / self.sigma))
        )


def percentile_capability(x: ArrayLike, tolerance: Tolerance) -> tuple[float | None, float]:
    """Return Pp and Ppk of values that are not normal, from their P0.135, P50 and P99.865.

    Raises `ValueError` for fewer than 1000 values, whose extreme percentiles nobody has seen.
    """
    values = np.asarray(x, np.float64)
    values = values[~np.isnan(values)]
    if len(values) < FEWEST_FOR_PERCENTILES:
        raise ValueError(
            f"{len(values)} values are too few for their P0.135, want {FEWEST_FOR_PERCENTILES}"
        )
    low, middle, high = np.quantile(values, [0.00135, 0.5, 0.99865]).tolist()
    _check(
        Measured(mean=middle, sigma_within=high - low, sigma_overall=high - low, count=2), tolerance
    )
    sides = []
    if tolerance.upper is not None:
        sides.append((tolerance.upper - middle) / (high - middle) if high > middle else math.inf)
    if tolerance.lower is not None:
        sides.append((middle - tolerance.lower) / (middle - low) if middle > low else math.inf)
    if tolerance.lower is None or tolerance.upper is None:
        return None, min(sides)
    return (tolerance.upper - tolerance.lower) / (high - low), min(sides)
