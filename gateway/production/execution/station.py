"""Machines as the people at them see them: the current job, what comes next, stops, calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gateway.clock import NS_PER_S, Clock
from gateway.errors import NotFoundError
from gateway.production.allocation.desk import AllocationDesk, Work
from gateway.production.execution.acts import possible
from gateway.production.execution.andon import AndonDesk
from gateway.production.execution.book import AT_MACHINE, BEGUN, DONE, Book
from gateway.production.execution.counts import Counts
from gateway.production.execution.holds import Holds
from gateway.production.execution.machine import MachineView
from gateway.production.execution.options import ExecutionOptions
from gateway.production.execution.pace import expected, left_s
from gateway.production.execution.port import Act, Check, Station, StationJob
from gateway.production.execution.stops import StopDesk
from gateway.production.lifecycle import JobState
from gateway.production.model import Equipment, JobOrder

_LOOK_BACK_NS: Final = 12 * 3600 * NS_PER_S
_HANDED: Final = 2
"""Ended jobs whose hand-over is not accepted that a station shows beside the next ones."""


class Stations:
    """Puts stations together from one reading of the work."""

    def __init__(
        self,
        allocation: AllocationDesk,
        *,
        book: Book,
        view: MachineView,
        stops: StopDesk,
        andon: AndonDesk,
        holds: Holds,
        counts: Counts,
        options: ExecutionOptions,
        clock: Clock,
    ) -> None:
        self._allocation, self._book, self._view = allocation, book, view
        self._stops, self._andon, self._holds = stops, andon, holds
        self._counts, self._next, self._clock = counts, options.next_jobs, clock

    async def all(self, work: Work) -> Sequence[Station]:
        """Return every machine, without its stops and with one job to come."""
        calls, holds = await self._andon.standing(), await self._holds.all()
        return [
            Station(
                machine=each.id, work_centre=each.work_centre, path=each.path,
                current=await self._current(work, each), next=await self._coming(work, each, 1),
                stop=None, stops=(), calls=calls.get(each.id, ()), hold=holds.get(each.id),
                unbooked=self._counts.unbooked(each.path),
            )
            for each in work.floor.machines
        ]  # fmt: skip

    async def one(self, work: Work, machine: str) -> Station:
        """Return one machine; raises `NotFoundError`."""
        each = next((e for e in work.floor.machines if e.id == machine), None)
        if each is None:
            raise NotFoundError(f"there is no machine {machine[:60]!r}")
        now_ns = self._clock.now_ns()
        stops = await self._stops.of(
            each.id, each.path, start_ns=now_ns - _LOOK_BACK_NS, end_ns=now_ns + 1
        )
        return Station(
            machine=each.id,
            work_centre=each.work_centre,
            path=each.path,
            current=await self._current(work, each),
            next=await self._coming(work, each, self._next),
            stop=next((stop for stop in stops if stop.end_ns is None), None),
            stops=tuple(stops),
            calls=(await self._andon.standing()).get(each.id, ()),
            hold=await self._holds.of(each.id),
            unbooked=self._counts.unbooked(each.path),
        )

    async def _current(self, work: Work, machine: Equipment) -> StationJob | None:
        """Return the job that runs, else the one that was sent first."""
        at = self._book.at(machine.id)
        first = next((each for each in at if each.state in BEGUN), at[0] if at else None)
        if first is None or first.job not in work.jobs:
            return None
        return await self.job(work, work.jobs[first.job])

    async def _coming(self, work: Work, machine: Equipment, most: int) -> tuple[StationJob, ...]:
        """Return jobs that are to come, by their planned start; before them what waits to be handed over."""
        mine = sorted(
            (each for each in work.jobs.values() if each.machine == machine.id),
            key=lambda each: (each.start_at_min, each.id),
        )
        runs = {each.id: self._allocation.run_of(work, each) for each in mine}
        waiting = [
            e for e in mine if self._waits(work, e, runs[e.id].state, runs[e.id].accepted_by)
        ]
        current = [e.job for e in self._book.at(machine.id)][:1]
        coming = [e for e in mine if runs[e.id].state not in DONE and e.id not in current]
        chosen = [*waiting[-_HANDED:], *coming[:most]]
        return tuple([await self.job(work, each) for each in chosen])

    def _waits(self, work: Work, planned: JobOrder, state: JobState, accepted_by: str) -> bool:
        operation = work.operation(work.order(planned.order), planned.op)
        return state is JobState.ENDED and operation.handover is not None and not accepted_by

    async def job(self, work: Work, planned: JobOrder) -> StationJob:
        """Return one job with what keeps it from being begun."""
        order, run = work.order(planned.order), self._allocation.run_of(work, planned)
        operation = work.operation(order, planned.op)
        path = next((e.path for e in work.floor.machines if e.id == run.machine), "")
        counted = self._view.counts(path)
        standard = work.floor.standard(order.product, planned.op, run.machine)
        now_ns = self._clock.now_ns()
        checks: tuple[Check, ...] = ()
        if run.state not in AT_MACHINE | DONE:
            tool = run.tool or self._allocation.free_tool(work, planned, run.qty)
            given = replace(run, tool=tool)
            checks = (await self._allocation.readiness(work, planned, given)).checks
        acts = possible(run, counted=counted)
        if operation.handover is None:
            acts = tuple(each for each in acts if each is not Act.ACCEPT)
        return StationJob(
            planned=planned,
            run=run,
            due_at_min=order.due_at_min,
            checks=checks,
            operation=operation,
            expected=expected(run, standard, now_ns=now_ns),
            left_s=left_s(run, standard, now_ns=now_ns),
            counted=counted,
            commands=acts,
        )
