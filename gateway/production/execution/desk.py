"""The desk of execution: what people command, and what machines say, becomes of jobs and their orders."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from gateway.access.port import Identity
from gateway.access.rights import Role
from gateway.clock import NS_PER_S, Clock
from gateway.errors import ConflictError, ForbiddenError, NotFoundError
from gateway.production.allocation.desk import AllocationDesk, Work
from gateway.production.allocation.readiness import Readiness
from gateway.production.archive import Archive
from gateway.production.execution.acts import VERBS, by_person, check, settled
from gateway.production.execution.andon import AndonDesk
from gateway.production.execution.book import AT_MACHINE, BEGUN, DONE, Book
from gateway.production.execution.calling import after_answer, after_list, call_of
from gateway.production.execution.counts import Counts
from gateway.production.execution.holds import Holds
from gateway.production.execution.machine import MachineView
from gateway.production.execution.machines import JobMachines, MachineJob, Outcome, Verb
from gateway.production.execution.options import ExecutionOptions
from gateway.production.execution.pace import progress_of
from gateway.production.execution.port import (
    Act,
    Call,
    CallKind,
    Commanded,
    Hold,
    JobDetail,
    JobRun,
    Station,
    Stop,
    StopReason,
    Way,
)
from gateway.production.execution.station import Stations
from gateway.production.execution.stops import StopDesk
from gateway.production.lifecycle import WORK_ORDER, JobState, WorkOrderState, moved
from gateway.production.model import JobOrder, Operation, WorkOrder
from gateway.production.schedule.build import job_id
from gateway.production.schedule.live import Progress

_log = logging.getLogger(__name__)
_ROLES: Final = {each.value for each in Role}
_TOLD_AGAIN_NS: Final = 24 * 3600 * NS_PER_S
"""Moves so long ago are followed up again at a start."""

GATEWAY: Final = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a job is now; `path` is its machine on the floor, `materials` the (material, lot) pairs given to it."""

    run: JobRun
    operation: Operation
    path: str
    materials: tuple[tuple[str, str], ...]


class Told(Protocol):
    """Somebody who hears of every move of a job; told again after a restart, so that a second time does no harm."""

    async def __call__(self, move: Move) -> None:
        """Hear where a job is now."""
        ...


async def nobody(move: Move) -> None:
    """Tell nobody."""


class ExecutionDesk:
    """Implements `Execution`. Commands of one job follow one another; a machine is called once and then asked."""

    def __init__(
        self,
        archive: Archive,
        *,
        options: ExecutionOptions,
        book: Book,
        allocation: AllocationDesk,
        view: MachineView,
        machines: JobMachines,
        stops: StopDesk,
        andon: AndonDesk,
        holds: Holds,
        counts: Counts,
        clock: Clock,
        paths: dict[str, str],
        told: Told = nobody,
    ) -> None:
        """`paths` is kept up to date: where each machine is on the floor. `told` hears of every move of a job."""
        self._archive, self._options, self._book = archive, options, book
        self._allocation, self._view, self._machines = allocation, view, machines
        self._stops, self._andon, self._holds, self._clock = stops, andon, holds, clock
        self._stations = Stations(
            allocation, book=book, view=view, stops=stops, andon=andon, holds=holds,
            counts=counts, options=options, clock=clock,
        )  # fmt: skip
        self._turns: dict[str, asyncio.Lock] = {}
        self._order_turn = asyncio.Lock()
        self._paths = paths
        self._told = told

    def _turn(self, machine: str) -> asyncio.Lock:
        """Return what lets one thing after another happen at a machine; others do not wait for it."""
        return self._turns.setdefault(machine, asyncio.Lock())

    def machine_path(self, machine: str) -> str:
        """Return where a machine is on the floor, "" where it is nowhere or not known."""
        return self._paths.get(machine, "")

    def progress(self) -> Mapping[str, Progress]:
        """Return what really happened to jobs, in UTC minutes, as the scheduling board projects it."""
        now_ns = self._clock.now_ns()
        found = {name: progress_of(run, now_ns=now_ns) for name, run in self._book.runs.items()}
        return {name: each for name, each in found.items() if each is not None}

    def states(self) -> Mapping[str, JobRun]:
        """Return the jobs that somebody has dealt with."""
        return self._book.runs

    async def prepare(self) -> None:
        """Read jobs and machines; without it, pieces find no job before somebody asks. Raises as the store does."""
        await self._work()

    async def _work(self) -> Work:
        work = await self._allocation.work()
        self._paths.clear()
        self._paths.update({each.id: each.path for each in work.floor.machines})
        return work

    async def stations(self) -> Sequence[Station]:
        """Return every machine with its current and next jobs, without stops."""
        return await self._stations.all(await self._work())

    async def station(self, machine: str) -> Station:
        """Return one machine; raises `NotFoundError`."""
        return await self._stations.one(await self._work(), machine)

    async def detail(self, job: str) -> JobDetail:
        """Return one job with its history; raises `NotFoundError`."""
        work = await self._work()
        shown = await self._stations.job(work, _planned(work, job))
        return JobDetail(job=shown, steps=tuple(await self._book.steps(job)))

    async def readiness(self, job: str) -> Readiness:
        """Return what must hold before a job is dispatched; raises `NotFoundError`."""
        work = await self._work()
        return await self._allocation.readiness(work, _planned(work, job))

    async def command(self, job: str, asked: Commanded, *, by: Identity) -> JobRun:
        """Do something with a job; a machine's refusal raises `ConflictError` with its code."""
        work = await self._work()
        planned = _planned(work, job)
        async with self._turn(self._allocation.run_of(work, planned).machine):
            run = self._allocation.run_of(work, planned)
            path = self.machine_path(run.machine)
            check(run, asked, counted=self._view.counts(path))
            if asked.code:
                self._stops.check(asked.code)
            if asked.act in {Act.DISPATCH, Act.START}:
                run = await self._ready(work, planned, run, asked)
            match asked.act:
                case Act.SETTLE:
                    after = settled(run, asked, now_ns=self._clock.now_ns())
                    return await self._moved(work, run, after, asked, by.name)
                case Act.ACCEPT:
                    return await self._accept(work, run, asked, by)
                case Act.COUNT:
                    after = by_person(run, asked, now_ns=self._clock.now_ns())
                    said = f"{asked.good:g} good, {asked.reject:g} rejected"
                    return await self._book.step(run, after, act=Act.COUNT, by=by.name, said=said)
                case _ if run.way is Way.JOB_CONTROL:
                    return await self._called(work, planned, run, asked, path, by)
                case _:
                    after = by_person(run, asked, now_ns=self._clock.now_ns())
                    return await self._moved(work, run, after, asked, by.name)

    async def _ready(self, work: Work, planned: JobOrder, run: JobRun, asked: Commanded) -> JobRun:
        """Give what is free to a job that has nothing, and refuse where something does not hold."""
        hold = await self._holds.of(run.machine)
        if hold is not None:
            raise ConflictError(f"{run.machine} is given no work: {hold.why} ({hold.by})")
        others = [e.job for e in self._book.at(run.machine) if e.job != run.job]
        running = [
            e.job for e in self._book.at(run.machine) if e.state in BEGUN and e.job != run.job
        ]
        if run.way is Way.PERSON and asked.act is Act.START and running:
            raise ConflictError(f"{run.machine} is at {running[0]}: finish that first")
        if run.way is Way.JOB_CONTROL and asked.act is Act.DISPATCH and len(others) > len(running):
            raise ConflictError(f"{run.machine} has {others[-1]} waiting: let it begin that first")
        given = run
        if run.state not in AT_MACHINE:
            tool = run.tool or self._allocation.free_tool(work, planned, run.qty)
            lots = run.lots or self._allocation.free_lots(work, planned)
            given = replace(run, tool=tool, lots=lots)
        found = await self._allocation.readiness(work, planned, given)
        if found.problems:
            raise ConflictError(f"{run.job} is not ready: {'; '.join(found.problems)}")
        return given

    async def _called(  # noqa: PLR0917 - private, called once above
        self, work: Work, planned: JobOrder, run: JobRun, asked: Commanded, path: str, by: Identity
    ) -> JobRun:
        """Call the machine once; what it refuses leaves the job where it was, what it leaves open is asked for."""
        verb = VERBS[asked.act]
        call = call_of(work.order(run.order), planned, run, verb, asked.reason)
        sent = run
        if verb is Verb.STORE_AND_START:
            # Kept before it leaves: a gateway killed meanwhile asks the machine for it afterwards.
            before = replace(run, state=JobState.SENT, sent_ns=self._clock.now_ns(), note="")
            sent = await self._book.step(run, before, act=asked.act, by=by.name)
        try:
            answer = await self._machines.call(path, call, by=by)
        except (ConflictError, ForbiddenError) as error:
            if verb is Verb.STORE_AND_START:
                back = replace(sent, state=JobState.READY, sent_ns=None, note=str(error))
                await self._book.step(sent, back, act=Act.ANSWERED, by=GATEWAY, said=str(error))
            raise
        said = f"{verb}: {answer.said}"
        held = self._book.runs[run.job]
        after = after_answer(held, verb, answer)
        kept = await self._book.step(held, after, act=Act.ANSWERED, by=GATEWAY, said=said)
        if answer.outcome in {Outcome.REFUSED, Outcome.NOT_SENT}:
            raise ConflictError(f"{run.machine} does not {verb} {run.job}: {answer.said}")
        return kept

    async def _moved(
        self, work: Work, run: JobRun, after: JobRun, asked: Commanded, by: str
    ) -> JobRun:
        said = asked.reason or asked.code
        kept = await self._book.step(run, after, act=asked.act, by=by, said=said)
        if asked.act is Act.PAUSE:
            await self._stops.begin(
                kept.machine, code=asked.code, note=asked.reason, job=kept.job, by=by
            )
        elif run.state is JobState.INTERRUPTED and kept.state is not JobState.INTERRUPTED:
            await self._stops.end(kept.machine)
        await self._follow(work, kept)
        return kept

    async def _accept(self, work: Work, run: JobRun, asked: Commanded, by: Identity) -> JobRun:
        """Take over what a step hands on; a hand-over to a role of this plant takes somebody with it."""
        operation = work.operation(work.order(run.order), run.op)
        wanted = "" if operation.handover is None else operation.handover.accepted_by
        roles = {grant.role.value for grant in by.grants}
        if wanted in _ROLES and not roles & {wanted, Role.ADMINISTRATOR.value}:
            raise ForbiddenError(f"{run.job} is handed over to {wanted}: only that role accepts it")
        after = replace(run, accepted_by=by.name, accepted_ns=self._clock.now_ns())
        return await self._book.step(run, after, act=Act.ACCEPT, by=by.name, said=asked.reason)

    async def saw(self, machine: str, listed: Sequence[MachineJob]) -> None:
        """Take a machine's own list: where it and we differ, the machine is right."""
        there = {each.job: each for each in listed}
        async with self._turn(machine):
            for run in self._book.at(machine):
                if run.way is Way.JOB_CONTROL:
                    await self._saw_one(run, there.get(run.job))

    async def _saw_one(self, run: JobRun, seen: MachineJob | None) -> None:
        after = after_list(run, seen, now_ns=self._clock.now_ns())
        if after == run:
            return
        if seen is None:
            await self._book.step(run, after, act=Act.SEEN, by=run.machine, said=after.doubt)
            return
        kept = await self._book.step(run, after, act=Act.SEEN, by=run.machine)
        await self._follow(await self._work(), kept)

    async def reconcile(self) -> None:
        """Move work orders that a gateway killed in between left behind their jobs."""
        work = await self._work()
        since_ns = self._clock.now_ns() - _TOLD_AGAIN_NS
        for run in list(self._book.runs.values()):
            if run.state in BEGUN or run.changed_ns >= since_ns:
                await self._follow(work, run)

    async def _follow(self, work: Work, run: JobRun) -> None:
        """Move the work order with its jobs, and tell who wants to know."""
        if run.order in work.orders:
            lots = [each for each in work.floor.lots if each.lot in run.lots]
            await self._told(
                Move(
                    run=run,
                    operation=work.operation(work.order(run.order), run.op),
                    path=self.machine_path(run.machine),
                    materials=tuple((each.material, each.lot) for each in lots),
                )
            )
        if run.state not in BEGUN | {JobState.ENDED} or run.order not in work.orders:
            return
        async with self._order_turn:
            order = await self._archive.get(WorkOrder, run.order)
            if order.state is WorkOrderState.RELEASED:
                order = await self._order(order, WorkOrderState.IN_PROGRESS)
            if order.state is WorkOrderState.IN_PROGRESS:
                ops = [each.op for each in work.routing(order).operations]
                runs = [self._book.runs.get(job_id(order.id, op)) for op in ops]
                if all(each is not None and each.state is JobState.ENDED for each in runs):
                    await self._order(order, WorkOrderState.COMPLETED)

    async def _order(self, order: WorkOrder, to: WorkOrderState) -> WorkOrder:
        state = moved(WORK_ORDER, what=f"order {order.id}", now=order.state, to=to)
        after = replace(order, state=state)
        await self._archive.change(order, after, by=GATEWAY)
        return after

    async def allocate(
        self, job: str, *, tool: str, people: Sequence[str], lots: Sequence[str], by: Identity
    ) -> JobRun:
        """Give tool, people and lots to a job; raises `ConflictError` where a tool is taken at that time."""
        work = await self._work()
        planned = _planned(work, job)
        async with self._turn(self._allocation.run_of(work, planned).machine):
            run = self._allocation.run_of(work, planned)
            if run.state in DONE:
                raise ConflictError(f"job {job} is {run.state}: nothing is given to it any more")
            if tool:
                self._allocation.checked_tool(work, planned, tool)
            _known("person", people, {each.id for each in work.floor.people})
            _known("lot", lots, {each.lot for each in work.floor.lots})
            after = replace(run, tool=tool, people=tuple(people), lots=tuple(lots))
            said = ", ".join(each for each in (tool, *people, *lots) if each) or "nothing"
            return await self._book.step(run, after, act=Act.ALLOCATE, by=by.name, said=said)

    async def hold(self, machine: str, *, why: str, by: str) -> Hold:
        """Give a machine no work from now on; what runs goes on."""
        return await self._holds.hold(machine, why=why, by=by)

    async def release(self, machine: str, *, by: str) -> None:
        """Give a machine work again; raises `NotFoundError` where it is not held."""
        await self._holds.release(machine)
        _log.info("%s is given work again by %s", machine, by)

    async def stops(self, machine: str, *, start_ns: int, end_ns: int) -> Sequence[Stop]:
        """Return when a machine stood still, newest first, each with the reason given for it."""
        await self._work()
        return await self._stops.of(
            machine, self.machine_path(machine), start_ns=start_ns, end_ns=end_ns
        )

    def reasons(self) -> Sequence[StopReason]:
        """Return the reasons there are for stops."""
        return self._stops.reasons()

    async def give_reason(
        self, machine: str, *, start_ns: int, end_ns: int | None, code: str, note: str, by: Identity
    ) -> Stop:
        """Give a reason for a stop or a part of it."""
        path = self.machine_path(machine)
        job = next((each.job for each in self._book.at(machine) if each.state in BEGUN), "")
        return await self._stops.enter(
            machine, path, start_ns=start_ns, end_ns=end_ns, code=code, note=note, job=job, by=by
        )

    async def call(self, machine: str, kind: CallKind, *, note: str, by: Identity) -> Call:
        """Call for somebody; raises `ConflictError` where that call stands already."""
        await self._work()
        return await self._andon.call(
            machine, self.machine_path(machine), kind, note=note, by=by.name
        )

    async def clear_call(self, machine: str, kind: CallKind, *, by: Identity) -> None:
        """End a call: somebody came; raises `NotFoundError`."""
        await self._andon.clear(machine, kind, by=by.principal)


def _planned(work: Work, job: str) -> JobOrder:
    if job not in work.jobs:
        raise NotFoundError(f"there is no job {job[:100]!r} in the published schedule")
    return work.jobs[job]


def _known(what: str, given: Sequence[str], there: set[str]) -> None:
    for each in given:
        if each not in there:
            raise NotFoundError(f"there is no {what} {each[:60]!r}")
