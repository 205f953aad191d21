"""Average run length of CUSUM charts, by the integral equation of Page with an atom at 0.

Points are independent, normal, of known mean and standard deviation; `shift` is in that standard deviation.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rules.spc.constants import gauss_legendre

Floats = NDArray[np.float64]

NODES: Final = 40
PER_SD: Final = 3.0
"""Nodes at least, and so many more for every standard deviation of one point up to h."""


def arl(*, reference: float, limit: float, shift: float = 0.0, head_start: float = 0.0) -> float:
    """Return the mean number of points until either sum exceeds `limit` (h); `reference` is k.

    Exact without a head start; with one as long as both sums cannot be above 0 at once near h (head_start ≤ h/2).
    """
    if not (reference >= 0.0 and limit > 0.0 and 0.0 <= head_start <= limit / 2.0):
        raise ValueError(
            f"want k {reference:g} at least 0, h {limit:g} above 0 and a head start up to h/2"
        )
    high, high_start = _one_sided(reference, limit, shift, head_start)
    low, low_start = _one_sided(reference, limit, -shift, head_start)
    return (high_start * low + low_start * high - high * low) / (high + low)


def one_sided(*, reference: float, limit: float, shift: float = 0.0) -> float:
    """Return the mean number of points until the upper sum alone exceeds `limit`."""
    return _one_sided(reference, limit, shift, 0.0)[0]


def _one_sided(k: float, h: float, shift: float, start: float) -> tuple[float, float]:
    """Return the run length from 0 and from `start`."""
    count = NODES + math.ceil(PER_SD * h)
    x, w = gauss_legendre(count)
    nodes, weights = h * (1.0 + x) / 2.0, h * w / 2.0
    states = np.append(nodes, [0.0, start])
    move = nodes[None, :] - states[:, None] + k - shift
    kernel = weights * np.exp(-0.5 * move * move) / math.sqrt(2.0 * math.pi)
    to_zero = special.ndtr(k - states - shift)
    system = np.eye(count + 1)
    system[:, :count] -= kernel[:-1]
    system[:, count] -= to_zero[:-1]
    lengths = np.linalg.solve(system, np.ones(count + 1))
    from_start = 1.0 + kernel[-1] @ lengths[:count] + to_zero[-1] * lengths[count]
    return float(lengths[count]), float(from_start)
