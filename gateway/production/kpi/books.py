"""The books of one machine: rows in, sums and settled intervals out, as one step that can be repeated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gateway.clock import NS_PER_S
from gateway.production.kpi.memory import Memory, Settled
from gateway.production.kpi.timetable import Segment, Timetable
from rules.throughput.account import Account, account, fold
from rules.throughput.pieces import HOUR_NS, Definition, Pieces, Plan
from rules.throughput.sums import Key, Vector, add
from rules.throughput.window import Rows, begin, insert

FOLD_LEAST_NS: Final = 60 * NS_PER_S


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SumRow:
    """Sums of one key as they are kept."""

    key: Key
    segment: Segment
    version: int
    sums: Vector


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Step:
    """What a commit writes down for a unit, and what it remembers afterwards."""

    memory: Memory
    shown: dict[Key, Vector]
    sums: Sequence[SumRow]
    intervals: Sequence[Settled]
    late: Rows


class Books:
    """Keeps the window of one machine. `prepare` changes nothing; `accept` takes what was committed."""

    def __init__(
        self,
        *,
        unit: str,
        definition: Definition,
        timetable: Timetable,
        memory: Memory | None = None,
    ) -> None:
        self.unit = unit
        self.definition = definition
        self.timetable = timetable
        self.memory = memory
        self.dirty = False
        self._pending: list[Rows] = []
        self._late: list[Rows] = []
        self._shown: dict[Key, Vector] = {}
        self._shown_newest_ns = 0
        if memory is not None:
            self._shown = self._totals(memory, memory.window.newest_ns)
            self._shown_newest_ns = memory.window.newest_ns

    def take(self, rows: Rows, *, received_ns: int) -> None:
        """Add rows. Accounting begins when the first row was received."""
        self.memory = self.memory or Memory(window=begin(received_ns))
        self._pending.append(rows)
        self.dirty = True

    def _inserted(self) -> Memory | None:
        """Put what was taken into the window, many rows at once; their order does not matter."""
        if self.memory is not None and self._pending:
            rows = joined_rows(self._pending)
            window, late = insert(self.memory.window, rows, hold_ns=self.definition.hold_ns)
            self.memory = replace(self.memory, window=window)
            self._pending.clear()
            if late.any():
                self._late.append(Rows(rows.track[late], rows.time_ns[late], rows.value[late]))
        return self.memory

    def prepare(self) -> Step | None:
        """Settle what can be settled and return what is to be written, None before the first row."""
        held = self._inserted()
        if held is None:
            return None
        memory, intervals = self._folded(held)
        newest_ns = memory.window.newest_ns
        totals = self._totals(memory, newest_ns)
        versions = dict(memory.versions)
        rows = []
        for key, sums in totals.items():
            before = self._shown.get(key)
            if before is not None and np.array_equal(before, sums):
                continue
            ended = key.bucket_ns + HOUR_NS <= self._shown_newest_ns
            versions[key] = 1 if before is None else versions.get(key, 1) + ended
            segment = self.timetable.segment(key.segment_ns)
            rows.append(SumRow(key=key, segment=segment, version=versions[key], sums=sums))
        final = {key for key in totals if key.bucket_ns + HOUR_NS <= memory.window.folded_ns}
        kept = replace(
            memory,
            base={key: row for key, row in memory.base.items() if key not in final},
            versions={key: n for key, n in versions.items() if key in totals and key not in final},
        )
        shown = {key: row for key, row in totals.items() if key not in final}
        return Step(
            memory=kept, shown=shown, sums=rows, intervals=intervals, late=joined_rows(self._late)
        )

    def accept(self, step: Step) -> None:
        """Go on from what was committed."""
        self.memory = step.memory
        self._late.clear()
        self._shown = step.shown
        self._shown_newest_ns = step.memory.window.newest_ns
        self.dirty = False

    def live(self, now_ns: int) -> tuple[dict[Key, Vector], Pieces | None]:
        """Return the sums still in play with the time up to now, and the pieces that are not settled."""
        memory = self._inserted()
        if memory is None:
            return {}, None
        found = self._account(memory, max(now_ns, memory.window.newest_ns))
        return add([memory.base, found.sums]), found.pieces

    def version(self, key: Key) -> int:
        """Return the version of a key in play."""
        return 1 if self.memory is None else self.memory.versions.get(key, 1)

    def _folded(self, memory: Memory) -> tuple[Memory, list[Settled]]:
        window = memory.window
        plan = self._plan(window.folded_ns, window.newest_ns)
        folded = fold(window, self.definition, plan, least_ns=FOLD_LEAST_NS)
        if folded.settled is None:
            return replace(memory, window=folded.window), []
        intervals = spans(folded.settled.pieces, memory.last)
        base = add([memory.base, folded.settled.sums])
        last = intervals[-1] if intervals else memory.last
        return replace(memory, window=folded.window, base=base, last=last), intervals

    def _totals(self, memory: Memory, end_ns: int) -> dict[Key, Vector]:
        return add([memory.base, self._account(memory, end_ns).sums])

    def _account(self, memory: Memory, end_ns: int) -> Account:
        plan = self._plan(memory.window.folded_ns, end_ns)
        return account(memory.window, self.definition, plan, end_ns=end_ns)

    def _plan(self, start_ns: int, end_ns: int) -> Plan:
        return Plan(self.timetable.starts(start_ns, end_ns))


def spans(pieces: Pieces, last: Settled | None = None) -> list[Settled]:
    """Return pieces as intervals of one state, mode and class; the first may prolong `last`."""
    found: list[Settled] = [] if last is None else [last]
    rows = zip(
        pieces.start_ns.tolist(),
        pieces.end_ns.tolist(),
        pieces.state.tolist(),
        pieces.mode.tolist(),
        pieces.booked.tolist(),
        strict=True,
    )
    for start_ns, end_ns, state, mode, booked in rows:
        row = Settled(start_ns=start_ns, end_ns=end_ns, state=state, mode=mode, booked=booked)
        if found and found[-1].end_ns == start_ns and _same(found[-1], row):
            found[-1] = replace(found[-1], end_ns=end_ns)
        else:
            found.append(row)
    return found[1:] if last is not None and found[0] == last else found


def joined(live: list[Settled], settled: list[Settled]) -> list[Settled]:
    """Return what is not settled; where it goes on with the last settled one, that one is taken into it."""
    if live and settled and settled[-1].end_ns == live[0].start_ns and _same(settled[-1], live[0]):
        return [replace(live[0], start_ns=settled.pop().start_ns), *live[1:]]
    return live


def joined_rows(parts: Sequence[Rows]) -> Rows:
    """Return many rows as one."""
    none = Rows(np.empty(0, np.uint8), np.empty(0, np.int64), np.empty(0))
    whole = [none, *parts]
    return Rows(
        np.concatenate([part.track for part in whole]),
        np.concatenate([part.time_ns for part in whole]),
        np.concatenate([part.value for part in whole]),
    )


def _same(one: Settled, two: Settled) -> bool:
    return one.booked == two.booked and np.array_equal(
        (one.state, one.mode), (two.state, two.mode), equal_nan=True
    )
