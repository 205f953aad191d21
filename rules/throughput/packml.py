"""PackML's edges (ISA-TR88.00.02, flat), as data: a monitor flags others, it never refuses them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

EDGES: Final[Mapping[int, frozenset[int]]] = MappingProxyType(
    {
        number: frozenset(following)
        for number, following in {
            1: {2, 8},
            2: {8, 15},
            3: {6, 7, 8, 10},
            4: {3, 7, 8},
            5: {7, 8, 10, 14},
            6: {7, 8, 10, 13, 16},
            7: {2, 8},
            8: {9},
            9: {1},
            10: {7, 8, 11},
            11: {7, 8, 12},
            12: {6, 7, 8, 10},
            13: {5, 7, 8, 10},
            14: {6, 7, 8, 10},
            15: {4, 7, 8},
            16: {7, 8, 17},
            17: {7, 8, 15},
        }.items()
    }
)
"""State number to the numbers that may follow it; Execute to Completing has two triggers and is one edge."""

_WIDTH: Final = 18
_LEGAL: Final[NDArray[np.bool_]] = np.array(
    [[b in EDGES.get(a, ()) for b in range(_WIDTH)] for a in range(_WIDTH)], np.bool_
)


def illegal(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which changes have no edge; a state that is unknown (NaN) on either side makes none illegal."""
    known = np.isfinite(before) & np.isfinite(after) & (before != after)
    inside = known & (before >= 0) & (before < _WIDTH) & (after >= 0) & (after < _WIDTH)
    a = np.where(inside, before, 0).astype(np.int64)
    b = np.where(inside, after, 0).astype(np.int64)
    flagged: NDArray[np.bool_] = known & ~(inside & _LEGAL[a, b])
    return flagged
