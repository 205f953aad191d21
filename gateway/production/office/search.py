"""Where schedules are searched: one search at a time, in a child process, with its progress."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol

from gateway.clock import Clock
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.production.archive import Archive
from gateway.production.execution.port import JobRun
from gateway.production.lifecycle import ScheduleState
from gateway.production.model import Down, JobOrder, Pin, Schedule, ScheduleCause
from gateway.production.office.options import PlanningOptions
from gateway.production.office.port import JobState, SearchJob
from gateway.production.office.shop import (
    BEGUN,
    Shop,
    as_it_is,
    as_known,
    by_machine,
    noise_of,
    open_orders,
    plan_of,
    shop_of,
)
from gateway.production.office.work import carried_out
from gateway.production.schedule.build import to_jobs
from gateway.production.schedule.confidence import confidence
from gateway.production.schedule.problem import Plan
from gateway.production.schedule.repair import project
from gateway.production.schedule.solve.solver import solve
from gateway.production.schedule.solve.strategy import Progress

_NS_PER_MIN: Final = 60_000_000_000
_KEPT_JOBS: Final = 20


class Keep(Protocol):
    """Adds a proposal as the next version and returns it with its number."""

    def __call__(self, schedule: Schedule, *, by: str) -> Awaitable[Schedule]:
        """Keep a proposal."""
        ...


class SearchRoom:
    """Searches for a schedule of all open work."""

    def __init__(
        self,
        archive: Archive,
        *,
        options: PlanningOptions,
        clock: Clock,
        keep: Keep,
        states: Callable[[], Mapping[str, JobRun]],
    ) -> None:
        self._archive, self._options, self._clock = archive, options, clock
        self._keep, self._states = keep, states
        self._jobs: dict[str, SearchJob] = {}
        self._running: tuple[str, asyncio.Task[None]] | None = None

    def start(
        self, *, cause: ScheduleCause, seconds: float | None, pins: Sequence[Pin] | None, by: str
    ) -> SearchJob:
        """Begin a search; raises `ConflictError` while one runs."""
        if self._running is not None and not self._running[1].done():
            raise ConflictError("a schedule is being searched already: wait for it, or cancel it")
        job = SearchJob(
            id=secrets.token_hex(8),
            cause=cause,
            by=by,
            created_ns=self._clock.now_ns(),
            seconds=seconds or self._options.solve_s,
        )
        self._jobs[job.id] = job
        while len(self._jobs) > _KEPT_JOBS:
            del self._jobs[next(iter(self._jobs))]
        task = asyncio.create_task(carried_out(job, self._find(job, pins)), name="schedule search")
        self._running = (job.id, task)
        return job

    def get(self, key: str) -> SearchJob:
        """Return how far a search is; raises `NotFoundError`."""
        if key not in self._jobs:
            raise NotFoundError(f"there is no search {key[:40]!r}: only the newest are kept")
        return self._jobs[key]

    async def settled(self, key: str) -> SearchJob:
        """Return a search once it is over; raises `NotFoundError`."""
        job = self.get(key)
        if job.state is JobState.RUNNING and self._running is not None:
            await asyncio.wait([self._running[1]])
        return job

    async def cancel(self, key: str) -> SearchJob:
        """End a search; one that is over stays as it is."""
        job = self.get(key)
        if self._running is not None and self._running[0] == key:
            self._running[1].cancel()
            await asyncio.wait([self._running[1]])
        return job

    async def close(self) -> None:
        """End the search that runs."""
        if self._running is not None:
            await self.cancel(self._running[0])

    async def _find(self, job: SearchJob, pins: Sequence[Pin] | None) -> JobState:
        current = await self._current()
        now = self._clock.now_ns() // _NS_PER_MIN
        shop, held = await self._shop(current, pins, now=now)

        def tell(progress: Progress) -> None:
            job.share, job.cost, job.phase = progress.share, progress.cost, progress.phase

        found = await solve(
            shop.problem, seconds=job.seconds, start=_begin(shop, held), on_progress=tell
        )
        noise, _ = noise_of(shop, self._options)
        sure = await asyncio.to_thread(
            confidence, shop.problem, found.plan, noise, runs=self._options.confidence_runs, seed=1
        )
        made = await self._keep(
            Schedule(
                jobs=as_known(to_jobs(shop.built, found.plan), held),
                cause=job.cause,
                frozen_until_min=now + self._options.frozen_min,
                cost=found.cost,
                pins=_pins(current, pins),
                down=() if current is None else _still(current, now),
                p_on_time=dict(sure.p_on_time),
                proposer=job.by,
                parent=None if current is None else _parent(current),
            ),
            by=job.by,
        )
        job.version = made.version
        return JobState.DONE

    async def _current(self) -> Schedule | None:
        """Return what the search starts from: the newest shift around a breakdown, else what is published."""
        published = await self._archive.newest(Schedule, state=ScheduleState.PUBLISHED)
        if not published:
            return None
        proposals = await self._archive.newest(Schedule, state=ScheduleState.PROPOSED)
        newer = [
            each
            for each in proposals
            if each.version > published[0].version
            and each.parent == published[0].version
            and each.cause is ScheduleCause.BREAKDOWN
        ]
        return newer[0] if newer else published[0]

    async def _shop(
        self, current: Schedule | None, pins: Sequence[Pin] | None, *, now: int
    ) -> tuple[Shop, tuple[JobOrder, ...]]:
        """Return the problem of all open orders; what begins soon is frozen, what begins a little later dear to move."""
        orders = await open_orders(self._archive)
        if not orders:
            raise InvalidRequestError("there is no open work order: release an approved plan first")
        names = {each.id for each in orders}
        jobs = () if current is None else as_it_is(current.jobs, self._states())
        held = tuple(each for each in jobs if each.order in names)
        frozen_until = now + self._options.frozen_min
        frozen = [
            each for each in held if each.state in BEGUN or now <= each.start_at_min < frozen_until
        ]
        fixed = {each.id for each in frozen}
        keep = [
            each
            for each in held
            if each.id not in fixed and now <= each.start_at_min < now + self._options.keep_min
        ]
        down = () if current is None else _still(current, now)
        shop = await shop_of(
            self._archive,
            self._options,
            orders,
            start_at_min=now,
            frozen=_clear_of(frozen, down),
            keep=keep,
            pins=[each for each in _pins(current, pins) if each.job not in fixed],
            down=by_machine(down),
        )
        return shop, held


def _begin(shop: Shop, held: Sequence[JobOrder]) -> Plan | None:
    """Return what is planned now as a plan that may begin now, where it holds every step."""
    plan = plan_of(shop, held)
    return None if plan is None else project(shop.problem, plan, not_before={})


def _parent(current: Schedule) -> int | None:
    return current.version if current.state is ScheduleState.PUBLISHED else current.parent


def _pins(current: Schedule | None, pins: Sequence[Pin] | None) -> tuple[Pin, ...]:
    if pins is not None:
        return tuple(pins)
    return () if current is None else current.pins


def _still(current: Schedule, now: int) -> tuple[Down, ...]:
    return tuple(each for each in current.down if each.until_at_min > now)


def _clear_of(frozen: Sequence[JobOrder], down: Sequence[Down]) -> list[JobOrder]:
    """Return the frozen jobs that no breakdown has hit: those must move."""
    return [
        job
        for job in frozen
        if not any(
            each.machine == job.machine
            and job.start_at_min < each.until_at_min
            and job.end_at_min > each.from_at_min
            for each in down
        )
    ]
