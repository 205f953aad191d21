"""The sink `quality`: counts pieces, makes checks due, fills them from signals; committed with its cursor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from gateway.bell import Bell
from gateway.clock import NS_PER_S, Clock
from gateway.errors import NotConnectedError, NotFoundError, StorageError
from gateway.failpoint import failpoint
from gateway.issues import IssueDesk
from gateway.model import DeadLetter, SampleBatch
from gateway.ports import Catalogue, Chunk
from gateway.production.archive import Archive
from gateway.production.kpi.options import ProductionOptions
from gateway.production.kpi.roster import Machine, Roster
from gateway.production.lifecycle import RoutingState
from gateway.production.quality import commit
from gateway.production.quality.commit import OpenCheck, Step
from gateway.production.quality.counting import Meter, Resumed, advance, begun
from gateway.production.quality.model import Checklist, Coming, LotRun
from gateway.production.quality.options import QualityOptions
from gateway.production.quality.records import Reading
from gateway.production.quality.sampling import Due, coming, holds, sample
from gateway.production.quality.suspects import Here
from gateway.production.quality.values import Values, Waiting
from gateway.store import Store

log = logging.getLogger(__name__)

COMMIT_EVERY_S: Final = 5.0
TICK_S: Final = 0.5


class QualityWatch:
    """Exactly once: positions, checks, values and cursor are committed together; a replay finds the same checks."""

    name = "quality"

    def __init__(
        self,
        options: QualityOptions,
        production: ProductionOptions,
        *,
        catalogue: Catalogue,
        store: Store,
        archive: Archive,
        issues: IssueDesk,
        bell: Bell,
        clock: Clock,
    ) -> None:
        self._options, self._production = options, production
        self._catalogue, self._store, self._archive = catalogue, store, archive
        self._issues, self.bell, self._clock = issues, bell, clock
        self._roster = Roster((), production)
        self._machines: dict[str, Machine] = {}
        self._meters: dict[str, Meter] = {}
        self._dirty: set[str] = set()
        self._lots: list[commit.Watched] = []
        self._uses: list[commit.Use] = []
        self._checklists: tuple[Checklist, ...] = ()
        self._values = Values(catalogue)
        self._step = Step()
        self._lock = asyncio.Lock()
        self._recalled = False
        self._seq = self._saved_seq = 0
        self._saved_s = clock.monotonic_s()
        self._counts = {"rows": 0, "checks_due": 0, "values_filled": 0}

    async def cursor(self) -> int:
        """Return the journal number that the store stands at, 0 before the first."""
        async with self._lock:
            await self._recall()
            return self._saved_seq

    async def write(self, chunk: Chunk) -> Sequence[DeadLetter]:
        """Take a chunk; what falls due is committed at once, positions within seconds.

        Raises `NotConnectedError` or `StorageError` where that failed: the caller repeats the chunk.
        """
        async with self._lock:
            await self._recall()
            if chunk.last_seq > self._seq:
                self._take(chunk.batch)
                self._seq = chunk.last_seq
            if self._step or self._clock.monotonic_s() - self._saved_s >= COMMIT_EVERY_S:
                await self._commit()
        return ()

    async def close(self) -> None:
        """Commit what was taken."""
        async with self._lock:
            if self._recalled:
                await self._commit()

    async def run(self) -> None:
        """Give lots their positions where a machine says nothing more, for ever."""
        while True:
            await self._clock.sleep(TICK_S)
            try:
                await self.settle()
            except (NotConnectedError, StorageError) as error:
                log.warning("checks wait for the store: %s", error)

    async def settle(self) -> None:
        """Take the last reading for the position of a time that is long enough past."""
        async with self._lock:
            if not self._recalled:
                return
            settled_ns = self._clock.now_ns() - round(self._options.settle_s * NS_PER_S)
            for watched in self._lots:
                self._look(watched, (), settled_ns=settled_ns)
            self._place_uses(settled_ns=settled_ns)
            if self._step:
                await self._commit()

    async def refresh(self) -> None:
        """Read lots and checklists again after people changed them."""
        async with self._lock:
            await self._recall()
            await self._reread()

    def here(self, machine: str) -> Here:
        """Return where a machine is now; raises `NotFoundError` for one that counts nothing."""
        meter = self._meters.get(machine)
        if meter is None:
            known = ", ".join(sorted(self._meters)[:5]) or "none yet"
            raise NotFoundError(
                f"{machine[:100]!r} has counted no pieces; machines that do: {known}"
            )
        return Here(position=meter.position, time_ns=meter.newest_ns)

    def positions(self) -> Mapping[str, float]:
        """Return where every machine is now."""
        return {path: meter.position for path, meter in self._meters.items()}

    def coming(self) -> list[Coming]:
        """Return what falls due next on the lots that run."""
        found = []
        for each in self._lots:
            meter = self._meters.get(each.lot.machine)
            if meter is not None and each.lot.end_ns is None:
                lists = [one for one in self._checklists if holds(one, each.lot)]
                found += coming(lists, each.lot, position=meter.position, marks=each.marks)
        return found

    def figures(self) -> dict[str, float]:
        """Return its own counts."""
        return {**self._counts, "machines": len(self._meters), "lots": len(self._lots)}

    async def _recall(self) -> None:
        if not self._recalled:
            found = await self._store.run(commit.recall)
            self._seq = self._saved_seq = found.seq
            self._meters = dict(found.meters)
            self._values.recalled(found.values)
            await self._reread()
            await self.bell.ring(found.revision)
            self._recalled = True
        if len(self._catalogue) != self._roster.known:
            self._roster = Roster(self._catalogue.all(), self._production)
            self._machines = {each.path: each for each in self._roster.machines}
            self._values.follow(self._signals())

    async def _reread(self) -> None:
        self._checklists = await self._archive.newest(Checklist, state=RoutingState.ACTIVE)
        lots, uses, checks = await self._store.run(commit.reread)
        held = {each.lot.id: each for each in self._lots}
        for each in lots:
            known = held.get(each.lot.id)
            if known is not None:
                # What was looked at since the last commit stays looked at.
                start_pos = known.lot.start_pos
                each.lot = replace(each.lot, start_pos=start_pos)
                each.marks = known.marks
        self._lots = lots
        self._uses = uses
        self._values.forget()
        self._values.wait(await self._waiting(checks))
        self._values.follow(self._signals())

    async def _waiting(self, checks: Sequence[OpenCheck]) -> list[Waiting]:
        """Return the items that signals have to tell, by the version of the checklist that each check has."""
        wanted = sorted({(each.checklist, each.revision) for each in checks})
        lists = {key: await self._archive.get(Checklist, *key) for key in wanted}
        return [
            Waiting(
                check=each.number,
                checklist=lists[each.checklist, each.revision],
                item=item,
                path=f"{each.machine}/{item.signal}",
                after_ns=each.due_ns,
            )
            for each in checks
            for item in lists[each.checklist, each.revision].items
            if item.signal and item.id not in each.said
        ]

    def _signals(self) -> set[str]:
        return {
            f"{watched.lot.machine}/{item.signal}"
            for watched in self._lots
            for each in self._checklists
            if holds(each, watched.lot)
            for item in each.items
            if item.signal
        }

    def _take(self, batch: SampleBatch) -> None:
        self._counts["rows"] += len(batch)
        self._values.take(batch)
        resumed: dict[str, list[Resumed]] = {}
        for machine, rows, received_ns in self._roster.split(batch):
            meter = self._meters.get(machine.path)
            if meter is None:
                meter = begun(min(received_ns, int(rows.time_ns.min(initial=received_ns))))
            moved, stops = advance(meter, rows, machine.definition)
            if moved is not meter:
                self._meters[machine.path] = moved
                self._dirty.add(machine.path)
            resumed[machine.path] = stops
        for watched in self._lots:
            if watched.lot.machine in resumed:
                self._look(watched, resumed[watched.lot.machine], settled_ns=0)
        self._place_uses(settled_ns=0)
        self._step.fills += self._values.found()

    def _look(
        self, watched: commit.Watched, resumed: Sequence[Resumed], *, settled_ns: int
    ) -> None:
        """Give a lot its positions where they are known by now, and note what falls due on it."""
        meter = self._meters.get(watched.lot.machine)
        if meter is None or watched.finished:
            return
        before = watched.lot
        watched.lot = _placed(watched.lot, meter, settled_ns=settled_ns)
        if watched.lot.start_pos is None:
            return
        lists = [each for each in self._checklists if holds(each, watched.lot)]
        found = sample(
            lists, watched.lot, marks=watched.marks, changed_over=watched.changed_over,
            trail=meter.trail, resumed=resumed, known_ns=settled_ns,
        )  # fmt: skip
        if found.due or watched.lot != before:
            self._step.lots[watched.lot.id] = watched
            self._step.due += [(each, self._as_of(each, watched.lot.machine)) for each in found.due]
        watched.marks = found.marks

    def _as_of(self, due: Due, machine: str) -> Mapping[str, Reading]:
        return self._values.as_of(
            due.checklist, machine, time_ns=due.time_ns, fresh_s=self._options.fresh_s
        )

    def _place_uses(self, *, settled_ns: int) -> None:
        for each in self._uses:
            meter = self._meters.get(each.machine)
            if meter is None:
                continue
            known_ns = max(meter.newest_ns, settled_ns)
            if each.from_pos is None and known_ns > each.from_ns:
                each.from_pos = meter.trail.at(each.from_ns)
                self._step.uses[each.id] = each
            if each.to_pos is None and each.to_ns is not None and known_ns > each.to_ns:
                each.to_pos = meter.trail.at(each.to_ns)
                self._step.uses[each.id] = each
        self._uses = [
            each
            for each in self._uses
            if each.from_pos is None or (each.to_ns is not None and each.to_pos is None)
        ]

    async def _commit(self) -> None:
        if not self._step and self._seq == self._saved_seq:
            return
        now_ns = self._clock.now_ns()
        step, meters = self._step, {path: self._meters[path] for path in self._dirty}
        # Marks of running lots go with the cursor: what was looked at once is not looked at again.
        lots = {each.lot.id: each for each in self._lots} | step.lots
        failpoint("quality.before_commit")
        done = await self._store.run(
            lambda c: commit.write(
                c,
                step,
                lots=list(lots.values()),
                meters=meters,
                values=self._values.kept(),
                seq=self._seq,
                now_ns=now_ns,
                report=self._issues.report,
            )
        )
        self._step, self._saved_seq = Step(), self._seq
        self._saved_s = self._clock.monotonic_s()
        self._dirty.clear()
        self._counts["checks_due"] += done.due
        self._counts["values_filled"] += done.filled
        self._values.wait(done.waiting)
        if done.waiting:
            self._values.follow(self._signals())
        self._lots = [each for each in self._lots if not each.finished]
        if done.told:
            await self._issues.announce()
        if done.revision:
            await self.bell.ring(done.revision)


def _placed(lot: LotRun, meter: Meter, *, settled_ns: int) -> LotRun:
    """Return a lot with the positions of its times, as far as readings or the time that passed tell them."""
    known_ns = max(meter.newest_ns, settled_ns)
    if lot.start_pos is None and known_ns > lot.start_ns:
        lot = replace(lot, start_pos=meter.trail.at(lot.start_ns))
    ends_ns = lot.end_ns
    if lot.start_pos is not None and lot.end_pos is None and ends_ns is not None:
        known = known_ns > ends_ns
        lot = replace(lot, end_pos=max(lot.start_pos, meter.trail.at(ends_ns))) if known else lot
    return lot
