"""Calendars as exact minutes: wall time of a zone becomes UTC working windows with a cumulative table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from gateway.errors import InvalidRequestError
from gateway.production.model import Calendar, Shift

MIN_PER_DAY: Final = 1440
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Minutes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class WorkingTime:
    """Working windows [start, end) in UTC minutes, disjoint and rising; `before` is the work before each."""

    start: Minutes
    end: Minutes
    before: Minutes

    @property
    def total_min(self) -> int:
        """All working minutes of the table."""
        return int((self.end - self.start).sum())

    def worked(self, at_min: int) -> int:
        """Return the working minutes of the table before an instant."""
        window = int(np.searchsorted(self.start, at_min, side="right")) - 1
        if window < 0:
            return 0
        inside = min(at_min, int(self.end[window])) - int(self.start[window])
        return int(self.before[window]) + inside

    def between(self, start_min: int, end_min: int) -> int:
        """Return the working minutes in [start, end)."""
        return self.worked(end_min) - self.worked(start_min)

    def after(self, start_min: int, work_min: int) -> int:
        """Return the first instant by which `work_min` of work are done from `start_min` on.

        Raises `InvalidRequestError` where the table ends before that.
        """
        if work_min == 0:
            return start_min
        target = self.worked(start_min) + work_min
        window = int(np.searchsorted(self.before, target, side="left")) - 1
        if target > self.total_min or window < 0:
            raise InvalidRequestError(
                f"{work_min} working minutes go past the calendar's last window: plan a longer horizon"
            )
        return int(self.start[window]) + target - int(self.before[window])

    def closures(self, start_min: int, end_min: int) -> tuple[tuple[int, int], ...]:
        """Return what is not worked in [start, end), as (from, to) in UTC minutes."""
        found, at = [], start_min
        for opens, closes in zip(self.start.tolist(), self.end.tolist(), strict=True):
            if closes <= start_min or opens >= end_min:
                continue
            if opens > at:
                found.append((at, opens))
            at = max(at, min(closes, end_min))
        if at < end_min:
            found.append((at, end_min))
        return tuple(found)


def zone(name: str) -> ZoneInfo:
    """Return an IANA time zone; raises `InvalidRequestError`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidRequestError(
            f'"{name[:60]}" is not a time zone (want an IANA name such as Europe/Berlin)'
        ) from error


def working_time(calendar: Calendar, *, start: date, end: date) -> WorkingTime:
    """Return the working windows of the local days [start, end); a night shift may end after them.

    A wall time that daylight saving skips is the moment of the change; one that comes twice is the first.
    """
    where = zone(calendar.zone)
    exceptions = {each.day: each.shifts for each in calendar.exceptions}
    windows: list[tuple[int, int]] = []
    for number in range((end - start).days):
        day = start + timedelta(days=number)
        regular = tuple(each for each in calendar.shifts if each.weekday == day.weekday())
        for shift in exceptions.get(day, regular):
            windows += _windows(shift, day, where)
    return _table(_merged(windows))


def utc_min(day: date, minute: int, where: ZoneInfo) -> int:
    """Return a local wall time as UTC minutes; `minute` may lie past midnight."""
    naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 - a wall time
    before = _to_min(naive.replace(tzinfo=where, fold=0).astimezone(UTC))
    after = _to_min(naive.replace(tzinfo=where, fold=1).astimezone(UTC))
    if after >= before:
        return before
    low, high = after, before  # skipped by the clock: find the change between the two readings
    offset = _offset(high, where)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset(middle, where) == offset else (middle, high)
    return high


def _to_min(moment: datetime) -> int:
    return int((moment - _EPOCH).total_seconds()) // 60


def _offset(at_min: int, where: ZoneInfo) -> timedelta | None:
    return (_EPOCH + timedelta(minutes=at_min)).astimezone(where).utcoffset()


def _windows(shift: Shift, day: date, where: ZoneInfo) -> list[tuple[int, int]]:
    marks = [shift.start_min]
    for begins, ends in sorted(shift.breaks):
        if not marks[-1] <= begins <= ends <= shift.end_min:
            raise InvalidRequestError(
                f"break {_clock(begins)}-{_clock(ends)} is not inside the shift"
                f" {_clock(shift.start_min)}-{_clock(shift.end_min)} or overlaps another break"
            )
        marks += [begins, ends]
    marks.append(shift.end_min)
    at = [utc_min(day, mark, where) for mark in marks]
    return [(at[i], at[i + 1]) for i in range(0, len(at), 2) if at[i + 1] > at[i]]


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _merged(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for opens, closes in sorted(windows):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(closes, merged[-1][1]))
        else:
            merged.append((opens, closes))
    return merged


def _table(windows: list[tuple[int, int]]) -> WorkingTime:
    pairs = np.array(windows, np.int64).reshape(-1, 2)
    length = pairs[:, 1] - pairs[:, 0]
    before = np.concatenate(([0], np.cumsum(length)))[:-1] if len(pairs) else length
    return WorkingTime(pairs[:, 0].copy(), pairs[:, 1].copy(), before.astype(np.int64))
