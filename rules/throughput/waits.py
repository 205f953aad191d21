"""Whose fault a wait is: starved by what precedes in the line, or blocked by what follows."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rules.throughput.bottleneck import Turn

REACH: Final = 12
"""How many machines away the reason for a wait is looked for."""

Spans = NDArray[np.int64]
"""(n, 2): [start, end) one after the other, rising."""


class Wait(IntEnum):
    """Why a machine waits."""

    UNEXPLAINED = 0
    STARVED = 1
    """What precedes gives it nothing."""
    BLOCKED = 2
    """What follows takes nothing from it."""


class Stood(NamedTuple):
    """A machine of a line: when it waited for others, and when it stood by itself (trouble, set-up, no order)."""

    waits: Spans
    stands: Spans


class Waits(NamedTuple):
    """The waits of one machine: (n, 2) spans, `kind` uint8 of `Wait`, `root` the place in the line (-1: nobody)."""

    spans: Spans
    kind: NDArray[np.uint8]
    root: NDArray[np.int64]


def attribute(line: Sequence[Stood], *, lag_ns: int, turns: Sequence[Turn] = ()) -> list[Waits]:
    """Return the waits of each machine of a line, in the order in which product passes, with their root.

    The root is the machine that stood for most of the wait; a stop works on for `lag_ns` for every step between
    the two, for that is how long a buffer hides its end. Of equals the nearest, then the upstream one. Where none
    stood, the bottleneck of that time is too slow for this machine: `turns` name units by their place as text.
    A wait is judged whole, so that time summed over any windows is the same.
    """
    slow = _Slow(turns)
    return [_of(line, place, lag_ns, slow) for place in range(len(line))]


def _of(line: Sequence[Stood], place: int, lag_ns: int, slow: _Slow) -> Waits:
    spans = line[place].waits
    count = len(spans)
    most, root = np.zeros(count, np.int64), np.full(count, -1, np.int64)
    for steps in range(1, min(REACH, len(line) - 1) + 1):
        for other in (place - steps, place + steps):
            if 0 <= other < len(line):
                covered = _overlap(line[other].stands, spans, steps * lag_ns)
                more = covered > most
                most, root = np.where(more, covered, most), np.where(more, other, root)
    nobody = root < 0
    root = np.where(nobody, slow.at(spans), root)
    root = np.where(root == place, -1, root)
    kind = np.where(root < 0, Wait.UNEXPLAINED, np.where(root < place, Wait.STARVED, Wait.BLOCKED))
    return Waits(spans, kind.astype(np.uint8), root)


def _overlap(stands: Spans, spans: Spans, lag_ns: int) -> NDArray[np.int64]:
    """Return for how long of each span somebody stood, or had stood no longer than `lag_ns` ago."""
    if len(stands) == 0 or len(spans) == 0:
        return np.zeros(len(spans), np.int64)
    reach = np.maximum.accumulate(stands[:, 1] + lag_ns)
    fresh = np.flatnonzero(np.append(np.True_, stands[1:, 0] > reach[:-1]))
    start = stands[fresh, 0]
    end = reach[np.append(fresh[1:], len(stands)) - 1]
    before = np.append(np.int64(0), np.cumsum(end - start))

    def until(at: NDArray[np.int64]) -> NDArray[np.int64]:
        count = np.searchsorted(start, at, side="right")
        beyond = np.where(count > 0, np.maximum(end[np.maximum(count - 1, 0)] - at, 0), 0)
        covered: NDArray[np.int64] = before[count] - beyond
        return covered

    return until(spans[:, 1]) - until(spans[:, 0])


class _Slow:
    """Who was the bottleneck in the middle of a wait."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._start = np.array([turn.start for turn in turns], np.int64)
        self._end = np.array([turn.end for turn in turns], np.int64)
        self._unit = np.array([int(turn.unit) for turn in turns], np.int64)

    def at(self, spans: Spans) -> NDArray[np.int64]:
        if len(self._start) == 0:
            return np.full(len(spans), -1, np.int64)
        middle = spans[:, 0] + (spans[:, 1] - spans[:, 0]) // 2
        place = np.searchsorted(self._start, middle, side="right") - 1
        found = np.maximum(place, 0)
        inside = (place >= 0) & (middle < self._end[found])
        root: NDArray[np.int64] = np.where(inside, self._unit[found], -1)
        return root


class Waited(NamedTuple):
    """Nanoseconds of waiting within a window, by kind, and by whose fault it was (place in the line)."""

    by_kind: dict[Wait, int]
    by_root: dict[int, int]


def waited(found: Waits, *, start: int, end: int) -> Waited:
    """Return the waiting within [start, end); windows add up."""
    length = np.maximum(
        np.minimum(found.spans[:, 1], end) - np.maximum(found.spans[:, 0], start), 0
    )
    by_kind = {kind: int(length[found.kind == kind].sum()) for kind in Wait}
    roots = {root: int(length[found.root == root].sum()) for root in np.unique(found.root).tolist()}
    return Waited(by_kind, {root: time for root, time in roots.items() if root >= 0 and time > 0})
