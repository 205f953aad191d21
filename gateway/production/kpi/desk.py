"""The sink `kpi` and the port `Performance`: books of every machine, fed by the journal, committed with a cursor."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Final

import numpy as np

from gateway.clock import Clock
from gateway.errors import NotFoundError
from gateway.failpoint import failpoint
from gateway.model import DeadLetter, lies_within
from gateway.performance import (
    KpiBucket,
    KpiReport,
    ShiftPick,
    ShiftTime,
    Standing,
    StateInterval,
)
from gateway.ports import Catalogue, Chunk
from gateway.production.kpi import records, rollup
from gateway.production.kpi.books import Books, Step, joined, spans
from gateway.production.kpi.glimpse import Glimpse, spanned
from gateway.production.kpi.memory import Settled, load
from gateway.production.kpi.options import ProductionOptions
from gateway.production.kpi.records import Kept, Row
from gateway.production.kpi.report import MARGIN_NS, Scope, report_of
from gateway.production.kpi.roster import Machine, Roster
from gateway.production.kpi.standing import chosen, standings
from gateway.production.kpi.timetable import Timetable
from gateway.store import Store
from rules.throughput.classes import TimeClass
from rules.throughput.pieces import HOUR_NS
from rules.throughput.sums import WIDTH
from rules.throughput.window import Track

log = logging.getLogger(__name__)

_STANDING_S: Final = 1.0
"""How long an answer on the floor's standing is given again: many screens ask at once."""


class KpiDesk:
    """Computes KPIs incrementally, exactly once: sums, memory and cursor are committed together.

    Build it, then `cursor()` (reads its memory) and `write` chunks in order. What lies between two commits is
    read again from the journal after a crash.
    """

    name = "kpi"

    def __init__(
        self,
        options: ProductionOptions,
        *,
        catalogue: Catalogue,
        store: Store,
        clock: Clock,
        time_zone: str,
        lines: Sequence[Sequence[str]] = (),
    ) -> None:
        """`lines` are machines in the order in which product passes them; the last one's pieces are the output."""
        self._options = options
        self._lines = lines
        self._catalogue = catalogue
        self._store = store
        self._clock = clock
        self._time_zone = time_zone
        self._timetables: dict[str | None, Timetable] = {}
        self._roster = Roster((), options)
        self._books: dict[str, Books] = {}
        self._machines: dict[str, Machine] = {}
        self._memories: dict[str, bytes] = {}
        self._lock = asyncio.Lock()
        self._recalled = False
        self._seq = self._saved_seq = 0
        self._saved_s = clock.monotonic_s()
        self._counts = {"rows": 0, "late_rows": 0, "commits": 0}
        self._stood: dict[ShiftPick, tuple[float, Sequence[Standing]]] = {}

    async def cursor(self) -> int:
        """Return the journal number that the store's sums stand at, 0 before the first."""
        async with self._lock:
            await self._recall()
            return self._saved_seq

    async def write(self, chunk: Chunk) -> Sequence[DeadLetter]:
        """Take a chunk; it is committed within `commit_every_s`, and replayed from the cursor until then.

        Raises `NotConnectedError` or `StorageError` where a commit failed: the caller repeats the chunk.
        """
        async with self._lock:
            await self._recall()
            if chunk.last_seq > self._seq:
                self._take(chunk)
            if self._clock.monotonic_s() - self._saved_s >= self._options.commit_every_s:
                await self._commit()
        return ()

    async def close(self) -> None:
        """Commit what was taken."""
        async with self._lock:
            if self._recalled:
                await self._commit()

    def figures(self) -> dict[str, float]:
        """Return its own counts: rows, late rows, commits, machines."""
        return {**self._counts, "machines": len(self._machines)}

    async def kpis(self, unit: str, *, start_ns: int, end_ns: int, bucket: KpiBucket) -> KpiReport:
        """Return the KPIs of a machine or of everything below a path; raises `NotFoundError`."""
        async with self._lock:
            await self._recall()
            machines = self._below(unit)
            scope = self._scope(machines, bucket, self._clock.now_ns())
            by_hour = bucket is KpiBucket.HOUR
            read = records.read_sums if by_hour else rollup.read_rolled
            live = await self._kept(scope, start_ns - MARGIN_NS, end_ns + MARGIN_NS, read=read)
        work = partial(report_of, unit, live, scope, start_ns=start_ns, end_ns=end_ns)
        return await asyncio.to_thread(work)

    async def intervals(
        self, machine: str, *, start_ns: int, end_ns: int, limit: int
    ) -> Sequence[StateInterval]:
        """Return the states of a machine in [start, end), oldest first; raises `NotFoundError`."""
        async with self._lock:
            await self._recall()
            if machine not in self._machines:
                raise NotFoundError(self._unknown(machine))
            read = partial(
                records.read_intervals,
                unit=machine,
                start_ns=start_ns,
                end_ns=end_ns,
                limit=limit,
            )
            settled = await self._store.run(read)
            books = self._books[machine]
            _, pieces = books.live(self._clock.now_ns())
        live = [] if pieces is None else joined(spans(pieces), settled)
        found = [span for span in live if span.end_ns > start_ns and span.start_ns < end_ns]
        folded_ns = 0 if books.memory is None else books.memory.window.folded_ns
        return [self._interval(machine, span, folded_ns) for span in (*settled, *found)[:limit]]

    async def glimpse(
        self, machines: Sequence[str], *, start_ns: int, end_ns: int, sums_from_ns: int
    ) -> tuple[Mapping[str, Glimpse], Kept]:
        """Return machines over [start, end) as the flow of their line reads them, and their sums by hour.

        Machines without a state or a counter are left out.
        """
        async with self._lock:
            await self._recall()
            known = {path: self._machines[path] for path in machines if path in self._machines}
            units = list(known)
            now_ns = self._clock.now_ns()
            settled = await self._store.run(
                partial(records.read_spans, units=units, start_ns=start_ns, end_ns=end_ns)
            )
            scope = self._scope(known, KpiBucket.HOUR, now_ns)
            whole = await self._kept(scope, sums_from_ns, end_ns)
            found = {
                path: self._glimpse(path, settled[path], start_ns, end_ns, now_ns) for path in units
            }
        return found, whole

    def _glimpse(
        self, path: str, settled: list[Settled], start_ns: int, end_ns: int, now_ns: int
    ) -> Glimpse:
        books = self._books[path]
        _, pieces = books.live(now_ns)
        live = [] if pieces is None else joined(spans(pieces), settled)
        found = [span for span in live if span.end_ns > start_ns and span.start_ns < end_ns]
        return Glimpse(
            machine=self._machines[path],
            timetable=books.timetable,
            spans=spanned([*settled, *found]),
            window=None if books.memory is None else books.memory.window,
        )

    def machines(self, below: str = "") -> Sequence[str]:
        """Return the machines that have a state or a counter, on a path or below it."""
        return [path for path in sorted(self._machines) if lies_within(path, below)]

    def shifts(self, day: date) -> Sequence[ShiftTime]:
        """Return the shifts of every calendar on a local day."""
        found = []
        for name in self._options.calendars:
            units = tuple(p for p, unit in self._options.units.items() if unit.calendar == name)
            found += [
                ShiftTime(
                    calendar=name,
                    shift=worked.name,
                    day=worked.day,
                    start_ns=worked.start_ns,
                    end_ns=worked.end_ns,
                    breaks=worked.breaks,
                    units=units,
                )
                for worked in self._timetable(name).shifts(day)
            ]
        return found

    async def standings(self, pick: ShiftPick) -> Sequence[Standing]:
        """Return how the plant, each line and each machine stand; at most a second old."""
        async with self._lock:
            held = self._stood.get(pick)
            if held is not None and self._clock.monotonic_s() - held[0] < _STANDING_S:
                return held[1]
            await self._recall()
            now_ns = self._clock.now_ns()
            scope = self._scope(dict(sorted(self._machines.items())), KpiBucket.SHIFT, now_ns)
            shifts = {path: chosen(table, pick, now_ns) for path, table in scope.timetables.items()}
            start_ns = min((each.start_ns for each in shifts.values()), default=now_ns)
            end_ns = max((each.end_ns for each in shifts.values()), default=now_ns)
            live = await self._kept(scope, start_ns - HOUR_NS, end_ns + HOUR_NS)
            found = await asyncio.to_thread(standings, live, scope, shifts, self._lines)
            self._stood[pick] = (self._clock.monotonic_s(), found)
            return found

    def _scope(self, machines: Mapping[str, Machine], bucket: KpiBucket, now_ns: int) -> Scope:
        return Scope(
            machines=machines,
            timetables={path: self._books[path].timetable for path in machines},
            bucket=bucket,
            minor_stops=self._options.minor_stops,
            now_ns=now_ns,
        )

    async def _kept(
        self,
        scope: Scope,
        start_ns: int,
        end_ns: int,
        *,
        read: Callable[..., Kept] = records.read_sums,
    ) -> Kept:
        """Return the sums of hours (or what is rolled up) that begin in [start, end), those in play included."""
        work = partial(read, units=list(scope.machines), start_ns=start_ns, end_ns=end_ns)
        return self._overlaid(await self._store.run(work), scope, start_ns, end_ns)

    async def _recall(self) -> None:
        if not self._recalled:
            found = await self._store.run(records.recall)
            self._seq = self._saved_seq = found.seq
            self._memories = dict(found.memories)
            self._recalled = True
        if self._roster.known != len(self._catalogue):
            self._enrol()

    def _enrol(self) -> None:
        """Take note of signals that are new in the catalogue."""
        self._roster = Roster(self._catalogue.all(), self._options)
        for machine in self._roster.machines:
            self._machines[machine.path] = machine
            known = self._books.get(machine.path)
            if known is not None:
                known.definition = machine.definition
                continue
            data = self._memories.pop(machine.path, None)
            self._books[machine.path] = Books(
                unit=machine.path,
                definition=machine.definition,
                timetable=self._timetable(machine.settings.calendar),
                memory=None if data is None else load(data),
            )

    def _timetable(self, calendar: str | None) -> Timetable:
        if calendar not in self._timetables:
            options = None if calendar is None else self._options.calendars[calendar]
            self._timetables[calendar] = Timetable(options, time_zone=self._time_zone)
        return self._timetables[calendar]

    def _take(self, chunk: Chunk) -> None:
        for machine, rows, received_ns in self._roster.split(chunk.batch):
            self._books[machine.path].take(rows, received_ns=received_ns)
        self._seq = chunk.last_seq
        self._counts["rows"] += len(chunk.batch)

    async def _commit(self) -> None:
        if self._seq == self._saved_seq:
            return
        # 1. Settle and add up, without changing anything.
        steps: dict[str, Step] = {}
        for unit, books in self._books.items():
            step = books.prepare() if books.dirty else None
            if step is not None:
                steps[unit] = step
            await asyncio.sleep(0)
        # 2. Sums, intervals, memory and cursor are on disk together, or nothing is.
        seq = self._seq
        failpoint("kpi.before_commit")
        until = {
            unit: rollup.sealable(
                self._books[unit].timetable, step.memory.window.folded_ns, in_play=step.shown
            )
            for unit, step in steps.items()
        }
        await self._store.run(partial(rollup.commit, seq=seq, steps=steps, until=until))
        failpoint("kpi.after_commit")
        # 3. Go on from there.
        for unit, step in steps.items():
            self._books[unit].accept(step)
            self._counts["late_rows"] += len(step.late.time_ns)
        self._saved_seq, self._saved_s = seq, self._clock.monotonic_s()
        self._counts["commits"] += 1

    def _below(self, unit: str) -> dict[str, Machine]:
        found = {
            path: machine
            for path, machine in sorted(self._machines.items())
            if lies_within(path, unit)
        }
        if not found:
            raise NotFoundError(self._unknown(unit))
        return found

    def _unknown(self, unit: str) -> str:
        known = ", ".join(sorted(self._machines)[:5]) or "none"
        return f"no machine with a state or a counter at {unit[:100]!r}; there are: {known}"

    def _overlaid(self, kept: Kept, scope: Scope, start_ns: int, end_ns: int) -> Kept:
        """Return committed sums, with those still in play in their place."""
        rows, sums = [], []
        taken: set[tuple[str, int, int, int]] = set()
        for unit in scope.machines:
            books = self._books[unit]
            live, _ = books.live(scope.now_ns)
            for key, vector in live.items():
                taken.add((unit, *key))
                if start_ns <= key.bucket_ns < end_ns:
                    segment = books.timetable.segment(key.segment_ns)
                    rows.append(
                        Row(
                            unit,
                            *key,
                            segment.kind.value,
                            segment.shift,
                            segment.shift_ns,
                            segment.day,
                            books.version(key),
                        )
                    )
                    sums.append(vector)
        earliest_ns = min((key[1] for key in taken), default=0)
        stay = [
            place
            for place, row in enumerate(kept.rows)
            if row.bucket_ns < earliest_ns or row[:4] not in taken
        ]
        whole = np.concatenate([kept.sums[stay], np.array(sums).reshape(-1, WIDTH)])
        return Kept([*(kept.rows[place] for place in stay), *rows], whole)

    def _interval(self, machine: str, span: Settled, folded_ns: int) -> StateInterval:
        roles = self._machines[machine].roles
        state = None if math.isnan(span.state) else int(span.state)
        mode = None if math.isnan(span.mode) else int(span.mode)
        named = {
            track: dict(roles[track].labels) if track in roles else {}
            for track in (Track.STATE, Track.MODE)
        }
        return StateInterval(
            start_ns=span.start_ns,
            end_ns=span.end_ns,
            state=state,
            state_name="" if state is None else named[Track.STATE].get(state, str(state)),
            mode=mode,
            mode_name="" if mode is None else named[Track.MODE].get(mode, str(mode)),
            booked=TimeClass(span.booked).name.lower(),
            provisional=span.end_ns > folded_ns,
        )
