"""Time of one resource with its closures taken out, quick enough for the inner loop of a search."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from gateway.production.model import Interruption
from gateway.production.schedule.problem import Closures


def union(many: Iterable[Closures]) -> Closures:
    """Return every time that is closed in any of them, disjoint and rising."""
    merged: list[tuple[int, int]] = []
    for begins, ends in sorted(each for closures in many for each in closures if each[1] > each[0]):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(ends, merged[-1][1]))
        else:
            merged.append((begins, ends))
    return tuple(merged)


class Axis:
    """Working time between disjoint rising closures; open without end after the last."""

    __slots__ = ("_begins", "_closed", "_ends", "_works")

    def __init__(self, closures: Closures) -> None:
        self._begins = [each[0] for each in closures]
        self._ends = [each[1] for each in closures]
        self._closed = [0]
        for begins, ends in closures:
            self._closed.append(self._closed[-1] + ends - begins)
        self._works = [
            begins - closed for begins, closed in zip(self._begins, self._closed, strict=False)
        ]

    def worked(self, at_min: int) -> int:
        """Return the working minutes before an instant, counted from minute 0 whatever its sign."""
        passed = bisect_right(self._begins, at_min)
        if passed and self._ends[passed - 1] > at_min:
            return self._works[passed - 1]
        return at_min - self._closed[passed]

    def after(self, start_min: int, work_min: int) -> int:
        """Return the earliest instant by which the work is done; `start_min` itself for none."""
        if not work_min or not self._begins:
            return start_min + work_min
        target = self.worked(start_min) + work_min
        return target + self._closed[bisect_left(self._works, target)]

    def fit(self, start_min: int, work_min: int, interruption: Interruption) -> tuple[int, int]:
        """Return start and end of the earliest run from `start_min` on that begins in working time."""
        if not self._begins:
            return start_min, start_min + work_min
        begins, ends = self._begins, self._ends
        at = bisect_right(begins, start_min)
        if at and ends[at - 1] > start_min:
            start_min = ends[at - 1]
        if interruption is Interruption.PAUSES:
            return start_min, self.after(start_min, work_min)
        while at < len(begins) and begins[at] < start_min + work_min:
            start_min = ends[at]
            at += 1
        return start_min, start_min + work_min


class Profile:
    """How much of a pool is held over time, as a step function."""

    __slots__ = ("_capacity", "_times", "_used")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._times: list[int] = [-(1 << 60)]
        self._used = [0]

    def blocked_until(self, start_min: int, end_min: int, amount: int) -> int | None:
        """Return when the first step in [start, end) that leaves too little ends, None where all leave enough."""
        times, used, room = self._times, self._used, self._capacity - amount
        at = bisect_right(times, start_min) - 1
        while at < len(times) and times[at] < end_min:
            if used[at] > room:
                return times[at + 1] if at + 1 < len(times) else None
            at += 1
        return None

    def hold(self, start_min: int, end_min: int, amount: int) -> None:
        """Take an amount for [start, end)."""
        if end_min <= start_min:
            return
        first, last = self._cut(start_min), self._cut(end_min)
        for at in range(first, last):
            self._used[at] += amount

    def _cut(self, at_min: int) -> int:
        at = bisect_left(self._times, at_min)
        if at == len(self._times) or self._times[at] != at_min:
            self._times.insert(at, at_min)
            self._used.insert(at, self._used[at - 1])
        return at
