"""The values of signals that checklists ask for: the newest good ones, and who waits for the next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.clock import NS_PER_S
from gateway.errors import NotFoundError
from gateway.model import SampleBatch
from gateway.ports import Catalogue
from gateway.production.quality.model import Checklist, ChecklistItem
from gateway.production.quality.records import Reading
from gateway.quality import SEVERITY_BAD, severity

KEPT: Final = 256
"""Good values of a signal that are remembered: a check may be due a moment ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An item of a check that takes the first good value of its signal after a time."""

    check: int
    checklist: Checklist
    item: ChecklistItem
    path: str
    after_ns: int


class Values:
    """Good values by signal, oldest first."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._index: dict[int, str] = {}
        self._held: dict[str, list[Reading]] = {}
        self._waiting: list[Waiting] = []

    def follow(self, paths: Iterable[str]) -> None:
        """Remember these signals from now on, beside those that somebody waits for."""
        self._index = {}
        for path in {*paths, *(each.path for each in self._waiting)}:
            try:
                self._index[self._catalogue.index(path)] = path
            except NotFoundError:
                continue  # a machine that has not told it yet; the item stays open, and the page says so

    def recalled(self, kept: Mapping[str, tuple[int, float, int]]) -> None:
        """Take up the values of before."""
        for path, (time_ns, value, quality) in kept.items():
            self._held[path] = [Reading(time_ns=time_ns, value=value, quality=quality)]

    def kept(self) -> dict[str, tuple[int, float, int]]:
        """Return the newest good value of each signal."""
        return {
            path: (held[-1].time_ns, float(held[-1].value or 0.0), held[-1].quality)
            for path, held in self._held.items()
            if held
        }

    def take(self, batch: SampleBatch) -> None:
        """Remember what a batch says of the signals that are followed."""
        if not self._index:
            return
        mine = np.isin(batch.signal, np.fromiter(self._index, np.int32))
        good = mine & (severity(batch.quality) < SEVERITY_BAD) & np.isfinite(batch.value)
        rows: NDArray[np.intp] = np.flatnonzero(good)
        for row in rows[np.argsort(batch.source_ns[rows], kind="stable")].tolist():
            path = self._index[int(batch.signal[row])]
            held = self._held.setdefault(path, [])
            time_ns = int(batch.source_ns[row])
            if held and time_ns <= held[-1].time_ns:
                continue
            held.append(
                Reading(
                    time_ns=time_ns,
                    value=float(batch.value[row]),
                    quality=int(batch.quality[row]),
                )
            )
            del held[:-KEPT]

    def as_of(
        self, checklist: Checklist, machine: str, *, time_ns: int, fresh_s: float
    ) -> dict[str, Reading]:
        """Return the values that items have at a time: the last before it if fresh, else the first after it."""
        found = {}
        for item in checklist.items:
            held = self._held.get(f"{machine}/{item.signal}", []) if item.signal else []
            before = [each for each in held if each.time_ns <= time_ns]
            after = held[len(before) :]
            if before and time_ns - before[-1].time_ns <= fresh_s * NS_PER_S:
                found[item.id] = before[-1]
            elif after:
                found[item.id] = after[0]
        return found

    def wait(self, waiting: Collection[Waiting]) -> None:
        """Wait for values of these, in addition."""
        known = {(each.check, each.item.id) for each in self._waiting}
        self._waiting += [each for each in waiting if (each.check, each.item.id) not in known]

    def forget(self) -> None:
        """Wait for nothing."""
        self._waiting = []

    def found(self) -> list[tuple[Waiting, Reading]]:
        """Return what is no longer waited for, with the first good value after its time."""
        found, left = [], []
        for each in self._waiting:
            held = self._held.get(each.path, [])
            reading = next((one for one in held if one.time_ns > each.after_ns), None)
            if reading is None:
                left.append(each)
            else:
                found.append((each, reading))
        self._waiting = left
        return found
