"""Control chart constants, computed from the normal distribution and never tabulated (rules.md §1.1)."""

from __future__ import annotations

import math
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

REACH: Final = 9.0
"""Standard deviations from the mean beyond which a normal value adds less than 1e-17."""

NODES: Final = 400


class Factors(NamedTuple):
    """Factors of a subgroup size: limits are centre ± factor · R̄ (A2, D3, D4, E2) or · S̄ (A3, B3, B4), or · sigma (B5, B6)."""

    d2: float
    d3: float
    d4_median: float
    c4: float
    a2: float
    a3: float
    b3: float
    b4: float
    b5: float
    b6: float
    d3_limit: float
    d4_limit: float
    e2: float


@cache
def gauss_legendre(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the nodes and weights of Gauss-Legendre quadrature on -1 to 1."""
    return np.polynomial.legendre.leggauss(count)


def check_size(n: int) -> None:
    """Raise `ValueError` unless `n` can be the size of a subgroup whose spread is known."""
    if not 2 <= n <= 1000:
        raise ValueError(f"a subgroup has {n} values, want 2 to 1000")


@cache
def d2(n: int) -> float:
    """Return the mean of the range of `n` standard normal values."""
    check_size(n)
    x, w = gauss_legendre(NODES)
    below = special.ndtr(REACH * x)
    above = special.ndtr(-REACH * x)
    return float(np.sum(w * (1.0 - below**n - above**n)) * REACH)


@cache
def d3(n: int) -> float:
    """Return the standard deviation of the range of `n` standard normal values."""
    check_size(n)
    x, w = gauss_legendre(NODES)
    low = REACH * x[:, None]
    half = (REACH - low) / 2.0
    high = low + half * (1.0 + x[None, :])
    above_low, below_high = special.ndtr(-low), special.ndtr(high)
    between = special.ndtr(high) - special.ndtr(low)
    inner = 1.0 - below_high**n - above_low**n + between**n
    square = 2.0 * REACH * float(np.sum(w[:, None] * w[None, :] * half * inner))
    return math.sqrt(square - d2(n) ** 2)


def c4(n: ArrayLike) -> NDArray[np.float64]:
    """Return the mean of the standard deviation of `n` standard normal values, for each n ≥ 2."""
    size = np.asarray(n, np.float64)
    ratio = special.gammaln(size / 2.0) - special.gammaln((size - 1.0) / 2.0)
    value: NDArray[np.float64] = np.sqrt(2.0 / (size - 1.0)) * np.exp(ratio)
    return value


def _range_below(width: float, n: int) -> float:
    """Return the probability that the range of `n` standard normal values is at most `width`."""
    x, w = gauss_legendre(NODES)
    low = REACH * x
    density = np.exp(-0.5 * low**2) / math.sqrt(2.0 * math.pi)
    rest = (special.ndtr(low + width) - special.ndtr(low)) ** (n - 1)
    return float(n * REACH * np.sum(w * density * rest))


@cache
def d4_median(n: int) -> float:
    """Return the median of the range of `n` standard normal values."""
    check_size(n)
    low, high = 0.0, 2.0 * REACH
    while high - low > 1e-13 * high:
        middle = (low + high) / 2.0
        if _range_below(middle, n) < 0.5:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


@cache
def factors(n: int) -> Factors:
    """Return every factor of subgroups of `n` values, for limits at three standard deviations."""
    mean, spread, shrink = d2(n), d3(n), float(c4(n))
    loose = 3.0 * math.sqrt(1.0 - shrink**2)
    return Factors(
        d2=mean,
        d3=spread,
        d4_median=d4_median(n),
        c4=shrink,
        a2=3.0 / (mean * math.sqrt(n)),
        a3=3.0 / (shrink * math.sqrt(n)),
        b3=max(0.0, 1.0 - loose / shrink),
        b4=1.0 + loose / shrink,
        b5=max(0.0, shrink - loose),
        b6=shrink + loose,
        d3_limit=max(0.0, 1.0 - 3.0 * spread / mean),
        d4_limit=1.0 + 3.0 * spread / mean,
        e2=3.0 / mean,
    )
