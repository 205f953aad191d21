"""Rows of one step by instance, so that instances to which nothing can happen are taken at once and not row by row.

What a family takes in bulk must leave the state that its own row by row step would leave, as far as anything later can
tell; the oracle's property tests hold it to that for every cut of a stream.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from rules.columns import Rows
from rules.routing import Index

N = TypeVar("N", bound=np.generic)
Flags = NDArray[np.bool_]


class Groups(NamedTuple):
    """Meetings of rows and instances, sorted by instance, each instance's in order of arrival.

    `meeting` are their places in the arrays that were grouped; `who` are the distinct instances, whose meetings are
    `begin` to `end` (not included); `group` is the place in `who` of each.
    """

    meeting: Index
    who: Index
    begin: Index
    end: Index
    group: Index

    @classmethod
    def of(cls, instance: Index) -> Groups:
        """Group meetings by their instance."""
        sorted_already = bool((instance[1:] >= instance[:-1]).all())
        meeting = (
            np.arange(len(instance)) if sorted_already else np.argsort(instance, kind="stable")
        )
        ordered = instance[meeting]
        begin = np.flatnonzero(np.diff(ordered, prepend=-1))
        end = np.append(begin[1:], len(ordered))
        group = np.repeat(np.arange(len(begin)), end - begin)
        return cls(meeting, ordered[begin], begin, end, group)

    def every(self, flag: Flags) -> Flags:
        """Tell for which instances a flag (of the sorted meetings) holds for all."""
        if not len(flag):
            return np.zeros(0, np.bool_)
        held: Flags = np.logical_and.reduceat(flag, self.begin)
        return held

    def before(self, values: NDArray[N], first: NDArray[N]) -> NDArray[N]:
        """Return for each meeting the value before it; for the first of an instance that of `first` (by instance)."""
        earlier = np.empty_like(values)
        earlier[1:] = values[:-1]
        earlier[self.begin] = first
        return earlier


class Sorted(NamedTuple):
    """The columns of grouped meetings, in their order."""

    t: NDArray[np.int64]
    value: NDArray[np.float64]
    usable: Flags
    good: Flags
    role: NDArray[np.int8]

    @classmethod
    def of(cls, groups: Groups, rows: Rows, row: Index, role: NDArray[np.int8]) -> Sorted:
        """Sort the columns of meetings of `row`."""
        at = row[groups.meeting]
        return cls(
            rows.time_ns[at], rows.value[at], rows.usable[at], rows.good[at], role[groups.meeting]
        )


def left(groups: Groups, taken: Flags) -> Index:
    """Return the meetings of instances that were not `taken` (by instance), in order of arrival."""
    return np.sort(groups.meeting[~taken[groups.group]])
