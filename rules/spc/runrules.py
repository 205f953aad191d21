"""Western Electric and Nelson run rules over many signals at once, with a constant state a signal (rules.md §1.3).

Strict inequalities; a rule fires at the point that completes its pattern, which must itself qualify, and again at
each further one; windows cut off at the start count; a point on the centre line or a tie breaks a run; NaN breaks all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Masks = NDArray[np.uint16]


class RunRule(IntEnum):
    """Rules by their bit in a mask; N1, N5 and N6 are Western Electric 1, 2 and 3 as well."""

    N1 = 0
    N2 = 1
    N3 = 2
    N4 = 3
    N5 = 4
    N6 = 5
    N7 = 6
    N8 = 7
    WE4 = 8


NELSON: Final = tuple(list(RunRule)[:8])
WESTERN_ELECTRIC: Final = (RunRule.N1, RunRule.N5, RunRule.N6, RunRule.WE4)

CAPS: Final = np.array([9, 9, 5, 5, 15, 8, 8, 8, 13], np.int8)[:, None]
"""Where each counter stops: above, below, rising, falling, within 1, beyond 1, above 1, below -1, alternating."""

HISTORY: Final = np.array([1, 1, 7, 7], np.uint8)[:, None]
"""Points a shift register keeps as it moves on: above 2, below -2, above 1, below -1."""

BIT: Final = np.arange(8, dtype=np.uint8)[:, None]


class Runs(NamedTuple):
    """Per signal nine counters (9, n) int8, four shift registers (4, n) uint8 and the point before (n,) float64."""

    counters: NDArray[np.int8]
    history: NDArray[np.uint8]
    before: Floats

    @classmethod
    def none(cls, signals: int) -> Runs:
        """Return the state before the first point."""
        return cls(
            np.zeros((len(CAPS), signals), np.int8),
            np.zeros((len(HISTORY), signals), np.uint8),
            np.full(signals, np.nan),
        )


def mask(rules: Iterable[RunRule]) -> int:
    """Return the bits of some rules."""
    return sum(1 << rule for rule in set(rules))


def named(bits: int) -> Sequence[RunRule]:
    """Return the rules whose bits are set, in order."""
    return [rule for rule in RunRule if bits >> rule & 1]


def step(runs: Runs, z: Floats) -> Masks:
    """Take one point of every signal, changing `runs` in place; return the bits of the rules that fire.

    `z` (n,) is in standard deviations of what is plotted, from its centre line; NaN fires nothing.
    """
    counters, history, before = runs
    flags = np.empty(counters.shape, np.bool_)
    above, below, rising, falling, within, beyond, up, down, turned = flags
    size = np.abs(z)
    np.greater(z, 0.0, out=above)
    np.less(z, 0.0, out=below)
    np.greater(z, before, out=rising)
    np.less(z, before, out=falling)
    np.less(size, 1.0, out=within)
    np.greater(size, 1.0, out=beyond)
    np.logical_and(beyond, above, out=up)
    np.logical_and(beyond, below, out=down)
    np.logical_or(rising & (counters[3] > 0), falling & (counters[2] > 0), out=turned)
    counters += 1
    counters *= flags
    np.maximum(counters[8], rising | falling, out=counters[8])
    counters -= counters > CAPS
    zones = np.stack([z > 2.0, z < -2.0, up, down])
    fired = _fired(counters, history, zones, size > 3.0)
    history &= HISTORY
    history <<= 1
    history |= zones
    history *= np.isfinite(z)
    before[:] = z
    return fired


def _fired(
    counters: NDArray[np.int8],
    history: NDArray[np.uint8],
    zones: NDArray[np.bool_],
    outside: NDArray[np.bool_],
) -> Masks:
    """Return the bits that fire, from the counters after a point and the history before it."""
    full = counters == CAPS
    hits = np.empty((8, counters.shape[1]), np.bool_)
    hits[RunRule.N1] = outside
    np.logical_or(full[0], full[1], out=hits[RunRule.N2])
    np.logical_or(full[2], full[3], out=hits[RunRule.N3])
    hits[RunRule.N4] = full[8]
    pairs = zones[:2] & (history[:2] != 0)
    np.logical_or(pairs[0], pairs[1], out=hits[RunRule.N5])
    four = history[2:]
    fours = zones[2:] & ((four == 0b0111) | (four == 0b1011) | (four >= 0b1101))
    np.logical_or(fours[0], fours[1], out=hits[RunRule.N6])
    hits[RunRule.N7] = full[4]
    np.logical_and(full[5], ~(full[6] | full[7]), out=hits[RunRule.N8])
    eight = (counters[0] >= 8) | (counters[1] >= 8)
    fired: Masks = np.bitwise_or.reduce(hits.view(np.uint8) << BIT, axis=0).astype(np.uint16)
    fired |= eight.astype(np.uint16) << int(RunRule.WE4)
    return fired


def forget(runs: Runs, chosen: NDArray[np.bool_]) -> None:
    """Break every run of the chosen signals, in place, as a NaN does."""
    runs.counters[:, chosen] = 0
    runs.history[:, chosen] = 0
    runs.before[chosen] = np.nan


def fires(z: NDArray[np.float64]) -> Masks:
    """Return the bits that fire at every point along the last axis of `z` (signal, point)."""
    runs = Runs.none(z.shape[0])
    made = np.zeros(z.shape, np.uint16)
    for index in range(z.shape[1]):
        made[:, index] = step(runs, z[:, index])
    return made
