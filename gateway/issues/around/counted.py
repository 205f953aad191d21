"""Counts and names out of history: pieces of a machine's counters, and what a signal of words said when."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.errors import NotFoundError
from gateway.model import SampleBatch, Signal, SignalRole
from gateway.ports import Buckets, Catalogue, History

MAX_BUCKETS: Final = 5000
READ_LIMIT: Final = 50_000
COUNTED: Final = (SignalRole.GOOD_COUNT, SignalRole.REJECT_COUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """What a machine made in a range of time, by its counters; None for a counter it does not have."""

    good: int | None
    rejected: int | None

    @property
    def made(self) -> int | None:
        """All pieces, as far as they are counted."""
        if self.good is None and self.rejected is None:
            return None
        return (self.good or 0) + (self.rejected or 0)


def of_role(catalogue: Catalogue, machine: str, role: SignalRole) -> int | None:
    """Return the index of a machine's signal of a role, None where it has none."""
    for index, signal in enumerate(catalogue.all()):
        if signal.role is role and signal.machine == machine:
            return index
    return None


async def pieces(
    history: History, catalogue: Catalogue, machine: str, *, start_ns: int, end_ns: int
) -> Pieces:
    """Return what a machine's counters advanced by over [start, end); a counter that begins anew counts from 0."""
    found: dict[SignalRole, int | None] = {}
    for role in COUNTED:
        index = of_role(catalogue, machine, role)
        if index is None or end_ns <= start_ns:
            found[role] = None
            continue
        (buckets,) = await history.buckets(
            [index], start_ns=start_ns, end_ns=end_ns, max_points=MAX_BUCKETS
        )
        found[role] = advanced(buckets)
    return Pieces(good=found[COUNTED[0]], rejected=found[COUNTED[1]])


def advanced(buckets: Buckets) -> int:
    """Return by how much a counter advanced, from the first to the last of its buckets."""
    total, before = 0.0, math.nan
    columns = (buckets.first, buckets.last, buckets.high)
    for first, last, high in zip(*(column.tolist() for column in columns), strict=True):
        if not math.isfinite(last):
            continue
        if math.isnan(before):
            before = first
        total += last - before if last >= before else max(0.0, high - before) + max(0.0, last)
        before = last
    return round(total)


class Words:
    """What a signal of words (or of numbers that stand for something) said, by time."""

    def __init__(self, batch: SampleBatch, signal: Signal | None) -> None:
        labels = dict(signal.labels) if signal is not None else {}
        self._times: list[int] = []
        self._words: list[str] = []
        for place, (time_ns, value) in enumerate(
            zip(batch.source_ns.tolist(), batch.value.tolist(), strict=True)
        ):
            held = batch.side.get(place)
            if held is None and not math.isfinite(value):
                continue
            word = str(held) if held is not None else labels.get(round(value), f"{value:g}")
            self._times.append(time_ns)
            self._words.append(word)

    def at(self, time_ns: int) -> str:
        """Return what it said last at a time, "" before the first word."""
        place = bisect_right(self._times, time_ns)
        return self._words[place - 1] if place else ""

    def changes(self) -> Sequence[tuple[int, str]]:
        """Return each new word with its time."""
        found: list[tuple[int, str]] = []
        for time_ns, word in zip(self._times, self._words, strict=True):
            if not found or found[-1][1] != word:
                found.append((time_ns, word))
        return found


def named(catalogue: Catalogue, asset: str, name: str) -> int | None:
    """Return the signal of a name on a machine, or else on its line, None where there is none."""
    line = asset.rpartition("/")[0]
    for machine in (asset, f"{line}/line"):
        try:
            return catalogue.index(f"{machine}/{name}")
        except NotFoundError:
            continue
    return None


async def words(
    history: History, catalogue: Catalogue, index: int | None, *, start_ns: int, end_ns: int
) -> Words:
    """Return what a signal said in a range of time; nothing where there is no signal."""
    if index is None:
        return Words(SampleBatch.empty(), None)
    rows = await history.rows([index], start_ns=start_ns, end_ns=end_ns, limit=READ_LIMIT)
    return Words(rows, catalogue.signal(index))
