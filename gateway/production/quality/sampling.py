"""When checks fall due on a lot: a function of what its machine counted, so that a replay finds the same checks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.clock import NS_PER_S
from gateway.production.quality.counting import Resumed, Trail
from gateway.production.quality.model import Checklist, Coming, LotRun, Trigger

MIN_NS: Final = 60 * NS_PER_S
MOST_AT_ONCE: Final = 1000
"""Checks of one trigger that one reading may make due: a counter that leaps is no reason for a flood."""
_NEAR: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One check of a checklist that falls due at a piece of a lot."""

    checklist: Checklist
    lot_run: int
    piece: int
    position: float
    trigger: Trigger
    time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """What fell due, and what is remembered for the next time."""

    due: tuple[Due, ...]
    marks: Mapping[str, Any]


def holds(checklist: Checklist, lot: LotRun) -> bool:
    """Say whether a checklist is one of a lot."""
    here = lot.machine in checklist.machines or checklist.id == lot.checklist
    return here and (not checklist.products or lot.product in checklist.products)


def sample(
    checklists: Sequence[Checklist],
    lot: LotRun,
    *,
    marks: Mapping[str, Any],
    changed_over: bool,
    trail: Trail,
    resumed: Sequence[Resumed],
    known_ns: int = 0,
) -> Sampled:
    """Return what falls due between what was looked at before (`marks`) and the end of the trail.

    The lot's beginning has its position; an end it has bounds what is looked at. `known_ns` is a time until which
    nothing more is expected, where that is later than the trail.
    """
    start = lot.start_pos
    assert start is not None
    ended = lot.end_pos is not None
    now = float(trail.position[-1]) if lot.end_pos is None else lot.end_pos
    until_ns = max(int(trail.time_ns[-1]), known_ns) if lot.end_ns is None else lot.end_ns
    seen = float(marks.get("seen", start))
    found: list[Due] = []
    kept: dict[str, Any] = {"seen": max(seen, now)}
    before = {name: dict(held) for name, held in marks.get("lists", {}).items()}
    for each in checklists:
        mine = before.setdefault(each.id, {})
        look = _Look(each, lot, start, seen, now, trail)
        for sampling in each.sampling:
            every = sampling.every or 0.0
            if sampling.trigger is Trigger.FIRST:
                found += look.pieces([1], Trigger.FIRST)
            elif sampling.trigger is Trigger.COUNT:
                found += look.pieces(look.multiples(every), Trigger.COUNT)
            elif sampling.trigger is Trigger.LAST:
                found += look.last(mine, ended=ended)
            elif sampling.trigger is Trigger.TIME:
                found += look.times(mine, every, until_ns)
            elif sampling.trigger is Trigger.STOP:
                found += look.stops(every, resumed)
            elif changed_over and "over" not in mine:
                mine["over"] = True
                found.append(look.due(0, Trigger.CHANGE_OVER, lot.start_ns))
    kept["lists"] = {name: held for name, held in before.items() if held}
    return Sampled(due=tuple(found), marks=kept)


class _Look:
    """One checklist looking at one lot between two positions."""

    def __init__(  # noqa: PLR0917 - private, called once above
        self,
        checklist: Checklist,
        lot: LotRun,
        start: float,
        seen: float,
        now: float,
        trail: Trail,
    ) -> None:
        self.checklist, self.lot, self.trail = checklist, lot, trail
        self.start, self.seen, self.now = start, seen, now

    def due(self, piece: int, trigger: Trigger, time_ns: int) -> Due:
        return Due(
            checklist=self.checklist,
            lot_run=self.lot.id,
            piece=piece,
            position=self.start + piece,
            trigger=trigger,
            time_ns=time_ns,
        )

    def pieces(self, pieces: Sequence[int], trigger: Trigger) -> list[Due]:
        """Return checks of the pieces that were made since the last look."""
        return [
            self.due(piece, trigger, self.trail.when(self.start + piece))
            for piece in pieces
            if self.seen + _NEAR < self.start + piece <= self.now + _NEAR
        ]

    def multiples(self, every: float) -> list[int]:
        step = max(1, round(every))
        first = math.floor((self.seen - self.start + _NEAR) / step) + 1
        last = math.floor((self.now - self.start + _NEAR) / step)
        return [step * each for each in range(max(first, last - MOST_AT_ONCE + 1), last + 1)]

    def last(self, mine: dict[str, Any], *, ended: bool) -> list[Due]:
        """Return the check of the last piece: the wanted one, or where a lot ends before it."""
        made = math.floor(self.now - self.start + _NEAR)
        wanted = self.lot.wanted
        piece = wanted if wanted is not None and made >= wanted else made if ended else 0
        if piece <= 0 or "last" in mine:
            return []
        mine["last"] = piece
        return [self.due(piece, Trigger.LAST, self.trail.when(self.start + piece))]

    def times(self, mine: dict[str, Any], every_min: float, until_ns: int) -> list[Due]:
        """Return a check for each interval since the beginning in which something was made."""
        step_ns = max(1, round(every_min * MIN_NS))
        number, position = mine.get("time", [0, self.start])
        reached = (until_ns - self.lot.start_ns) // step_ns
        found = []
        for each in range(max(number + 1, reached - MOST_AT_ONCE + 1), reached + 1):
            at_ns = self.lot.start_ns + each * step_ns
            now = min(self.trail.at(at_ns), self.now)
            if now >= position + 1 - _NEAR:
                found.append(self.due(math.floor(now - self.start + _NEAR), Trigger.TIME, at_ns))
                position = now
        mine["time"] = [max(number, reached), position]
        return found

    def stops(self, least_min: float, resumed: Sequence[Resumed]) -> list[Due]:
        """Return a check of the next piece after each stop that was long enough."""
        end_ns = self.lot.end_ns
        return [
            self.due(self._next_piece(each.time_ns), Trigger.STOP, each.time_ns)
            for each in resumed
            if each.stood_ns >= least_min * MIN_NS
            and self.lot.start_ns <= each.time_ns
            and (end_ns is None or each.time_ns <= end_ns)
        ]

    def _next_piece(self, time_ns: int) -> int:
        return math.floor(max(0.0, self.trail.at(time_ns) - self.start) + _NEAR) + 1


def coming(
    checklists: Sequence[Checklist], lot: LotRun, *, position: float, marks: Mapping[str, Any]
) -> list[Coming]:
    """Return what falls due next on a running lot, as far as pieces or time decide it."""
    if lot.start_pos is None:
        return []
    made = position - lot.start_pos
    found = []
    for each in checklists:
        for sampling in each.sampling:
            at = _ahead(sampling.trigger, sampling.every or 0.0, lot, made)
            at_ns = None
            if sampling.trigger is Trigger.TIME:
                step_ns = max(1, round((sampling.every or 1.0) * MIN_NS))
                done = marks.get("lists", {}).get(each.id, {}).get("time", [0, 0])[0]
                at_ns = lot.start_ns + (done + 1) * step_ns
            if at is not None or at_ns is not None:
                found.append(
                    Coming(
                        checklist=each.id, title=each.title, machine=lot.machine, lot=lot.lot,
                        trigger=sampling.trigger, in_pieces=at, at_ns=at_ns,
                    )
                )  # fmt: skip
    return found


def _ahead(trigger: Trigger, every: float, lot: LotRun, made: float) -> float | None:
    """Return the pieces until a trigger, None where pieces do not decide it or it is past."""
    if trigger is Trigger.FIRST:
        return 1 - made if made < 1 else None
    if trigger is Trigger.COUNT:
        step = max(1, round(every))
        return step - made % step
    if trigger is Trigger.LAST and lot.wanted is not None and made < lot.wanted:
        return lot.wanted - made
    return None
