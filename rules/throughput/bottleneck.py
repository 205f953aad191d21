"""Where the line's bottleneck is, moment by moment: the longest uninterrupted active period (Roser)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rules.throughput.classes import TimeClass
from rules.throughput.pieces import Pieces

Span: TypeAlias = "tuple[int, int]"


class Turn(NamedTuple):
    """A unit is the bottleneck over [start, end)."""

    unit: str
    start: int
    end: int


class Bottleneck(NamedTuple):
    """`turns` in order of time; `shifting` where one hands over to the next; `sole` and `active` time by unit.

    Sole is a unit's time as bottleneck outside the shifting; `active_share` of [start, end).
    """

    turns: tuple[Turn, ...]
    shifting: tuple[Span, ...]
    sole: dict[str, int]
    active_share: dict[str, float]
    shift_total: int


def active_periods(pieces: Pieces) -> list[Span]:
    """Return when a unit was active: neither starved or blocked, nor without an order, nor unseen.

    Repair and set-up count as active: while they last, the others wait. A minor stop is active unless its state
    was an external delay.
    """
    waiting = np.isin(
        pieces.booked, (TimeClass.ADET_EXTERNAL, TimeClass.ADOT, TimeClass.UNKNOWN)
    ) | (pieces.external & (pieces.booked == TimeClass.MINOR))
    found: list[Span] = []
    for start, end, waits in zip(
        pieces.start_ns.tolist(), pieces.end_ns.tolist(), waiting.tolist(), strict=True
    ):
        if waits:
            continue
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def bottleneck(active: Mapping[str, Sequence[Span]], *, start: int, end: int) -> Bottleneck:
    """Return the bottleneck over [start, end) from each unit's active periods, rising and apart.

    At each moment it is the active unit whose current period is the longest, whole; of equal ones the first
    named. Where the period of the next bottleneck begins before that of the one before has ended, the overlap is
    shifting.
    """
    units = list(active)
    periods = [_within(active[unit], start, end) for unit in units]
    chosen = _chosen(periods, np.unique(np.concatenate([[start, end], *map(np.ravel, periods)])))
    turns = tuple(Turn(units[unit], a, b) for unit, _, a, b in chosen)
    held = [periods[unit][place] for unit, place, _, _ in chosen]
    shifting = _merged(
        [(int(max(one[0], two[0])), int(min(one[1], two[1]))) for one, two in pairwise(held)]
    )
    sole = dict.fromkeys(units, 0)
    for turn, shared in zip(turns, _shared(turns, shifting), strict=True):
        sole[turn.unit] += turn.end - turn.start - shared
    share = {
        unit: float((spans[:, 1] - spans[:, 0]).sum()) / (end - start) if end > start else 0.0
        for unit, spans in zip(units, periods, strict=True)
    }
    return Bottleneck(
        turns=turns,
        shifting=tuple(shifting),
        sole={unit: time for unit, time in sole.items() if time},
        active_share=share,
        shift_total=sum(b - a for a, b in shifting),
    )


def _within(spans: Sequence[Span], start: int, end: int) -> NDArray[np.int64]:
    """Return the periods that touch [start, end), cut to it: (n, 2)."""
    whole = np.array(spans, np.int64).reshape(-1, 2)
    touching = whole[(whole[:, 0] < end) & (whole[:, 1] > start)]
    cut: NDArray[np.int64] = np.clip(touching, start, end)
    return cut


def _chosen(
    periods: Sequence[NDArray[np.int64]], edges: NDArray[np.int64]
) -> list[tuple[int, int, int, int]]:
    """Return who has the longest running period and which it is, from when to when; nobody is left out."""
    at = edges[:-1]
    if len(at) == 0 or not periods:
        return []
    length = np.full((len(periods), len(at)), -1, np.int64)
    place = np.zeros((len(periods), len(at)), np.int64)
    for unit, spans in enumerate(periods):
        if len(spans) == 0:
            continue
        found = np.maximum(np.searchsorted(spans[:, 0], at, side="right") - 1, 0)
        runs = (spans[found, 0] <= at) & (at < spans[found, 1])
        length[unit] = np.where(runs, spans[found, 1] - spans[found, 0], -1)
        place[unit] = found
    best = np.argmax(length, axis=0)
    columns = np.arange(len(at))
    some, which = length[best, columns] >= 0, place[best, columns]
    fresh = np.append(
        np.True_, (best[1:] != best[:-1]) | (which[1:] != which[:-1]) | (some[1:] != some[:-1])
    )
    begins = np.flatnonzero(fresh)
    ends = np.append(begins[1:], len(at))
    return [
        (int(best[a]), int(which[a]), int(edges[a]), int(edges[b]))
        for a, b in zip(begins.tolist(), ends.tolist(), strict=True)
        if some[a]
    ]


def _shared(turns: Sequence[Turn], shifting: Sequence[Span]) -> list[int]:
    """Return how much of each turn is shifting."""
    spans = np.array(shifting, np.int64).reshape(-1, 2)
    before = np.append(np.int64(0), np.cumsum(spans[:, 1] - spans[:, 0]))

    def until(at: NDArray[np.int64]) -> NDArray[np.int64]:
        place = np.searchsorted(spans[:, 0], at, side="right")
        last = np.maximum(place - 1, 0)
        if len(spans) == 0:
            return np.zeros(len(at), np.int64)
        beyond = np.where(place > 0, np.maximum(spans[last, 1] - at, 0), 0)
        covered: NDArray[np.int64] = before[place] - beyond
        return covered

    starts = np.array([turn.start for turn in turns], np.int64)
    ends = np.array([turn.end for turn in turns], np.int64)
    shared: list[int] = (until(ends) - until(starts)).tolist()
    return shared


def _merged(spans: list[Span]) -> list[Span]:
    found: list[Span] = []
    for a, b in sorted(span for span in spans if span[0] < span[1]):
        if found and a <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], b))
        else:
            found.append((a, b))
    return found


class Waiting(NamedTuple):
    """Parts of the time in which a unit was blocked by what follows, and starved by what precedes."""

    blocked: float
    starved: float


def turning_point(line: Sequence[Waiting]) -> int | None:
    """Return which unit of a line is the turning point of waiting (Li, Chang, Ni 2009), None where there is none.

    Upstream of it blocking is more than starving, downstream the other way round, and it waits less than both its
    neighbours. [M] The criterion is as secondary sources tell it.
    """
    for place, unit in enumerate(line):
        before, after = line[:place], line[place + 1 :]
        waits = unit.blocked + unit.starved
        near = [each for each in (before[-1:], after[:1]) if each]
        if (
            all(each.blocked > each.starved for each in before)
            and all(each.starved > each.blocked for each in after)
            and all(waits < each[0].blocked + each[0].starved for each in near)
        ):
            return place
    return None
