"""Average run length of two-sided EWMA charts, by integral equations (Crowder 1987; Knoth 2003).

Points are independent, normal, of known mean and standard deviation; `shift` is in that standard deviation.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.spc.charts.ewma import Bounds
from rules.spc.constants import gauss_legendre

Floats = NDArray[np.float64]

NODES: Final = 40
PER_SD: Final = 3.0
"""Nodes at least, and so many more for every standard deviation of one step that fits between the limits."""

SETTLED: Final = 1e-12


def arl(*, weight: float, width: float, shift: float = 0.0, bounds: Bounds) -> float:
    """Return the mean number of points until the average first leaves ± width · its standard deviation.

    `weight` is lambda in (0, 1], `width` is L.
    """
    if not (0.0 < weight <= 1.0 and width > 0.0):
        raise ValueError(f"weight {weight:g} wants 0 to 1, and width {width:g} more than 0")
    settled = width * math.sqrt(weight / (2.0 - weight))
    nodes, weights, lengths = _settled(weight, settled, shift)
    if bounds is Bounds.FIXED:
        return 1.0 + float(weights @ (_density(nodes, 0.0, weight, shift) * lengths))
    return _widening(weight, settled, shift)


def _density(to: Floats, start: Floats | float, weight: float, shift: float) -> Floats:
    """Return the density of the next average at `to`, from an average of `start`."""
    z = (to - (1.0 - weight) * start) / weight - shift
    density: Floats = np.exp(-0.5 * z * z) / (weight * math.sqrt(2.0 * math.pi))
    return density


def _nodes(bound: float, count: int) -> tuple[Floats, Floats]:
    x, w = gauss_legendre(count)
    return bound * x, bound * w


def _settled(weight: float, bound: float, shift: float) -> tuple[Floats, Floats, Floats]:
    """Return nodes, weights and the mean run length from an average at each node, for fixed limits."""
    nodes, weights = _nodes(bound, NODES + math.ceil(PER_SD * 2.0 * bound / weight))
    kernel = _density(nodes[None, :], nodes[:, None], weight, shift) * weights
    lengths = np.linalg.solve(np.eye(len(nodes)) - kernel, np.ones_like(nodes))
    return nodes, weights, lengths.astype(np.float64)


def _widening(weight: float, settled: float, shift: float) -> float:
    """Follow the density of the average while its limits widen, then add what is left once they have settled."""
    end, end_weights, lengths = _settled(weight, settled, shift)
    factor = (1.0 - weight) ** 2
    before, before_weights = _nodes(settled * math.sqrt(1.0 - factor), len(end))
    mass = _density(before, 0.0, weight, shift)
    total = 1.0 + float(before_weights @ mass)
    while factor > SETTLED:
        factor *= (1.0 - weight) ** 2
        nodes, weights = _nodes(settled * math.sqrt(1.0 - factor), len(end))
        kernel = _density(nodes[:, None], before[None, :], weight, shift)
        mass = kernel @ (before_weights * mass)
        before, before_weights = nodes, weights
        total += float(weights @ mass)
    kernel = _density(end[None, :], before[:, None], weight, shift)
    rest = kernel @ (end_weights * lengths)
    return total + float(before_weights @ (mass * rest))
