"""The book of jobs as they run: every step is in the store before it counts, and read from memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from gateway.clock import Clock
from gateway.errors import ConflictError, StorageError
from gateway.production.execution.port import Act, JobRun, JobStep, Way
from gateway.production.execution.wear import add_cycles
from gateway.production.lifecycle import JobState
from gateway.store import Store
from gateway.store.execution_tables import job_run, job_step

DONE: Final = frozenset({JobState.ENDED, JobState.ABORTED})
"""States from which a job goes nowhere any more."""

AT_MACHINE: Final = frozenset(
    {
        JobState.SENT,
        JobState.NOT_ALLOWED_TO_START,
        JobState.ALLOWED_TO_START,
        JobState.RUNNING,
        JobState.INTERRUPTED,
    }
)
"""States in which machine or operator have the job."""

BEGUN: Final = frozenset({JobState.RUNNING, JobState.INTERRUPTED})
_COLUMNS: Final = tuple(each.name for each in fields(JobRun))
_COUNTED: Final = frozenset({"good", "reject"})
_SAID: Final = 500
Pieces = tuple[float, float]
"""Good and rejected pieces, as what is added."""


class Book:
    """Jobs by name. One process writes it; `open` reads what an earlier one left."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._runs: dict[str, JobRun] = {}
        self._opened = False
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Read every job, once; raises as the store does."""
        async with self._turn:
            if self._opened:
                return
            rows = await self._store.run(lambda c: c.execute(select(job_run)).all())
            self._runs = {row.job: _run(row) for row in rows}
            self._opened = True

    @property
    def runs(self) -> Mapping[str, JobRun]:
        """Every job that somebody has dealt with."""
        return MappingProxyType(self._runs)

    def at(self, machine: str) -> list[JobRun]:
        """Return the jobs that a machine or its operator has, the oldest first."""
        found = [e for e in self._runs.values() if e.machine == machine and e.state in AT_MACHINE]
        return sorted(found, key=lambda each: (each.started_ns or each.sent_ns or 0, each.job))

    async def step(self, was: JobRun, now: JobRun, *, act: Act, by: str, said: str = "") -> JobRun:
        """Keep the next step of a job; raises `ConflictError` where somebody else was first.

        Pieces booked meanwhile stay: what `now` counts more than `was` is added.
        """
        time_ns = self._clock.now_ns()
        held = self._runs.get(was.job)
        if held is not None and held.version != was.version:
            raise ConflictError(f"job {was.job} was changed meanwhile: look again")
        after = replace(now, version=was.version + 1, changed_ns=time_ns, by=by)
        work = partial(
            _step, was=was, now=after, act=act, by=by, said=said[:_SAID], time_ns=time_ns
        )
        # Store and memory change in the same order: what is added in between is never added twice.
        async with self._turn:
            kept = await self._store.run(work)
            self._runs[was.job] = kept
        return kept

    async def book(self, work: Callable[[Connection], None], pieces: Mapping[str, Pieces]) -> None:
        """Commit pieces of jobs together with what `work` writes."""

        def whole(connection: Connection) -> None:
            for job, (good, reject) in pieces.items():
                connection.execute(
                    update(job_run)
                    .where(job_run.c.job == job)
                    .values(good=job_run.c.good + good, reject=job_run.c.reject + reject)
                )
            add_cycles(
                connection, _cycles((self._runs[job].tool, *of) for job, of in pieces.items())
            )
            work(connection)

        async with self._turn:
            await self._store.run(whole)
            for job, (good, reject) in pieces.items():
                held = self._runs[job]
                self._runs[job] = replace(held, good=held.good + good, reject=held.reject + reject)

    async def steps(self, job: str) -> Sequence[JobStep]:
        """Return the history of a job, oldest first; empty where nothing was done with it."""
        query = select(job_step).where(job_step.c.job == job).order_by(job_step.c.n)
        rows = await self._store.run(lambda c: c.execute(query).all())
        return [
            JobStep(n=r.n, time_ns=r.time_ns, action=r.action, state=JobState(r.state), by=r.by, said=r.said)
            for r in rows
        ]  # fmt: skip


def _step(
    connection: Connection, *, was: JobRun, now: JobRun, act: Act, by: str, said: str, time_ns: int
) -> JobRun:
    values = {name: _plain(getattr(now, name)) for name in _COLUMNS}
    if was.version == 0:
        connection.execute(insert(job_run).values(**values))
    else:
        for name in _COUNTED:
            values[name] = job_run.c[name] + (getattr(now, name) - getattr(was, name))
        mine = (job_run.c.job == now.job) & (job_run.c.version == was.version)
        changed = connection.execute(update(job_run).where(mine).values(**values))
        if changed.rowcount != 1:
            raise ConflictError(f"job {now.job} was changed meanwhile: look again")
    made = (now.tool, now.good - was.good, now.reject - was.reject)
    add_cycles(connection, _cycles([made]))
    newest = connection.execute(
        select(func.max(job_step.c.n)).where(job_step.c.job == now.job)
    ).scalar()
    connection.execute(
        insert(job_step).values(
            job=now.job, n=(newest or 0) + 1, time_ns=time_ns, action=act.value,
            state=now.state.value, by=by, said=said,
        )
    )  # fmt: skip
    row = connection.execute(select(job_run).where(job_run.c.job == now.job)).one_or_none()
    if row is None:
        raise StorageError(f"job {now.job} could not be read after it was written")
    return _run(row)


def _cycles(made: Iterable[tuple[str, float, float]]) -> dict[str, float]:
    """Return cycles by tool: every piece is one, good or not."""
    found: dict[str, float] = {}
    for tool, good, reject in made:
        if tool and good + reject:
            found[tool] = found.get(tool, 0.0) + good + reject
    return found


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _run(row: Row[Any]) -> JobRun:
    held = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    held |= {name: tuple(held[name]) for name in ("people", "lots")}
    return JobRun(**held | {"state": JobState(held["state"]), "way": Way(held["way"])})
