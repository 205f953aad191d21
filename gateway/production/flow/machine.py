"""One machine of a line as the flow sees it: what it did, how fast it is, what it is to reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.clock import NS_PER_S
from gateway.flow import Drift
from gateway.production.kpi.glimpse import Glimpse
from gateway.production.kpi.records import Kept
from gateway.production.kpi.timetable import PlanKind
from rules.throughput import pace
from rules.throughput.counters import deltas_of_one
from rules.throughput.doing import Doing, doing, periods
from rules.throughput.sums import Field
from rules.throughput.waits import Stood
from rules.throughput.window import COUNTERS, Track

_MADE: Final = (Field.GOOD, Field.SCRAP, Field.REWORK)
_SEEN: Final = slice(0, int(Field.UNKNOWN))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Told:
    """A machine's spans with what it does in each; `stood` for its neighbours, `active` for the bottleneck."""

    glimpse: Glimpse
    doing: NDArray[np.uint8]
    stood: Stood
    active: NDArray[np.int64]


def told(glimpse: Glimpse) -> Told:
    """Read a machine's spans."""
    spans = glimpse.spans
    does = doing(
        glimpse.machine.definition.classes,
        booked=spans.booked,
        state=spans.state,
        mode=spans.mode,
    )

    def of(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        return periods(spans.start_ns, spans.end_ns, mask)

    idle = spans.booked == Field.ADOT
    return Told(
        glimpse=glimpse,
        doing=does,
        stood=Stood(waits=of(does == Doing.WAITS), stands=of(does == Doing.STANDS)),
        active=of(((does == Doing.WORKS) | (does == Doing.STANDS)) & ~idle),
    )


def now(one: Told) -> tuple[Doing, int | None]:
    """Return what a machine does at the end of its spans, and since when (None: never seen)."""
    if len(one.doing) == 0:
        return Doing.UNSEEN, None
    spans = one.glimpse.spans
    other = np.flatnonzero(one.doing != one.doing[-1])
    first = int(other[-1]) + 1 if len(other) else 0
    return Doing(int(one.doing[-1])), int(spans.start_ns[first])


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Pieces and seen busy seconds of a window, and the minor stops in it."""

    pieces: float
    good: float
    busy_s: float
    minor_stops: int
    minor_stop_s: float


def output(kept: Kept, unit: str, *, start_ns: int, end_ns: int) -> Output:
    """Add up what a machine made in planned busy time; the window's edges are those of hours or of the plan."""
    places = [
        place
        for place, row in enumerate(kept.rows)
        if row.unit == unit
        and row.plan == PlanKind.BUSY.value
        and start_ns <= max(row.bucket_ns, row.segment_ns) < end_ns
    ]
    total = kept.sums[places].sum(axis=0)
    return Output(
        pieces=float(total[list(_MADE)].sum()),
        good=float(total[Field.GOOD]),
        busy_s=float(total[_SEEN].sum()) / NS_PER_S,
        minor_stops=int(total[Field.MINOR_STOPS]),
        minor_stop_s=float(total[Field.MINOR]) / NS_PER_S,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long a piece takes and is to take, in seconds; `wanted_per_min` from the configuration or the machine."""

    cycle_s: float | None
    planned_s: float | None
    wanted_per_min: float | None
    drift: Drift | None


def pace_of(glimpse: Glimpse) -> Pace:
    """Read the newest counter readings of a machine, as far back as they are not settled."""
    window = glimpse.window
    set_per_min = glimpse.machine.settings.target_per_min
    if window is None:
        return Pace(cycle_s=None, planned_s=None, wanted_per_min=set_per_min, drift=None)
    found = counted(glimpse)
    cycles = pace.cycles(found.time_ns, found.since_ns, found.pieces)
    drifting = pace.drift(cycles)
    shown = window.tracks[Track.TARGET].value
    speed = float(shown[-1]) if len(shown) and np.isfinite(shown[-1]) and shown[-1] > 0 else None
    run_ns = glimpse.machine.definition.run_time_ns
    planned_s = run_ns / NS_PER_S if run_ns else (60 / speed if speed else None)
    return Pace(
        cycle_s=pace.median_cycle_s(cycles),
        planned_s=planned_s,
        wanted_per_min=set_per_min if set_per_min is not None else speed,
        drift=None if drifting is None else Drift(**drifting._asdict()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What the good counter counted at each of its readings, by time."""

    time_ns: NDArray[np.int64]
    since_ns: NDArray[np.int64]
    pieces: NDArray[np.float64]


def counted(glimpse: Glimpse) -> Counted:
    """Return what the good counter counted within the window that is not settled."""
    window, definition = glimpse.window, glimpse.machine.definition
    if window is None:
        none = np.empty(0, np.int64)
        return Counted(none, none, np.empty(0))
    place = COUNTERS.index(Track.GOOD)
    time_ns, value = window.tracks[Track.GOOD]
    found = deltas_of_one(
        time_ns, value, bits=definition.bits[place], max_per_s=definition.max_per_s[place]
    )
    believed = ~found.suspect
    return Counted(time_ns[believed], found.since_ns[believed], found.pieces[believed])
