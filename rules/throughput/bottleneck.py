"""Where the line's bottleneck is, moment by moment: the longest uninterrupted active period (Roser)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np

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
    periods = {
        unit: [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]
        for unit, spans in active.items()
    }
    edges = sorted({start, end, *(t for spans in periods.values() for s in spans for t in s)})
    chosen: list[tuple[str, Span, int, int]] = []
    for at, until in pairwise(edges):
        running = [
            (period[1] - period[0], -place, unit, period)
            for place, (unit, spans) in enumerate(periods.items())
            for period in spans
            if period[0] <= at < period[1]
        ]
        if not running:
            continue
        _, _, unit, period = max(running, key=lambda each: each[:2])
        if chosen and chosen[-1][:2] == (unit, period) and chosen[-1][3] == at:
            chosen[-1] = (unit, period, chosen[-1][2], until)
        else:
            chosen.append((unit, period, at, until))
    shifting = _merged(
        [
            (max(one[0], two[0]), min(one[1], two[1]))
            for (_, one, _, _), (_, two, _, _) in pairwise(chosen)
        ]
    )
    turns = tuple(Turn(unit, a, b) for unit, _, a, b in chosen)
    sole = dict.fromkeys(active, 0)
    for turn in turns:
        shared = sum(max(0, min(turn.end, b) - max(turn.start, a)) for a, b in shifting)
        sole[turn.unit] += turn.end - turn.start - shared
    share = {
        unit: sum(b - a for a, b in spans) / (end - start) if end > start else 0.0
        for unit, spans in periods.items()
    }
    return Bottleneck(
        turns=turns,
        shifting=tuple(shifting),
        sole={unit: time for unit, time in sole.items() if time},
        active_share=share,
        shift_total=sum(b - a for a, b in shifting),
    )


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
