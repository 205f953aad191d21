"""Average run length of charts of several signals, in control."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import special

from rules.spc.constants import gauss_legendre

NODES: Final = 40
PER_SD: Final = 3.0
"""Nodes at least, and so many more for every standard deviation of one step up to the limit."""


def t_squared(signals: int, limit: float, *, distance: float = 0.0) -> float:
    """Return the mean number of points until T² with a known covariance exceeds `limit`.

    `distance` is the Mahalanobis distance of the shifted mean, in standard deviations.
    """
    if distance == 0.0:
        return float(1.0 / special.chdtrc(signals, limit))
    return float(1.0 / (1.0 - special.chndtr(limit, signals, distance**2)))


def mewma(signals: int, weight: float, limit: float) -> float:
    """Return the mean number of points until a MEWMA in control exceeds `limit` (h4), by the radius of its average.

    Given a radius r, the next squared radius is lambda² times a noncentral chi-squared value (Runger & Prabhu 1996).
    """
    bound = np.sqrt(limit * weight / (2.0 - weight))
    count = NODES + int(np.ceil(PER_SD * bound / weight))
    x, w = gauss_legendre(count)
    radius, weights = bound * (1.0 + x) / 2.0, bound * w / 2.0
    start = np.append(radius, 0.0)
    off = ((1.0 - weight) * start / weight)[:, None]
    to = (radius / weight)[None, :]
    order = signals / 2.0 - 1.0
    far = off > 0.0
    centre = np.where(far, off, 1.0)
    bessel = special.ive(order, centre * to) * (to / centre) ** order
    central = (to / 2.0) ** order / special.gamma(order + 1.0) * to**order
    bell = np.exp(-0.5 * (to - np.where(far, off, 0.0)) ** 2)
    density = bell * to * np.where(far, bessel, central) / weight
    kernel = weights * density
    lengths = np.linalg.solve(np.eye(count) - kernel[:count], np.ones(count))
    return float(1.0 + kernel[count] @ lengths)
