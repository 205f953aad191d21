"""Planned time as segments of UTC nanoseconds: exact over days of 23 and 25 hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from gateway.production.calendar import utc_min
from gateway.production.kpi.options import CalendarOptions, Weekday

_MIN_NS: Final = 60_000_000_000
_DAY_NS: Final = 86_400_000_000_000
_LOOK_BACK_DAYS: Final = 15


class PlanKind(StrEnum):
    """What is planned for a segment."""

    BUSY = "busy"
    DOWN = "down"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """From `start_ns` until the next segment; `shift_ns` is its shift's (or local day's) beginning, `day` local."""

    start_ns: int
    kind: PlanKind
    shift: str
    shift_ns: int
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """A shift on a day, in UTC ns."""

    name: str
    day: str
    start_ns: int
    end_ns: int
    breaks: tuple[tuple[int, int], ...]


class Timetable:
    """The segments of one calendar (all time is planned without one), built as far as they are asked for."""

    def __init__(self, calendar: CalendarOptions | None, *, time_zone: str) -> None:
        self._calendar = calendar
        named = time_zone if calendar is None or not calendar.time_zone else calendar.time_zone
        self.time_zone = named
        self._zone = ZoneInfo(named)
        self._exceptions = (
            {} if calendar is None else {each.day: each.shifts for each in calendar.exceptions}
        )
        self._from_ns = self._to_ns = 0
        self._segments: list[Segment] = []
        self._starts: NDArray[np.int64] = np.empty(0, np.int64)

    def starts(self, start_ns: int, end_ns: int) -> NDArray[np.int64]:
        """Return the beginnings of the segments that cover a range, at least; rising."""
        if not self._from_ns <= start_ns <= end_ns <= self._to_ns:
            self._from_ns = min(start_ns, self._from_ns or start_ns) - 2 * _DAY_NS
            self._to_ns = max(end_ns, self._to_ns) + 9 * _DAY_NS
            self._segments = self._built(self._day(self._from_ns), self._day(self._to_ns))
            self._starts = np.array([each.start_ns for each in self._segments], np.int64)
        first = max(0, int(np.searchsorted(self._starts, start_ns, side="right")) - 1)
        last = int(np.searchsorted(self._starts, end_ns, side="right"))
        return self._starts[first:last]

    def segment(self, at_ns: int) -> Segment:
        """Return the segment that a moment lies in."""
        self.starts(at_ns, at_ns)
        return self._segments[int(np.searchsorted(self._starts, at_ns, side="right")) - 1]

    def end_of(self, segment: Segment) -> int:
        """Return where a segment ends."""
        self.starts(segment.start_ns, segment.start_ns + 2 * _DAY_NS)
        return int(self._starts[int(np.searchsorted(self._starts, segment.start_ns, side="right"))])

    def shifts(self, day: date) -> list[Worked]:
        """Return the shifts that begin on a local day, in order."""
        if self._calendar is None:
            return []
        weekday = list(Weekday)[day.weekday()]
        regular = [n for n, each in self._calendar.shifts.items() if weekday in each.days]
        found = []
        for name in self._exceptions.get(day, regular):
            shift = self._calendar.shifts[name]
            start_ns, end_ns = (self._ns(day, minute) for minute in shift.span_min())
            breaks = [(self._ns(day, a), self._ns(day, b)) for a, b in shift.breaks_min()]
            whole = tuple((a, b) for a, b in breaks if b > a)
            if end_ns > start_ns:
                found.append(
                    Worked(
                        name=name,
                        day=day.isoformat(),
                        start_ns=start_ns,
                        end_ns=end_ns,
                        breaks=whole,
                    )
                )
        return sorted(found, key=lambda each: each.start_ns)

    def now_worked(self, at_ns: int) -> Worked:
        """Return the shift that a moment lies in; outside of one, that local day as a shift without a name."""
        segment = self.segment(at_ns)
        day = date.fromisoformat(segment.day)
        found = [s for s in self.shifts(day) if s.name == segment.shift] if segment.shift else []
        return found[0] if found else self._whole_day(day)

    def last_worked(self, before_ns: int) -> Worked:
        """Return the newest shift that had ended; the day before where there is no calendar or no such shift."""
        today = self._day(before_ns)
        for back in range(_LOOK_BACK_DAYS):
            ended = [s for s in self.shifts(today - timedelta(days=back)) if s.end_ns <= before_ns]
            if ended:
                return ended[-1]
        return self._whole_day(today - timedelta(days=1))

    @property
    def has_shifts(self) -> bool:
        """Whether a calendar says when shifts are."""
        return self._calendar is not None

    def _whole_day(self, day: date) -> Worked:
        start_ns, end_ns = self.day_span(day)
        return Worked(name="", day=day.isoformat(), start_ns=start_ns, end_ns=end_ns, breaks=())

    def day_span(self, day: date) -> tuple[int, int]:
        """Return a local day in UTC ns: 23, 24 or 25 hours."""
        return self._ns(day, 0), self._ns(day + timedelta(days=1), 0)

    def local_day(self, at_ns: int) -> date:
        """Return the local date of a moment."""
        return self._day(at_ns)

    def _day(self, at_ns: int) -> date:
        return datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).astimezone(self._zone).date()

    def _ns(self, day: date, minute: int) -> int:
        return utc_min(day, minute, self._zone) * _MIN_NS

    def _built(self, first: date, last: date) -> list[Segment]:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        found = {start: self._free(start, day) for day in days for start in [self._ns(day, 0)]}
        at_ns = 0
        for day in [first - timedelta(days=1), *days]:
            for shift in self.shifts(day):
                start_ns = max(
                    shift.start_ns, at_ns
                )  # an exception may call a shift into another's night
                if start_ns >= shift.end_ns:
                    continue
                for covered in [ns for ns in found if start_ns <= ns < shift.end_ns]:
                    del found[covered]
                for segment in _of_shift(shift, start_ns):
                    found[segment.start_ns] = segment
                at_ns = shift.end_ns
                found.setdefault(at_ns, self._free(at_ns, self._day(at_ns)))
        return [found[ns] for ns in sorted(found)]

    def _free(self, start_ns: int, day: date) -> Segment:
        kind = PlanKind.BUSY if self._calendar is None else PlanKind.OFF
        return Segment(
            start_ns=start_ns,
            kind=kind,
            shift="",
            shift_ns=self._ns(day, 0),
            day=day.isoformat(),
        )


def _of_shift(shift: Worked, start_ns: int) -> list[Segment]:
    marks = [(start_ns, PlanKind.BUSY)]
    for opens, closes in shift.breaks:
        marks += [(opens, PlanKind.DOWN), (closes, PlanKind.BUSY)]
    ends = [ns for ns, _ in marks[1:]] + [shift.end_ns]
    return [
        Segment(
            start_ns=max(ns, start_ns),
            kind=kind,
            shift=shift.name,
            shift_ns=shift.start_ns,
            day=shift.day,
        )
        for (ns, kind), end_ns in zip(marks, ends, strict=True)
        if end_ns > max(ns, start_ns)
    ]
