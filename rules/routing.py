"""Which rows concern which instance of a rule, and in which order they are taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.intp]


class Routes(NamedTuple):
    """For each signal the instances it feeds and the part it plays there: compressed rows, by signal index."""

    start: Index
    many: NDArray[np.int32]
    instance: Index
    role: NDArray[np.int8]


def build(links: Sequence[tuple[int, int, int]]) -> Routes:
    """Build routes from (signal, instance, role)."""
    table = np.array(sorted(links), np.intp).reshape(-1, 3)
    signals = int(table[-1, 0]) + 1 if len(table) else 0
    start = np.searchsorted(table[:, 0], np.arange(signals + 1)).astype(np.intp)
    many = np.diff(start).astype(np.int32)
    return Routes(start, many, table[:, 1].copy(), table[:, 2].astype(np.int8))


def expand(routes: Routes, signal: NDArray[np.int32]) -> tuple[Index, Index, NDArray[np.int8]]:
    """Return (row, instance, role) for every meeting of a row with an instance, rows in order."""
    known = (signal >= 0) & (signal < len(routes.many))
    row = np.arange(len(signal)) if known.all() else np.flatnonzero(known)
    # Most rows meet nothing of a family, or one instance: little is looked up, and nothing repeated, for those.
    count = routes.many[signal[row]]
    met = np.flatnonzero(count)
    row, count = row[met], count[met]
    begin = routes.start[signal[row]]
    if len(count) and count.max() == 1:
        return row, routes.instance[begin], routes.role[begin]
    ahead = np.cumsum(count) - count
    link = np.arange(int(count.sum())) - np.repeat(ahead - begin, count)
    return np.repeat(row, count), routes.instance[link], routes.role[link]


def rounds(instance: Index) -> Iterator[Index]:
    """Yield positions so that each instance occurs at most once a round, each in its order of arrival."""
    order = np.argsort(instance, kind="stable")
    ordered = instance[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    occurrence = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
    by_round = order[np.argsort(occurrence, kind="stable")]
    ends = np.cumsum(np.bincount(occurrence))
    begin = 0
    for end in ends.tolist():
        yield by_round[begin:end]
        begin = end
