"""What a counter's new reading adds: rollover, reset, and jumps nobody can believe (rules.md §3.2)."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rules.families.base import Arrays, Block
from rules.routing import Index
from rules.spec import NS_PER_S

NEVER: Final = 2**62
"""A time that is not reached: since when a counter is known, while it is not."""

SLACK_S: Final = 5.0
"""Seconds of counting that may arrive at once, because sources publish in bursts."""

MARGIN: Final = 1.5
DEFAULT_MAX: Final = 10.0
"""Without a stated maximum, this many times the target is believed."""


class Turn(NamedTuple):
    """One row for each of some distinct instances: when (to `until`, for signs of life), which part, and what."""

    i: Index
    t: NDArray[np.int64]
    until: NDArray[np.int64]
    role: NDArray[np.int8]
    value: NDArray[np.float64]
    seen: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> Turn:
        """Return the chosen rows."""
        return Turn._make(column[chosen] for column in self)


def count(block: Block, s: Arrays, now: Turn) -> None:
    """Add the readings of distinct instances; a first reading adds 0, a bad one makes the count unknown."""
    lost = now.i[~now.seen]
    s["known"][lost] = NEVER
    s["last"][lost] = np.nan
    i, t, value = now.i[now.seen], now.t[now.seen], now.value[now.seen]
    first = np.isnan(s["last"][i])
    s["known"][i[first]] = t[first]
    s["credit_s"][i[first]] = SLACK_S
    _add(block, s, i[~first], t[~first], value[~first])
    s["last"][i] = value
    s["last_ns"][i] = t


def _add(
    block: Block, s: Arrays, i: Index, t: NDArray[np.int64], value: NDArray[np.float64]
) -> None:
    """Take the first of these that the time since the last reading allows: difference, rollover, new value."""
    p = block.params
    most = p["max_per_min"][i]
    most = np.where(np.isnan(most), DEFAULT_MAX * s["target"][i], most) * (MARGIN / 60.0)
    elapsed_s = (t - s["last_ns"][i]) / NS_PER_S
    credit = np.minimum(s["credit_s"][i] + elapsed_s, elapsed_s + SLACK_S)
    room = np.where(most > 0, credit * most, 0.0)
    forward = value - s["last"][i]
    rolled = forward + p["modulus"][i]
    unbounded = ~(most > 0)
    rises = (forward >= 0) & (unbounded | (forward <= room))
    rolls = (forward < 0) & (rolled <= room)
    resets = (forward < 0) & ~rolls & (value >= 0) & (value <= room) & ~unbounded
    added = np.select([rises, rolls, resets], [forward, rolled, value], 0.0)
    doubtful = ~(rises | rolls | resets)
    s["known"][i[doubtful]] = t[doubtful]
    s["open"][i] += added
    s["credit_s"][i] = credit - np.where(unbounded, 0.0, added / np.where(unbounded, 1.0, most))
