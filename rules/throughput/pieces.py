"""The life of a unit cut into pieces in which nothing changes: state, class, plan and order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rules.throughput.classes import ClassMap, TimeClass, classify
from rules.throughput.packml import illegal
from rules.throughput.sums import Field
from rules.throughput.window import Points, Times, Track, Values, Window

HOUR_NS: Final = 3_600_000_000_000
_UNSEEN: Final = np.uint8(TimeClass.UNKNOWN)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Definition:
    """What decides a unit's numbers; times in ns.

    `minor_ns`: delays shorter than this are minor stops. `hold_ns`: silence longer than this is unknown time.
    `lateness_ns`: how late a row may come. `run_time_ns`: planned run time of a piece, None where the target
    speed (pieces a minute) says it. `bits` and `max_per_s` of the counters, in the order of `COUNTERS`.
    `known_edges`: whether states are PackML's, so that illegal changes can be told.
    """

    classes: ClassMap
    minor_ns: int
    hold_ns: int
    lateness_ns: int
    run_time_ns: int | None = None
    bits: tuple[int, ...] = (0, 0, 0)
    max_per_s: tuple[float, ...] = (np.inf, np.inf, np.inf)
    known_edges: bool = True


class Plan(NamedTuple):
    """Starts of the calendar's segments, rising int64 ns; each lasts until the next begins."""

    start_ns: Times


class Pieces(NamedTuple):
    """Spans [start, end) one after the other: int64 ns, `state` and `mode` float64, `booked` uint8 of `TimeClass`.

    `external` says where a state waits for neighbours, minor stops too. `run` numbers the delays (-1 elsewhere);
    `long` says which runs are no minor stops, `failed` which are failures.
    """

    start_ns: Times
    end_ns: Times
    state: Values
    mode: Values
    booked: NDArray[np.uint8]
    external: NDArray[np.bool_]
    run: NDArray[np.int64]
    long: NDArray[np.bool_]
    failed: NDArray[np.bool_]


def cut(window: Window, definition: Definition, plan: Plan, *, end_ns: int) -> Pieces:
    """Return the pieces of [folded, end): edges are changes, silence, hours and segments of the plan."""
    start_ns = window.folded_ns
    silent = silences(window, definition.hold_ns, end_ns=end_ns)
    standing = _changes(window.tracks[Track.SPEED])
    edges = np.concatenate(
        [
            np.array([start_ns, end_ns], np.int64),
            *(_edges(window.tracks[track]) for track in (Track.STATE, Track.MODE, Track.ORDER)),
            standing.time_ns,
            silent.reshape(-1),
            plan.start_ns,
            np.arange(-(-start_ns // HOUR_NS), end_ns // HOUR_NS + 1, dtype=np.int64) * HOUR_NS,
        ]
    )
    edges = np.unique(edges[(edges >= start_ns) & (edges <= end_ns)])
    at = edges[:-1]
    state, mode = value_at(window.tracks[Track.STATE], at), value_at(window.tracks[Track.MODE], at)
    order = value_at(window.tracks[Track.ORDER], at)
    booked = classify(
        definition.classes,
        state=state,
        mode=mode,
        standing=value_at(standing, at) > 0,
        without_order=order == 0,
    )
    booked[_inside(silent, at)] = _UNSEEN
    return _with_runs(at, edges[1:], state, mode, booked=booked, definition=definition)


def silences(window: Window, hold_ns: int, *, end_ns: int) -> Times:
    """Return the spans (n, 2) in which nothing was heard for longer than `hold_ns`."""
    starts = np.concatenate([np.array([window.folded_ns], np.int64), window.heard[:, 1]])
    ends = np.append(window.heard[:, 0], np.int64(end_ns))
    longer = ends - starts > hold_ns
    return np.stack([starts[longer], ends[longer]], axis=1)


def value_at(points: Points, at_ns: Times) -> Values:
    """Return what a track held at each time; NaN before its first point."""
    if len(points.time_ns) == 0:
        return np.full(len(at_ns), np.nan)
    place = np.searchsorted(points.time_ns, at_ns, side="right") - 1
    return np.where(place >= 0, points.value[np.maximum(place, 0)], np.nan)


def _edges(points: Points) -> Times:
    """Return when a track's value changed; its first point is a change."""
    value = points.value
    same = (value[1:] == value[:-1]) | (np.isnan(value[1:]) & np.isnan(value[:-1]))
    return points.time_ns[np.append(np.True_, ~same)] if len(value) else points.time_ns


def _changes(speed: Points) -> Points:
    """Return when a machine begins to stand (1) and to move (0); a bad value says nothing."""
    usable = np.isfinite(speed.value)
    time_ns, standing = speed.time_ns[usable], (speed.value[usable] <= 0).astype(np.float64)
    if len(time_ns) == 0:
        return Points(time_ns, standing)
    changed = np.append(np.True_, standing[1:] != standing[:-1])
    return Points(time_ns[changed], standing[changed])


def _inside(spans: Times, at_ns: Times) -> NDArray[np.bool_]:
    if len(spans) == 0:
        return np.zeros(len(at_ns), np.bool_)
    place = np.searchsorted(spans[:, 0], at_ns, side="right") - 1
    inside: NDArray[np.bool_] = (place >= 0) & (at_ns < spans[np.maximum(place, 0), 1])
    return inside


def _with_runs(
    start_ns: Times,
    end_ns: Times,
    state: Values,
    mode: Values,
    *,
    booked: NDArray[np.uint8],
    definition: Definition,
) -> Pieces:
    """Number the delays, and book those that are over in time as minor stops."""
    delayed = (booked == TimeClass.ADET_INTERNAL) | (booked == TimeClass.ADET_EXTERNAL)
    begins = delayed & ~np.append(np.False_, delayed[:-1])
    run = np.where(delayed, np.cumsum(begins) - 1, -1)
    count = int(begins.sum())
    length = np.zeros(count, np.int64)
    np.add.at(length, run[delayed], (end_ns - start_ns)[delayed])
    long = length >= definition.minor_ns
    failing = np.isin(state, list(definition.classes.failures)) & (
        booked == TimeClass.ADET_INTERNAL
    )
    failed = np.zeros(count, np.bool_)
    failed[run[failing]] = True
    short = delayed.copy()
    short[delayed] = ~long[run[delayed]]
    external = booked == TimeClass.ADET_EXTERNAL
    booked = np.where(short, np.uint8(TimeClass.MINOR), booked)
    return Pieces(start_ns, end_ns, state, mode, booked, external, run, long, failed & long)


def time_values(pieces: Pieces) -> Values:
    """Return a row (n, fields) for each piece: its time in its class, repairs, and stops where they begin."""
    rows = np.zeros((len(pieces.start_ns), len(Field)))
    length = (pieces.end_ns - pieces.start_ns).astype(np.float64)
    index = np.arange(len(length))
    rows[index, pieces.booked] = length
    delayed = pieces.run >= 0
    begins = np.flatnonzero(delayed & (pieces.run != np.append(-1, pieces.run[:-1])))
    failed = delayed.copy()
    failed[delayed] = pieces.failed[pieces.run[delayed]]
    rows[failed, Field.REPAIR] = length[failed]
    long = pieces.long[pieces.run[begins]]
    rows[begins[long], Field.STOPS] = 1
    rows[begins[~long], Field.MINOR_STOPS] = 1
    rows[begins[pieces.failed[pieces.run[begins]]], Field.FAILURES] = 1
    return rows


def illegal_changes(window: Window, *, before_ns: int) -> Times:
    """Return when the state changed along no edge of PackML, within the window and before a time."""
    time_ns, value = window.tracks[Track.STATE]
    if len(value) < 2:
        return np.empty(0, np.int64)
    at = time_ns[1:][illegal(value[:-1], value[1:])]
    return at[(at >= window.folded_ns) & (at < before_ns)]
