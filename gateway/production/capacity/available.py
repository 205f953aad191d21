"""How many minutes each resource has in each week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from gateway.production.calendar import WorkingTime, utc_min, working_time, zone
from gateway.production.floor import Floor
from gateway.production.lifecycle import PersonState
from gateway.production.model import Calendar, Skill

Minutes = NDArray[np.float64]
WEEK = timedelta(weeks=1)
_FOREVER = date.max


class Availability:
    """Minutes of calendars, machines, crews and tools by week; `weeks` are Mondays, rising."""

    def __init__(self, floor: Floor, weeks: Sequence[date]) -> None:
        self._floor, self._weeks = floor, tuple(weeks)
        self._minutes: dict[tuple[str, date], Minutes] = {}
        self._tables: dict[str, WorkingTime] = {}

    def _table(self, calendar: Calendar) -> WorkingTime:
        if calendar.id not in self._tables:
            first, last = self._weeks[0] - timedelta(days=1), self._weeks[-1] + WEEK
            self._tables[calendar.id] = working_time(calendar, start=first, end=last)
        return self._tables[calendar.id]

    def of_calendar(self, name: str, until: date = _FOREVER) -> Minutes:
        """Return a calendar's minutes by week, up to the end of the day `until`; a copy to change."""
        if (name, until) not in self._minutes:
            self._minutes[name, until] = self._counted(name, until)
        return self._minutes[name, until].copy()

    def _counted(self, name: str, until: date) -> Minutes:
        calendar = self._floor.calendar(name)
        table, where = self._table(calendar), zone(calendar.zone)
        found = []
        for monday in self._weeks:
            end = min(monday + WEEK, until + timedelta(days=1) if until < _FOREVER else _FOREVER)
            begins = utc_min(monday, 0, where)
            found.append(table.between(begins, max(begins, utc_min(end, 0, where))))
        return np.array(found, np.float64)

    def of_crew(self, skill: str, level: int) -> Minutes:
        """Return the minutes of everybody whose skill is high enough, while it is valid."""
        total = np.zeros(len(self._weeks))
        for person in self._floor.people:
            ends = [_end(each) for each in person.skills if _serves(each, skill, level)]
            if ends and person.state is PersonState.ACTIVE:
                total += self.of_calendar(person.calendar, max(ends))
        return total

    def of_tools(self, tool_class: str) -> Minutes:
        """Return the minutes of every usable tool of a class, as long as the longest machine runs."""
        longest = np.zeros(len(self._weeks))
        for name in {each.calendar for each in self._floor.machines}:
            longest = np.maximum(longest, self.of_calendar(name))
        counts = [
            len(self._floor.usable_tools(tool_class, monday + timedelta(days=6)))
            for monday in self._weeks
        ]
        found: Minutes = longest * np.array(counts, np.float64)
        return found


def _serves(has: Skill, skill: str, level: int) -> bool:
    return has.skill == skill and has.level >= level


def _end(has: Skill) -> date:
    return has.valid_to or _FOREVER
