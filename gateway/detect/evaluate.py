"""Feeds the rules from the journal and from time, and has their events and state committed together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from sqlalchemy import Connection

from gateway.clock import NS_PER_S, Clock
from gateway.detect import history, snapshot, versions
from gateway.detect import running as run
from gateway.detect.ahead import rows_wait
from gateway.detect.alarms.desk import AlarmDesk
from gateway.detect.alarms.intake import Intake
from gateway.detect.changes.offline import change_points
from gateway.detect.charts.baselines import ChartKey, Kept
from gateway.detect.charts.kept import KeptLimits, frozen_count
from gateway.detect.charts.live import LiveChart, charted, limit_versions
from gateway.detect.options import RuleOptions
from gateway.detect.reports import report
from gateway.detect.running import Made, Running
from gateway.detect.snapshot import Snapshot
from gateway.detect.sources import Sources
from gateway.detect.status import remarks, statuses
from gateway.detect.wallclock import CLOCK_STEP_NS, WallClock
from gateway.deviation import ChangePoints, Explanation, Issue, RuleStatus, RuleVersion
from gateway.errors import NotConnectedError, StorageError
from gateway.issues import Clearing, Deviation, IssueDesk
from gateway.model import DeadLetter, SampleBatch
from gateway.ports import Catalogue, Chunk, Tail
from gateway.store import Store
from rules import engine
from rules.state import State, dump

log = logging.getLogger(__name__)

GRACE_NS: Final = 1 * NS_PER_S
"""How far ticks stay behind the wall clock, so that rows on their way to the journal are not overtaken."""

OFF_LOOP_ROWS: Final = 2000

Note: TypeAlias = "Callable[[Connection], None]"
"""What is to be written in the same transaction."""


def _nothing(_: Connection) -> None:
    """Write nothing more."""


class Detector:
    """The sink `rules` and the `RuleBook`: rules over every journaled row, by the time it was received.

    Build it, then `cursor()` (reads its memory), `write` chunks in order, and `run()` beside for the passing of
    time. `tail` tells whether rows are still waiting: while there are, time does not run ahead of them.
    `started_ns` is when this gateway began to receive (now, if None): what lies between the last row before it
    and then, nobody watched. `alarms` takes every event in the transaction that takes it to the issues.
    """

    name = "rules"

    def __init__(
        self,
        rules: Mapping[str, RuleOptions],
        *,
        catalogue: Catalogue,
        issues: IssueDesk,
        store: Store,
        clock: Clock,
        tail: Tail | None = None,
        tick_s: float = 0.5,
        snapshot_every_s: float = 2.0,
        started_ns: int | None = None,
        alarms: AlarmDesk | None = None,
    ) -> None:
        self._rules = dict(rules)
        self._catalogue = catalogue
        self._issues = issues
        self._alarms = alarms
        self._store = store
        self._clock = clock
        self._tail = tail
        self._tick_s = tick_s
        self._every_s = snapshot_every_s
        self._started_ns = clock.now_ns() if started_ns is None else started_ns
        self._lock = asyncio.Lock()
        self._sources = Sources()
        self._running: Running | None = None
        self._remembered: State | None = None
        self._starts: tuple[int, ...] = ()
        self._limits = KeptLimits(catalogue)
        self._seq = 0
        self._read = False
        self._saved_s = clock.monotonic_s()
        self._saved_seq = 0
        self._wall = WallClock(clock)
        self._counts = {"rows": 0.0, "events": 0.0, "snapshots": 0.0}

    async def cursor(self) -> int:
        """Return the journal number its snapshot stands at, 0 before the first."""
        async with self._lock:
            await self._recall()
            return self._saved_seq

    async def write(self, chunk: Chunk) -> Sequence[DeadLetter]:
        """Evaluate a chunk; its issues are committed before this returns, its state within `snapshot_every_s`.

        Raises `NotConnectedError` or `StorageError` with nothing done: the caller repeats the chunk.
        """
        async with self._lock:
            await self._recall()
            if chunk.last_seq <= self._seq:
                return ()
            begun = self._begin(chunk.batch)
            # 1. Evaluate, without changing anything.
            made = await self._evaluate(begun, chunk.batch, now_ns=0)
            # 2. Commit issues and, with them, the state and the cursor. 3. Go on from there.
            await self._commit(made, chunk.batch, seq=chunk.last_seq)
            self._sources.take(chunk.batch)
            self._counts["rows"] += len(chunk.batch)
        return ()

    async def tick(self) -> None:
        """Let time pass for the rules, unless rows are waiting in the journal."""
        async with self._lock:
            await self._recall()
            now_ns = self._clock.now_ns()
            if await rows_wait(self._tail, self._seq):
                return
            if self._running and self._running.state.now_ns > now_ns + CLOCK_STEP_NS:
                self._shift(now_ns)
            begun = self._begin(SampleBatch.empty())
            made = await self._evaluate(begun, SampleBatch.empty(), now_ns=now_ns - GRACE_NS)
            await self._commit(made, SampleBatch.empty(), seq=self._seq)

    async def run(self) -> None:
        """Tick until cancelled; a store that is away is tried again."""
        failing = False
        while True:
            await self._clock.sleep(self._tick_s)
            try:
                await self.tick()
                if failing:
                    log.info("the store answers again, time-driven rules go on")
                failing = False
            except (StorageError, NotConnectedError) as error:
                if not failing:
                    log.warning("time-driven rules wait for the store: %s", error)
                failing = True
            except run.RUN_TIME_ERRORS:
                if not failing:
                    log.exception("time-driven rules fail together, none of them alone")
                failing = True

    async def replace_rules(
        self,
        rules: Mapping[str, RuleOptions],
        *,
        by: str = "configuration",
        reason: str = "the configuration was read again",
        reasons: Mapping[str, str] | None = None,
        also: Note = _nothing,
    ) -> None:
        """Run other rules from now on, all of them or, where the store refuses, none; unchanged ones keep their state.

        What changed is kept as versions, with `by` and its own of `reasons` or `reason`, in the transaction of `also`.
        """
        async with self._lock:
            await self._recall()
            now_ns = self._clock.now_ns()

            def note(connection: Connection) -> None:
                told = reasons or {}
                versions.record(
                    connection, rules, by=by, reason=reason, reasons=told, now_ns=now_ns
                )
                also(connection)

            if self._running is None:
                await self._store.run(note)
            else:
                live, events = run.rebind(
                    self._running, self._catalogue.all(), rules=rules, failed={}
                )
                made = self._limits.restore(live), events
                await self._commit(made, SampleBatch.empty(), seq=self._seq, note=note)
            self._rules = dict(rules)
            if self._alarms is not None:
                await self._alarms.configure(rules)

    async def close(self) -> None:
        """Write the state down."""
        async with self._lock:
            if self._running is not None and self._read:
                taken = self._snapshot(self._running.state, self._seq)
                await self._store.run(lambda c: self._save(c, taken))
                self._saved_seq = self._seq

    def rules(self) -> Sequence[RuleStatus]:
        """Return every configured rule, the disabled ones included."""
        return statuses(self._rules, self._running)

    def charts(self) -> Sequence[LiveChart]:
        """Return how the control charts stand, none before the first sample."""
        return () if self._running is None else tuple(charted(self._running))

    async def newest(self) -> Mapping[str, RuleVersion]:
        """Return the newest version of every rule there ever was, by id."""
        return await self._store.run(versions.newest)

    def limits(self, key: ChartKey) -> Kept | None:
        """Return the limits of a chart as they are written down."""
        return self._limits.of(key)

    async def put_limits(
        self, key: ChartKey, kept: Kept, *, replaces: str, also: Callable[[Connection], None]
    ) -> None:
        """Put limits in force on a chart, in the transaction of `also`; raises `NotFoundError`, `ConflictError`."""
        async with self._lock:
            await self._recall()
            made = self._limits.placed(self._running, key, kept.limits, replaces=replaces)
            taken = self._snapshot(made.state, self._seq)

            def work(connection: Connection) -> None:
                also(connection)
                self._save(connection, taken)

            await self._store.run(work)
            self._running, self._saved_seq = made, self._seq
            self._limits.note(key, kept)

    def remarks(self) -> Sequence[str]:
        """Say which rules had to be disabled, and why, for the health page."""
        return remarks(self._rules, self._running)

    async def versions(self, rule: str) -> Sequence[RuleVersion]:
        """Return every change of a rule's settings, newest first; raises `NotFoundError`."""
        return await history.versions_of(self._store, rule)

    async def explain(self, issue: Issue) -> Explanation:
        """Replay an issue's evidence with the settings its rule had, step by step."""
        return await history.explained(self._store, issue, self._rules.get(issue.rule))

    async def change_points(self, issue: Issue) -> ChangePoints:
        """Search an issue's evidence for changes of its mean, in a process of its own."""
        return await change_points(issue)

    def configured(self) -> Mapping[str, RuleOptions]:
        """Return the settings of every rule, by id."""
        return dict(self._rules)

    def figures(self) -> dict[str, float]:
        """Return its own counts."""
        return dict(self._counts)

    async def _recall(self) -> None:
        """Read the memory once, and note on disk that a gateway was started now."""
        if self._read:
            return
        held = await self._store.run(
            lambda c: snapshot.recall(c, self.name, started_ns=self._started_ns)
        )
        await self._store.run(self._limits.load)
        self._remembered, self._starts = held.state, held.starts
        now_ns, reason = self._clock.now_ns(), "the gateway was started"
        await self._store.run(
            lambda c: versions.record(
                c, self._rules, by="configuration", reason=reason, now_ns=now_ns
            )
        )
        self._seq = self._saved_seq = held.seq
        self._read = True

    def _begin(self, batch: SampleBatch) -> Made:
        """Return the running rules, bound to every signal there is, at a time that follows the wall clock's steps."""
        live = self._running
        stepped_ns = self._wall.stepped_ns(None if live is None else live.state.now_ns)
        if self._running is None:
            first_ns = int(batch.received_ns[0]) if len(batch) else self._clock.now_ns() - GRACE_NS
            made, events = run.start(
                self._rules, self._catalogue.all(), state=self._remembered, now_ns=first_ns
            )
            return self._limits.restore(made), events
        if stepped_ns:
            self._shift(self._running.state.now_ns + stepped_ns)
        if self._running.signals != len(self._catalogue):
            made, events = run.rebind(self._running, self._catalogue.all())
            return self._limits.restore(made), events
        return self._running, []

    def _shift(self, now_ns: int) -> None:
        """Move the rules' time, which changes no outcome by itself and so needs no commit."""
        if self._running is not None:
            live = self._running
            state = engine.shift(live.table, live.state, now_ns=now_ns)
            self._running = replace(live, state=state)

    async def _evaluate(self, begun: Made, batch: SampleBatch, *, now_ns: int) -> Made:
        live, events = begun

        def work() -> Made:
            return run.step(live, self._catalogue.all, batch, now_ns=now_ns, starts=self._starts)

        made, seen = work() if len(batch) < OFF_LOOP_ROWS else await asyncio.to_thread(work)
        return made, events + seen

    async def _commit(
        self, made: Made, batch: SampleBatch, *, seq: int, note: Note | None = None
    ) -> None:
        """Commit what was found with state and cursor, where anything was or it is time; and with `note` at any rate."""
        live, events = made
        if frozen_count(live) != frozen_count(self._running):
            await self._limits.keep(live, self._store, now_ns=self._clock.now_ns())
        due = self._clock.monotonic_s() - self._saved_s >= self._every_s and seq != self._saved_seq
        if events or due or note is not None:
            judged_by = limit_versions(live, events)
            changes = [
                report(
                    event,
                    rules=live.rules,
                    catalogue=self._catalogue,
                    sources=self._sources,
                    batch=batch,
                    limits=judged_by.get(event, ""),
                )
                for event in events
            ]
            taken = self._snapshot(live.state, seq)
            await self._apply(changes, taken, note or _nothing)
            self._saved_s, self._saved_seq = self._clock.monotonic_s(), seq
            self._counts["events"] += len(events)
        self._running, self._seq = live, seq
        self._starts = tuple(s for s in self._starts if s > live.state.now_ns)

    async def _apply(
        self,
        changes: Sequence[Deviation | Clearing],
        taken: tuple[State, int, tuple[int, ...]],
        note: Note,
    ) -> None:
        """Commit issues, alarms, state and `note` together."""
        alarms = self._alarms

        def save(connection: Connection) -> None:
            note(connection)
            self._save(connection, taken)

        if alarms is None or not changes:
            await self._issues.apply(changes, also=save)
            return
        alarms.look()
        opened: list[Intake] = []

        def sift(connection: Connection) -> Sequence[Deviation | Clearing]:
            opened.append(alarms.intake(connection))
            return opened[-1].sift(changes)

        def also(connection: Connection) -> None:
            opened[-1].finish()
            save(connection)

        await self._issues.apply(changes, sift=sift, also=also)
        await alarms.announce()

    def _snapshot(self, state: State, seq: int) -> tuple[State, int, tuple[int, ...]]:
        return state, seq, tuple(s for s in self._starts if s > state.now_ns)

    def _save(self, connection: Connection, taken: tuple[State, int, tuple[int, ...]]) -> None:
        state, seq, starts = taken
        snapshot.write(connection, self.name, Snapshot(seq=seq, state=dump(state), starts=starts))
        self._counts["snapshots"] += 1
