"""The sink `execution`: pieces that machines count, booked to the jobs they were made in, committed with a cursor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
from sqlalchemy import Connection, Table, delete, insert, select

from gateway.clock import NS_PER_S, Clock
from gateway.failpoint import failpoint
from gateway.model import DeadLetter
from gateway.ports import Catalogue, Chunk
from gateway.production.execution.book import AT_MACHINE, Book, Pieces
from gateway.production.execution.options import ExecutionOptions
from gateway.production.execution.port import JobRun
from gateway.production.kpi.options import ProductionOptions
from gateway.production.kpi.roster import Machine, Roster
from gateway.store import Store
from gateway.store.execution_tables import job_count, job_cursor
from rules.throughput.counters import added_to
from rules.throughput.window import COUNTERS, Rows, Track

_QUIET: Final = 10
"""How many times rarer what is counted is kept while no machine has a job."""

_PIECES: Final = (Track.GOOD, Track.REJECT)
_MOST: Final = 5000
"""Entries of a machine that may still move from job to job."""


class Counted(NamedTuple):
    """Pieces of one reading, made in (`since_ns`, `time_ns`] and booked to `job` ("" to none yet)."""

    since_ns: int
    time_ns: int
    good: float
    reject: float
    job: str
    taken_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One machine: the last reading of each counter as (time, value), what may still move, and what no job had."""

    last: Mapping[int, tuple[int, float]]
    tail: tuple[Counted, ...] = ()
    good: float = 0.0
    reject: float = 0.0


class Counts:
    """Follows the journal. A piece belongs to the job that ran when it was counted, by the machine's own time.

    The begin and end of a job may become known later than its pieces: for `lateness_s` these still move with them.
    """

    name = "execution"

    def __init__(
        self,
        *,
        store: Store,
        book: Book,
        catalogue: Catalogue,
        options: ExecutionOptions,
        production: ProductionOptions,
        path_of: Callable[[str], str],
        clock: Clock,
    ) -> None:
        self._store, self._book, self._catalogue = store, book, catalogue
        self._options, self._production, self._clock = options, production, clock
        self._path_of = path_of
        self._roster = Roster((), production)
        self._machines: dict[str, Memory] = {}
        self._dirty: set[str] = set()
        self._recalled = False
        self._seq = self._saved_seq = 0
        self._saved_s = clock.monotonic_s()
        self._lock = asyncio.Lock()
        self._pieces = 0.0

    def unbooked(self, path: str) -> float:
        """Return the pieces that a machine counted while it had no job."""
        held = self._machines.get(path)
        return 0.0 if held is None else held.good + held.reject

    def figures(self) -> dict[str, float]:
        """Return its own counts."""
        return {"machines": float(len(self._machines)), "pieces": self._pieces}

    async def cursor(self) -> int:
        """Return the journal number that the booked pieces stand at, 0 before the first."""
        async with self._lock:
            await self._recall()
            return self._saved_seq

    async def write(self, chunk: Chunk) -> Sequence[DeadLetter]:
        """Take a chunk; what lies between two commits is read again after a crash. Raises as the store does."""
        async with self._lock:
            await self._recall()
            if chunk.last_seq > self._seq:
                self._take(chunk)
            busy = any(each.state in AT_MACHINE for each in self._book.runs.values())
            due_s = self._options.commit_every_s * (1 if busy else _QUIET)
            if self._clock.monotonic_s() - self._saved_s >= due_s:
                await self._commit()
        return ()

    async def close(self) -> None:
        """Commit what was taken."""
        await self.flush()

    async def flush(self) -> None:
        """Book what was taken so far."""
        async with self._lock:
            if self._recalled:
                await self._commit()

    async def _recall(self) -> None:
        if not self._recalled:
            await self._book.open()
            seq, machines = await self._store.run(_recall)
            self._seq = self._saved_seq = seq
            self._machines = machines
            self._recalled = True
        if self._roster.known != len(self._catalogue):
            self._roster = Roster(self._catalogue.all(), self._production)

    def _take(self, chunk: Chunk) -> None:
        now_ns = self._clock.now_ns()
        windows = self._windows(now_ns)
        for machine, rows, _ in self._roster.split(chunk.batch):
            mine = np.isin(rows.track, _PIECES)
            if not mine.any():
                continue
            held = self._machines.get(machine.path, Memory(last={}))
            counting = Rows(rows.track[mine], rows.time_ns[mine], rows.value[mine])
            after, new = _read(held, counting, machine, taken_ns=now_ns)
            if machine.path in windows:
                after = replace(after, tail=(*after.tail, *new))
            else:
                after = replace(
                    after,
                    good=after.good + sum(each.good for each in new),
                    reject=after.reject + sum(each.reject for each in new),
                )
            self._machines[machine.path] = after
            self._dirty.add(machine.path)
        self._seq = chunk.last_seq

    def _windows(self, now_ns: int) -> dict[str, list[JobRun]]:
        """Return by machine the jobs that pieces may belong to."""
        late_ns = round(self._options.lateness_s * NS_PER_S)
        found: dict[str, list[JobRun]] = {}
        for run in self._book.runs.values():
            recent = run.ended_ns is not None and run.changed_ns > now_ns - 2 * late_ns
            path = self._path_of(run.machine) if recent or run.state in AT_MACHINE else ""
            if path:
                found.setdefault(path, []).append(run)
        return found

    async def _commit(self) -> None:
        now_ns = self._clock.now_ns()
        windows = self._windows(now_ns)
        before_ns = now_ns - round(self._options.lateness_s * NS_PER_S)
        booked: dict[str, Memory] = {}
        pieces: dict[str, Pieces] = {}
        # 1. Decide what each piece belongs to now, without changing anything.
        for path, held in self._machines.items():
            if held.tail:
                booked[path] = _booked(held, windows.get(path, []), pieces, before_ns=before_ns)
        changed = {path for path in booked if booked[path] != self._machines[path]} | self._dirty
        if self._seq == self._saved_seq and not changed:
            return
        after = {path: booked.get(path, self._machines[path]) for path in changed}
        pieces = {job: of for job, of in pieces.items() if of != (0.0, 0.0)}
        # 2. Pieces, what is remembered and the cursor are on disk together, or nothing is.
        failpoint("execution.before_commit")
        await self._book.book(partial(_save, seq=self._seq, machines=after), pieces)
        failpoint("execution.after_commit")
        # 3. Go on from there.
        self._machines |= after
        self._dirty.clear()
        self._pieces += sum(good + reject for good, reject in pieces.values())
        self._saved_seq, self._saved_s = self._seq, self._clock.monotonic_s()


def _read(
    held: Memory, rows: Rows, machine: Machine, *, taken_ns: int
) -> tuple[Memory, list[Counted]]:
    """Return what is remembered after some readings, and what they counted; an older reading says nothing new."""
    found: list[Counted] = []
    last = dict(held.last)
    for track in _PIECES:
        place, mine = COUNTERS.index(track), rows.track == track
        if not mine.any():
            continue
        new = added_to(
            last.get(int(track)), rows.time_ns[mine], rows.value[mine],
            bits=machine.definition.bits[place], max_per_s=machine.definition.max_per_s[place],
        )  # fmt: skip
        if new.last is not None:
            last[int(track)] = new.last
        good = track is Track.GOOD
        found += [
            Counted(since, at, n if good else 0.0, 0.0 if good else n, "", taken_ns)
            for since, at, n in zip(
                new.counted.since_ns.tolist(), new.time_ns.tolist(), new.counted.pieces.tolist(),
                strict=True,
            )
            if n > 0
        ]  # fmt: skip
    return replace(held, last=last), sorted(found)


def _booked(
    held: Memory, runs: Sequence[JobRun], pieces: dict[str, Pieces], *, before_ns: int
) -> Memory:
    """Return a machine's memory with every piece at its job; adds to `pieces` what changes."""
    tail: list[Counted] = []
    good, reject = held.good, held.reject
    spare = len(held.tail) - _MOST
    for number, each in enumerate(held.tail):
        job = _owner(each, runs)
        if job != each.job:
            _add(pieces, each.job, -each.good, -each.reject)
            _add(pieces, job, each.good, each.reject)
        if each.taken_ns >= before_ns and number >= spare:
            tail.append(each._replace(job=job))
        elif not job:
            good, reject = good + each.good, reject + each.reject
    return replace(held, tail=tuple(tail), good=good, reject=reject)


def _owner(counted: Counted, runs: Sequence[JobRun]) -> str:
    """Return the job that ran when pieces were counted.

    One piece was made when it was counted; of several that one reading tells, nobody knows which were made before the
    job's end: they are its own.
    """
    if counted.job and all(run.job != counted.job for run in runs):
        return counted.job  # long ended, and settled
    touched = [
        run
        for run in runs
        if run.started_ns is not None
        and run.started_ns < counted.time_ns
        and (run.ended_ns is None or run.ended_ns > counted.since_ns)
    ]
    inside = [e for e in touched if e.ended_ns is None or counted.time_ns <= e.ended_ns]
    several = counted.good + counted.reject > 1
    chosen = inside or (touched if several else [])
    return max(chosen, key=lambda run: run.started_ns or 0).job if chosen else ""


def _add(pieces: dict[str, Pieces], job: str, good: float, reject: float) -> None:
    if job:
        before = pieces.get(job, (0.0, 0.0))
        pieces[job] = (before[0] + good, before[1] + reject)


def _recall(connection: Connection) -> tuple[int, dict[str, Memory]]:
    seq = connection.execute(
        select(job_cursor.c.seq).where(job_cursor.c.name == Counts.name)
    ).scalar()
    found = {}
    for row in connection.execute(select(job_count)):
        body = row.memory
        found[row.machine] = Memory(
            last={int(track): (at, value) for track, at, value in body["last"]},
            tail=tuple(Counted(*each) for each in body["tail"]),
            good=row.unbooked_good,
            reject=row.unbooked_reject,
        )
    return seq or 0, found


def _save(connection: Connection, *, seq: int, machines: Mapping[str, Memory]) -> None:
    rows = [
        {
            "machine": path,
            "memory": {
                "last": [[track, *held] for track, held in each.last.items()],
                "tail": [list(one) for one in each.tail],
            },
            "unbooked_good": each.good,
            "unbooked_reject": each.reject,
        }
        for path, each in machines.items()
    ]
    _put(connection, job_count, "machine", rows)
    _put(connection, job_cursor, "name", [{"name": Counts.name, "seq": seq}])


def _put(connection: Connection, table: Table, key: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        keys = [row[key] for row in rows]
        connection.execute(delete(table).where(table.c[key].in_(keys)))
        connection.execute(insert(table), rows)
