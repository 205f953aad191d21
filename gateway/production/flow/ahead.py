"""How the shift or an order will end: a forecast in planned time, told in the plant's time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.clock import NS_PER_S
from gateway.flow import FlowForecast
from gateway.production.flow.machine import counted, output
from gateway.production.kpi.glimpse import Glimpse
from gateway.production.kpi.records import Kept
from gateway.production.kpi.timetable import PlanKind, Segment, Timetable
from rules.throughput.pace import Forecast, forecast
from rules.throughput.pieces import HOUR_NS
from rules.throughput.sums import Field

LOOK_BACK_NS: Final = 72 * HOUR_NS
"""How far back parts are looked for."""

_PARTS: Final = 24
_LEAST: Final = 4
_LEAST_BUSY_NS: Final = HOUR_NS // 2
_MIN_NS: Final = 60 * NS_PER_S
_FAR_NS: Final = 400 * 86_400 * NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The shift that is worked now, or the local day where no calendar is kept; None where nobody works."""

    start_ns: int
    end_ns: int


def shift_at(timetable: Timetable, at_ns: int) -> Shift | None:
    """Return the shift of a moment; breaks belong to it."""
    segment = timetable.segment(at_ns)
    if segment.kind is PlanKind.OFF:
        return None
    last = segment
    for each in _segments(timetable, at_ns, at_ns + 3 * 24 * HOUR_NS):
        if (each.shift, each.shift_ns) != (segment.shift, segment.shift_ns):
            break
        last = each
    return Shift(start_ns=segment.shift_ns, end_ns=timetable.end_of(last))


def planned_ns(timetable: Timetable, start_ns: int, end_ns: int) -> int:
    """Return the planned busy time within [start, end)."""
    total = 0
    for each in _segments(timetable, start_ns, end_ns):
        if each.kind is PlanKind.BUSY:
            begins, ends = max(each.start_ns, start_ns), min(timetable.end_of(each), end_ns)
            total += max(0, ends - begins)
    return total


def moment_after(timetable: Timetable, at_ns: int, busy_ns: float) -> int | None:
    """Return when so much planned busy time has passed; None where that is more than 400 days ahead."""
    if not math.isfinite(busy_ns):
        return None
    left_ns = round(busy_ns)
    for each in _segments(timetable, at_ns, at_ns + _FAR_NS):
        if each.kind is not PlanKind.BUSY:
            continue
        begins, ends = max(each.start_ns, at_ns), timetable.end_of(each)
        if ends - begins >= left_ns:
            return begins + left_ns
        left_ns -= ends - begins
    return None


def _segments(timetable: Timetable, start_ns: int, end_ns: int) -> Iterator[Segment]:
    segment = timetable.segment(start_ns)
    while segment.start_ns < end_ns:
        yield segment
        segment = timetable.segment(timetable.end_of(segment))


def of_shift(glimpse: Glimpse, kept: Kept, *, now_ns: int) -> FlowForecast | None:
    """Return how the shift that is worked now will end at this machine, None where none is or too little is known."""
    timetable = glimpse.timetable
    shift = shift_at(timetable, now_ns)
    if shift is None:
        return None
    machine = glimpse.machine
    done = output(kept, machine.path, start_ns=shift.start_ns, end_ns=now_ns).good
    per_min = machine.settings.target_per_min
    whole_s = planned_ns(timetable, shift.start_ns, shift.end_ns) / NS_PER_S
    wanted = None if per_min is None else per_min * whole_s / 60
    left_s = planned_ns(timetable, now_ns, shift.end_ns) / NS_PER_S
    made, busy_s = parts(glimpse, kept, now_ns=now_ns)
    found = forecast(
        made, busy_s, left_s=left_s, wanted=done if wanted is None else wanted, done=done
    )
    if found is None:
        return None
    return _told(found, glimpse, "shift", done, wanted, now_ns=now_ns, end_ns=shift.end_ns)


def of_order(
    glimpse: Glimpse, kept: Kept, *, now_ns: int, wanted: float, done: float
) -> FlowForecast | None:
    """Return when so many good pieces will have left this machine, None where too little is known."""
    made, busy_s = parts(glimpse, kept, now_ns=now_ns)
    found = forecast(made, busy_s, left_s=0.0, wanted=wanted, done=done)
    if found is None:
        return None
    return _told(found, glimpse, "order", done, wanted, now_ns=now_ns, end_ns=None)


def parts(
    glimpse: Glimpse, kept: Kept, *, now_ns: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return good pieces and seen planned busy seconds of past parts: the newest hours, or minutes at the start."""
    hours: dict[int, NDArray[np.float64]] = {}
    for place, row in enumerate(kept.rows):
        ended = row.bucket_ns + HOUR_NS <= now_ns
        if row.unit == glimpse.machine.path and row.plan == PlanKind.BUSY.value and ended:
            vector = kept.sums[place]
            seen = vector[: int(Field.UNKNOWN)].sum()
            part = np.array([vector[Field.GOOD], seen])
            hours[row.bucket_ns] = hours.get(row.bucket_ns, np.zeros(2)) + part
    chosen = [hours[at] for at in sorted(hours) if hours[at][1] >= _LEAST_BUSY_NS][-_PARTS:]
    if len(chosen) >= _LEAST:
        table = np.array(chosen)
        return table[:, 0], table[:, 1] / NS_PER_S
    return _minutes(glimpse)


def _minutes(glimpse: Glimpse) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the whole planned minutes that are not settled yet."""
    window, found = glimpse.window, counted(glimpse)
    if window is None or len(found.time_ns) == 0:
        return np.empty(0), np.empty(0)
    first = max(int(found.time_ns[0]), window.begin_ns) // _MIN_NS + 1
    last = window.newest_ns // _MIN_NS
    if last <= first:
        return np.empty(0), np.empty(0)
    place = found.time_ns // _MIN_NS - first
    inside = (place >= 0) & (place < last - first)
    made = np.bincount(place[inside], weights=found.pieces[inside], minlength=last - first).astype(
        np.float64
    )
    busy = np.array(
        [
            glimpse.timetable.segment((first + n) * _MIN_NS).kind is PlanKind.BUSY
            for n in range(last - first)
        ],
        np.bool_,
    )
    return made[busy], np.full(int(busy.sum()), 60.0)


def _told(
    found: Forecast,
    glimpse: Glimpse,
    what: str,
    done: float,
    wanted: float | None,
    *,
    now_ns: int,
    end_ns: int | None,
) -> FlowForecast:
    shift = end_ns is not None
    aimed = shift and wanted is not None
    best, expected, worst = (
        None if wanted is None else moment_after(glimpse.timetable, now_ns, each * NS_PER_S)
        for each in found.finish_s
    )
    return FlowForecast(
        what=what,
        machine=glimpse.machine.path,
        end_ns=end_ns,
        done=done,
        wanted=wanted,
        expected=found.expected if shift else None,
        low=found.low if shift else None,
        high=found.high if shift else None,
        shortfall=found.shortfall if aimed else None,
        shortfall_low=found.shortfall_low if aimed else None,
        shortfall_high=found.shortfall_high if aimed else None,
        finish_ns=(best, expected, worst),
        assumes=found.assumes,
    )
