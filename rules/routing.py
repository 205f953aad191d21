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
    instance: Index
    role: NDArray[np.int8]


def build(links: Sequence[tuple[int, int, int]]) -> Routes:
    """Build routes from (signal, instance, role)."""
    table = np.array(sorted(links), np.intp).reshape(-1, 3)
    signals = int(table[-1, 0]) + 1 if len(table) else 0
    start = np.searchsorted(table[:, 0], np.arange(signals + 1)).astype(np.intp)
    return Routes(start, table[:, 1].copy(), table[:, 2].astype(np.int8))


def expand(routes: Routes, signal: NDArray[np.int32]) -> tuple[Index, Index, NDArray[np.int8]]:
    """Return (row, instance, role) for every meeting of a row with an instance, rows in order."""
    known = np.flatnonzero((signal >= 0) & (signal < len(routes.start) - 1))
    chosen = signal[known]
    count = routes.start[chosen + 1] - routes.start[chosen]
    row = np.repeat(known, count)
    ahead = np.cumsum(count) - count
    link = np.arange(len(row)) - np.repeat(ahead, count) + np.repeat(routes.start[chosen], count)
    return row, routes.instance[link], routes.role[link]


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
