"""Who is on duty when: shifts first, then the on-call rotation, then everybody; exact over days of 23 and 25 hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from gateway.clock import NS_PER_S
from gateway.notice import OnDuty, QuietHours
from gateway.notify.teams.options import RotationOptions, TeamOptions
from gateway.production.calendar import utc_min
from gateway.production.kpi.options import MINUTES_A_DAY, Weekday, minutes

_MIN_NS: Final = 60 * NS_PER_S
_LOOK_DAYS: Final = 9
_MOST_STEPS: Final = 400


class How(StrEnum):
    """Why somebody is on duty."""

    SHIFT = "shift"
    ON_CALL = "on_call"
    MEMBERS = "members"


class Rota:
    """The calendar of one team."""

    def __init__(self, team: TeamOptions, *, time_zone: str) -> None:
        self._team = team
        self.time_zone = team.time_zone or time_zone
        self._zone = ZoneInfo(self.time_zone)
        self._exceptions = {each.day: each.shifts for each in team.exceptions}

    def people(self, at_ns: int) -> tuple[tuple[str, ...], How]:
        """Return who is on duty at a moment, and why."""
        working = self._working(at_ns)
        if working:
            return working, How.SHIFT
        on_call = self.on_call(at_ns)
        if on_call is not None:
            return (on_call,), How.ON_CALL
        return tuple(self._team.members), How.MEMBERS

    def duty(self, at_ns: int) -> OnDuty:
        """Return who is on duty at a moment, and until when that holds."""
        people, how = self.people(at_ns)
        until_ns = None
        for boundary_ns in self._boundaries(at_ns):
            if self.people(boundary_ns) != (people, how):
                until_ns = boundary_ns
                break
        return OnDuty(people=people, how=how.value, start_ns=at_ns, until_ns=until_ns)

    def now_and_next(self, at_ns: int) -> tuple[OnDuty, OnDuty | None]:
        """Return who is on duty, and who will be after that."""
        now = self.duty(at_ns)
        return now, None if now.until_ns is None else self.duty(now.until_ns)

    def on_call(self, at_ns: int) -> str | None:
        """Return who is on call by the rotation, or None where there is none or it has not begun."""
        rotation = self._team.rotation
        if rotation is None:
            return None
        for swap in rotation.swaps:
            if self._wall_ns(swap.start) <= at_ns < self._wall_ns(swap.end):
                return swap.person
        turn = self._turn(rotation, at_ns)
        return None if turn < 0 else rotation.order[turn % len(rotation.order)]

    def hand_over_ns(self, turn: int) -> int:
        """Return when the rotation's turn of that number begins, counted from 0."""
        rotation = self._team.rotation
        assert rotation is not None
        day = rotation.start + timedelta(days=turn * rotation.every_days)
        return self._ns(day, minutes(rotation.hand_over))

    def _turn(self, rotation: RotationOptions, at_ns: int) -> int:
        days = (self._day(at_ns) - rotation.start).days
        turn = days // rotation.every_days
        # The local day says the turn but for the hours before its hand-over.
        return turn if at_ns >= self.hand_over_ns(turn) else turn - 1

    def _working(self, at_ns: int) -> tuple[str, ...]:
        day = self._day(at_ns)
        found: list[str] = []
        for begins in (day - timedelta(days=1), day):
            for start_ns, end_ns, members in self._shifts(begins):
                if start_ns <= at_ns < end_ns:
                    found += members
        return tuple(dict.fromkeys(found))

    def _shifts(self, day: date) -> Iterator[tuple[int, int, Sequence[str]]]:
        weekday = list(Weekday)[day.weekday()]
        regular = [name for name, shift in self._team.shifts.items() if weekday in shift.days]
        for name in self._exceptions.get(day, regular):
            shift = self._team.shifts[name]
            begins, ends = shift.span_min()
            yield self._ns(day, begins), self._ns(day, ends), shift.members

    def _boundaries(self, at_ns: int) -> list[int]:
        """Return moments after this one at which somebody else may be on duty, rising."""
        first = self._day(at_ns) - timedelta(days=1)
        found: set[int] = set()
        for number in range(_LOOK_DAYS + 1):
            for start_ns, end_ns, _ in self._shifts(first + timedelta(days=number)):
                found |= {start_ns, end_ns}
        rotation = self._team.rotation
        if rotation is not None:
            turn = max(-1, self._turn(rotation, at_ns))
            found |= {self.hand_over_ns(turn + n) for n in range(1, 3)}
            for swap in rotation.swaps:
                found |= {self._wall_ns(swap.start), self._wall_ns(swap.end)}
        return sorted(ns for ns in found if ns > at_ns)[:_MOST_STEPS]

    def _day(self, at_ns: int) -> date:
        return local_day(at_ns, self._zone)

    def _ns(self, day: date, minute: int) -> int:
        return utc_min(day, minute, self._zone) * _MIN_NS

    def _wall_ns(self, wall: datetime) -> int:
        return self._ns(wall.date(), wall.hour * 60 + wall.minute)


def local_day(at_ns: int, zone: ZoneInfo) -> date:
    """Return the local date of a moment."""
    return datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(zone).date()


def quiet_until(quiet: Sequence[QuietHours], at_ns: int, zone: ZoneInfo) -> int | None:
    """Return when the quiet hours that a moment lies in end, or None where it lies in none.

    Windows that follow each other without a gap are one.
    """
    until_ns: int | None = None
    at = at_ns
    for _ in range(15):
        ends = [end for start, end in _windows(quiet, at, zone) if start <= at < end]
        if not ends:
            break
        at = until_ns = max(ends)
    return until_ns


def _windows(quiet: Sequence[QuietHours], at_ns: int, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    today = local_day(at_ns, zone)
    for day in (today - timedelta(days=1), today):
        weekday = list(Weekday)[day.weekday()].value
        for window in quiet:
            if weekday not in window.days:
                continue
            begins, ends = minutes(window.start), minutes(window.end)
            ends = ends if ends > begins else ends + MINUTES_A_DAY
            yield utc_min(day, begins, zone) * _MIN_NS, utc_min(day, ends, zone) * _MIN_NS


def next_wall_ns(at_ns: int, wall: str, zone: ZoneInfo) -> int:
    """Return the first moment after this one at which local clocks show a wall time."""
    day = local_day(at_ns, zone)
    for number in range(3):
        found_ns = utc_min(day + timedelta(days=number), minutes(wall), zone) * _MIN_NS
        if found_ns > at_ns:
            return found_ns
    raise AssertionError("a day has passed without that wall time")  # pragma: no cover
