"""Sums of a unit's window: its pieces and its counters, by bucket, segment and order; and the fold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rules.throughput.classes import TimeClass
from rules.throughput.counters import Step, deltas_of_one
from rules.throughput.pieces import (
    HOUR_NS,
    Definition,
    Pieces,
    Plan,
    cut,
    illegal_changes,
    silences,
    time_values,
    value_at,
)
from rules.throughput.sums import WIDTH, Field, Key, Vector, grouped
from rules.throughput.window import COUNTERS, Times, Track, Values, Window, thin, trim

_MIN_NS = 60e9


class Account(NamedTuple):
    """What a span holds: its pieces, its sums, and by counter whether its last reading precedes unseen time."""

    pieces: Pieces
    sums: dict[Key, Vector]
    broken: tuple[bool, ...]


def account(window: Window, definition: Definition, plan: Plan, *, end_ns: int) -> Account:
    """Return what the window holds up to `end_ns`, which is the newest row's time or later.

    Time after the newest row is provisional: the last state goes on, or unknown time where the silence is long.
    """
    return _account(window, definition, plan, end_ns=end_ns, before_ns=end_ns + 1)


class Folded(NamedTuple):
    """A window after its fold, and what was settled by it."""

    window: Window
    settled: Account | None


def fold(window: Window, definition: Definition, plan: Plan, *, least_ns: int = 0) -> Folded:
    """Settle what lies before the watermark, as far as nothing that may still come can change it.

    The watermark is the newest row's time less the lateness. Nothing is settled in the middle of a delay, whose
    length decides how it is booked, nor of a silence; less than `least_ns` is left for later.
    """
    mark_ns = window.newest_ns - definition.lateness_ns
    if mark_ns - window.folded_ns <= least_ns:
        return Folded(window, None)
    until_ns = _settled_until(window, definition, plan, mark_ns)
    if until_ns - window.folded_ns <= least_ns:
        return Folded(thin(window, mark_ns), None)
    done = _account(window, definition, plan, end_ns=until_ns, before_ns=until_ns)
    return Folded(trim(thin(window, mark_ns), until_ns, done.broken), done)


def _settled_until(window: Window, definition: Definition, plan: Plan, mark_ns: int) -> int:
    pieces = cut(window, definition, plan, end_ns=window.newest_ns)
    for start_ns, end_ns in silences(window, definition.hold_ns, end_ns=window.newest_ns).tolist():
        if start_ns <= mark_ns < end_ns:
            mark_ns = start_ns
    near = np.flatnonzero((pieces.start_ns <= mark_ns) & (pieces.end_ns >= mark_ns))
    runs = pieces.run[near]
    if (runs >= 0).any():
        first = int(np.flatnonzero(pieces.run == runs[runs >= 0].min())[0])
        return int(pieces.start_ns[first])
    return mark_ns


def _account(
    window: Window, definition: Definition, plan: Plan, *, end_ns: int, before_ns: int
) -> Account:
    pieces = cut(window, definition, plan, end_ns=end_ns)
    keys = [_keys(window, plan, pieces.start_ns)]
    values = [time_values(pieces)]
    if definition.known_edges:
        at = illegal_changes(window, before_ns=before_ns)
        keys.append(_keys(window, plan, at))
        values.append(_only(len(at), Field.ILLEGAL))
    broken = []
    for place in range(len(COUNTERS)):
        at, rows, is_broken = _counted(window, definition, pieces, place=place, before_ns=before_ns)
        keys.append(_keys(window, plan, at))
        values.append(rows)
        broken.append(is_broken)
    sums = grouped(np.concatenate(keys), np.concatenate(values))
    return Account(pieces, sums, tuple(broken))


def _keys(window: Window, plan: Plan, at_ns: Times) -> NDArray[np.int64]:
    place = np.searchsorted(plan.start_ns, at_ns, side="right") - 1
    order = np.nan_to_num(value_at(window.tracks[Track.ORDER], at_ns))
    columns = (at_ns // HOUR_NS * HOUR_NS, plan.start_ns[np.maximum(place, 0)], order)
    return np.stack([column.astype(np.int64) for column in columns], axis=1)


def _only(count: int, field: Field) -> Values:
    rows = np.zeros((count, WIDTH))
    rows[:, field] = 1
    return rows


_PIECES_AS = {Track.GOOD: Field.GOOD, Track.REJECT: Field.SCRAP, Track.REWORK: Field.REWORK}


def _counted(
    window: Window,
    definition: Definition,
    pieces: Pieces,
    *,
    place: int,
    before_ns: int,
) -> tuple[Times, Values, bool]:
    """Return when a counter counted, what that adds, and whether time after its last reading was not seen."""
    track = COUNTERS[place]
    time_ns, value = window.tracks[track]
    within = time_ns < before_ns
    time_ns, value = time_ns[within], value[within]
    found = deltas_of_one(
        time_ns, value, bits=definition.bits[place], max_per_s=definition.max_per_s[place]
    )
    unseen = _Unseen(window, pieces, was_broken=window.broken[place])
    until_ns = int(pieces.end_ns[-1]) if len(pieces.end_ns) else window.folded_ns
    last_ns = time_ns[-1:] if len(time_ns) else np.array([window.folded_ns - 1])
    broken = bool(unseen.between(last_ns, np.array([until_ns]))[0])
    mine = (time_ns >= window.folded_ns) & ((found.pieces > 0) | (found.step == Step.RESET))
    at = time_ns[mine]
    rows = np.zeros((len(at), WIDTH))
    pieces_made = found.pieces[mine]
    covered = ~unseen.between(found.since_ns[mine], at)
    rows[:, Field.SUSPECT] = np.where(found.suspect[mine], pieces_made, 0)
    rows[:, Field.RESETS] = found.step[mine] == Step.RESET
    rows[:, Field.UNCOVERED] = np.where(covered, 0, pieces_made)
    made = np.where(covered, pieces_made, 0)
    rows[:, _PIECES_AS[track]] = made
    _rate(rows, window, definition, at, made=made, is_good=track is Track.GOOD)
    if track is Track.REJECT:
        rows[:, Field.START_UP_SCRAP] = np.where(_setting_up(pieces, at), made, 0)
    return at, rows, broken


def _rate(
    rows: Values,
    window: Window,
    definition: Definition,
    at: Times,
    *,
    made: Values,
    is_good: bool,
) -> None:
    """Add the planned run time of what was made."""
    if definition.run_time_ns is not None:
        each_ns = np.full(len(at), float(definition.run_time_ns))
    else:
        target = value_at(window.tracks[Track.TARGET], at)
        with np.errstate(divide="ignore", invalid="ignore"):
            each_ns = np.where(target > 0, _MIN_NS / target, np.nan)
    ideal = np.rint(each_ns * made)
    rows[:, Field.UNRATED] = np.where(np.isnan(ideal), made, 0)
    rows[:, Field.IDEAL] = np.nan_to_num(ideal)
    if is_good:
        rows[:, Field.GOOD_IDEAL] = np.nan_to_num(ideal)


def _setting_up(pieces: Pieces, at: Times) -> NDArray[np.bool_]:
    if len(pieces.start_ns) == 0:
        return np.zeros(len(at), np.bool_)
    place = np.searchsorted(pieces.start_ns, at, side="right") - 1
    setting: NDArray[np.bool_] = pieces.booked[np.maximum(place, 0)] == TimeClass.ASUT
    return setting


class _Unseen:
    """How much time was unknown up to any moment of the window."""

    def __init__(self, window: Window, pieces: Pieces, *, was_broken: bool) -> None:
        self._folded_ns = window.folded_ns
        self._was_broken = was_broken
        self._pieces = pieces
        unknown = pieces.booked == TimeClass.UNKNOWN
        length = np.where(unknown, pieces.end_ns - pieces.start_ns, 0)
        self._unknown = unknown
        self._before = np.append(np.int64(0), np.cumsum(length))

    def between(self, since_ns: Times, until_ns: Times) -> NDArray[np.bool_]:
        """Say whether any time in each span was unknown; a span from before the fold asks what was carried."""
        carried = (since_ns < self._folded_ns) & self._was_broken
        return carried | (self._until(until_ns) > self._until(since_ns))

    def _until(self, at_ns: Times) -> NDArray[np.int64]:
        if len(self._unknown) == 0:
            return np.zeros(len(at_ns), np.int64)
        at = np.clip(at_ns, self._pieces.start_ns[0], self._pieces.end_ns[-1])
        place = np.searchsorted(self._pieces.start_ns, at, side="right") - 1
        inside = np.where(self._unknown[place], at - self._pieces.start_ns[place], 0)
        return self._before[place] + inside
