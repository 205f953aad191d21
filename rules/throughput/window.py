"""What a work unit told within the lateness: its tracks, when it was heard of, and what held before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]
Values = NDArray[np.float64]


class Track(IntEnum):
    """What is followed of a unit; `PRESENCE` is any row at all and has no value."""

    STATE = 0
    MODE = 1
    SPEED = 2
    TARGET = 3
    GOOD = 4
    REJECT = 5
    REWORK = 6
    ORDER = 7
    PRESENCE = 8


TRACKS: Final = 8
COUNTERS: Final = (Track.GOOD, Track.REJECT, Track.REWORK)


class Rows(NamedTuple):
    """Rows of one unit in any order: `track` of `Track`, `time_ns` int64, `value` float64 (NaN: bad)."""

    track: NDArray[np.uint8]
    time_ns: Times
    value: Values


class Points(NamedTuple):
    """One track by rising time; the first point may lie before the window and say what held at its start."""

    time_ns: Times
    value: Values


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Window:
    """Everything from `folded_ns` on is kept as it was told; what lies before is in the base sums.

    Accounting begins at `begin_ns`. `heard` (n, 2) are the spans in which rows followed each other closely.
    `broken` says, by counter, whether something between its last folded reading and `folded_ns` was not seen.
    """

    begin_ns: int
    folded_ns: int
    newest_ns: int
    tracks: tuple[Points, ...]
    heard: Times
    broken: tuple[bool, ...]


def begin(at_ns: int) -> Window:
    """Return the window of a unit that is first heard of at `at_ns`."""
    none = Points(np.empty(0, np.int64), np.empty(0))
    return Window(
        begin_ns=at_ns,
        folded_ns=at_ns,
        newest_ns=at_ns,
        tracks=(none,) * TRACKS,
        heard=np.empty((0, 2), np.int64),
        broken=(False,) * len(COUNTERS),
    )


class Inserted(NamedTuple):
    """The window with the rows in it, and which of them came too late to change sums."""

    window: Window
    late: NDArray[np.bool_]


def insert(window: Window, rows: Rows, *, hold_ns: int) -> Inserted:
    """Return the window with more rows, whatever their order; equal rows have the effect of one.

    Of a row from before the fold, the time is settled, but the value is not: the newest of its track is what
    holds at the fold. A counter's reading from before the fold adds nothing, the next one counts past it. A bad
    value is no sign of life.
    """
    settled = rows.time_ns < window.folded_ns
    late = settled & (window.folded_ns > window.begin_ns) & (rows.track != Track.PRESENCE)
    newest = max(window.newest_ns, int(rows.time_ns.max(initial=window.newest_ns)))
    tracks = tuple(
        _merged(points, _of(rows, Track(number), late), fold_ns=window.folded_ns)
        for number, points in enumerate(window.tracks)
    )
    alive = ~settled & (np.isfinite(rows.value) | (rows.track == Track.PRESENCE))
    spans = np.concatenate([window.heard, np.stack([rows.time_ns[alive]] * 2, axis=1)])
    grown = replace(window, newest_ns=newest, tracks=tracks, heard=_joined(spans, hold_ns))
    return Inserted(grown, late)


def trim(window: Window, fold_ns: int, broken: tuple[bool, ...]) -> Window:
    """Return what must be kept once everything before `fold_ns` is in the base sums."""
    return replace(
        window,
        folded_ns=fold_ns,
        tracks=tuple(_kept(points, fold_ns) for points in window.tracks),
        heard=window.heard[window.heard[:, 1] >= fold_ns],
        broken=broken,
    )


def thin(window: Window, before_ns: int) -> Window:
    """Return the window without the points before a time that say nothing new; no sum changes by it.

    Of equal counter readings in a row the first and the last stay, of other tracks the first; of speeds only
    whether the machine stands counts.
    """
    return replace(
        window,
        tracks=tuple(
            _thinned(points, Track(number), before_ns)
            for number, points in enumerate(window.tracks)
        ),
    )


def _thinned(points: Points, track: Track, before_ns: int) -> Points:
    time_ns, value = points
    if len(time_ns) < 3 or time_ns[1] >= before_ns:
        return points
    told = np.where(np.isnan(value), np.nan, value <= 0) if track is Track.SPEED else value
    same = (told[1:] == told[:-1]) | (np.isnan(told[1:]) & np.isnan(told[:-1]))
    spare = np.append(np.False_, same)
    if track in COUNTERS:
        spare &= np.append(same, np.False_)
        # The last reading before `before_ns` is what the next one counts from.
        spare[int(np.searchsorted(time_ns, before_ns)) - 1] = False
    spare &= time_ns < before_ns
    return Points(time_ns[~spare], value[~spare])


def _of(rows: Rows, track: Track, late: NDArray[np.bool_]) -> Points:
    mine = rows.track == track
    if track in COUNTERS:
        mine = mine & np.isfinite(rows.value) & ~late
    return Points(rows.time_ns[mine], rows.value[mine])


def _merged(points: Points, more: Points, *, fold_ns: int) -> Points:
    if len(more.time_ns) == 0:
        return points
    time_ns = np.concatenate([points.time_ns, more.time_ns])
    order = np.argsort(time_ns, kind="stable")
    time_ns, value = time_ns[order], np.concatenate([points.value, more.value])[order]
    last = np.append(time_ns[1:] != time_ns[:-1], np.True_)
    return _kept(Points(time_ns[last], value[last]), fold_ns)


def _kept(points: Points, fold_ns: int) -> Points:
    """Return the points from `fold_ns` on, and the last one before, which holds there.

    A point just at the fold is an event of the window still, a counter's too, so the one before stays.
    """
    first = int(np.searchsorted(points.time_ns, fold_ns, side="left")) - 1
    keep = slice(max(first, 0), None)
    return Points(points.time_ns[keep], points.value[keep])


def _joined(spans: Times, hold_ns: int) -> Times:
    """Return spans that lie closer than `hold_ns` as one."""
    if len(spans) < 2:
        return spans
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    reach = np.maximum.accumulate(spans[:, 1])
    fresh = np.append(True, spans[1:, 0] > reach[:-1] + hold_ns)
    starts = np.flatnonzero(fresh)
    return np.stack([spans[starts, 0], np.maximum.reduceat(spans[:, 1], starts)], axis=1)
