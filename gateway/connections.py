"""The connectors that run now: started, stopped and replaced by name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from connectors import registry
from gateway.actuator import Actuated, Actuator
from gateway.clock import Clock
from gateway.errors import ConflictError, NotFoundError
from gateway.health import HealthBoard
from gateway.model import DeadLetter, Principal, SampleBatch
from gateway.options import Options
from gateway.ports import Catalogue, Connector
from gateway.status import ConnectorState, ConnectorStatus
from gateway.stream.journal import Journal
from gateway.stream.ledger import GapLedger
from gateway.stream.options import StampOptions, SupervisorOptions
from gateway.stream.stamp import Stamper
from gateway.stream.supervise import Supervisor

_log = logging.getLogger(__name__)
_CONNECTED: Final = frozenset({ConnectorState.LIVE, ConnectorState.DEGRADED, ConnectorState.HELD})
_REMEMBERED_ROWS: Final = 100_000
"""The journal's newest rows, by which what a peer delivers again is recognised."""
_NONE: Final = np.empty(0, np.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a reload did to the connectors, by name."""

    started: tuple[str, ...]
    stopped: tuple[str, ...]
    replaced: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Changes, and the connectors for them, built and not yet started."""

    changes: Changes
    wanted: Mapping[str, Options]
    built: Mapping[str, Connector]


@dataclass(slots=True, kw_only=True)
class _Running:
    options: Options
    connector: Connector
    supervisor: Supervisor
    task: asyncio.Task[None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Off:
    """A connector that a person switched off; its supervisor has ended and tells how it was."""

    options: Options
    supervisor: Supervisor
    why: str

    def status(self) -> ConnectorStatus:
        """Return its last state, and that it is off."""
        return replace(self.supervisor.status(), off=self.why)


class Connections:
    """Runs one supervisor for each connector; `run` holds them until it is cancelled. Implements `Switches`."""

    def __init__(
        self,
        *,
        journal: Journal,
        catalogue: Catalogue,
        ledger: GapLedger,
        board: HealthBoard,
        clock: Clock,
        supervisor: SupervisorOptions,
        stamp: StampOptions,
    ) -> None:
        self._journal = journal
        self._catalogue = catalogue
        self._ledger = ledger
        self._board = board
        self._clock = clock
        self._supervisor = supervisor
        self._stamp = stamp
        self._running: dict[str, _Running] = {}
        self._off: dict[str, _Off] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._switching = asyncio.Lock()

    async def run(self, wanted: Mapping[str, Options]) -> None:
        """Start what is wanted and keep it running until cancelled; then close every connector."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            await self.carry_out(self.plan(wanted))
            await asyncio.Event().wait()

    def absent(self) -> NDArray[np.int32]:
        """Return the signals whose connector is not connected now, sorted; this is the `Presence` port."""
        away = [
            running.supervisor.signals()
            for running in self._running.values()
            if running.supervisor.state not in _CONNECTED
        ] + [each.supervisor.signals() for each in self._off.values()]
        return np.unique(np.concatenate([np.asarray(a, np.int32) for a in away])) if away else _NONE

    def writer(self, path: str) -> Actuator | None:
        """Return what can write this path and is connected; this and `reader` are the `Actuators` port."""
        return next((each for each in self._actuators() if path in each.writes()), None)

    def reader(self, path: str) -> Actuator | None:
        """Return what can ask for this path and is connected."""
        return next((each for each in self._actuators() if path in each.reads()), None)

    def _actuators(self) -> Iterator[Actuator]:
        for running in self._running.values():
            connector = running.connector
            if running.supervisor.state in _CONNECTED and isinstance(connector, Actuated):
                yield connector.actuator

    def readers(self, machine: str) -> Sequence[str]:
        """Return the names of connectors that read a signal of this machine, sorted."""
        mine = {
            index for index, each in enumerate(self._catalogue.all()) if each.machine == machine
        }
        return sorted(
            name
            for name, running in self._running.items()
            if not mine.isdisjoint(np.asarray(running.supervisor.signals(), np.int32).tolist())
        )

    def plan(self, wanted: Mapping[str, Options]) -> Plan:
        """Build what is new or changed, touching nothing that runs; raises `ConfigError`."""
        running = self._running
        gone = tuple(name for name in (*running, *self._off) if name not in wanted)
        changed = tuple(
            name
            for name, held in running.items()
            if name in wanted and wanted[name] != held.options
        )
        new = tuple(name for name in wanted if name not in running)
        built = {name: self._build(name, wanted[name]) for name in changed + new}
        changes = Changes(started=new, stopped=gone, replaced=changed)
        return Plan(changes=changes, wanted=wanted, built=built)

    async def carry_out(self, plan: Plan) -> None:
        """Make the running connectors what was planned, touching only those whose options changed."""
        async with self._switching:
            restarted = bool(self._running)
            for name in plan.changes.stopped + plan.changes.replaced:
                if self._off.pop(name, None) is None:
                    await self._stop(name)
                self._board.remove(name)
            if plan.built:
                away = "the connector was not running" if restarted else ""
                await self._start_all(plan.built, plan.wanted, away=away)

    async def restart(self, name: str, *, by: Principal) -> None:
        """End a connector's connection and connect at once; raises `NotFoundError`, `ConflictError` where it is off."""
        async with self._switching:
            options = self._require(name).options
            built = {name: self._build(name, options)}
            await self._stop(name)
            await self._start_all(built, {name: options}, away=f"reconnected by {by.name}")

    async def disable(self, name: str, *, reason: str, by: Principal) -> None:
        """Switch a connector off; raises `NotFoundError`, `ConflictError` where it is off already."""
        async with self._switching:
            held = self._require(name)
            why = f"by {by.name}: {reason}"
            await self._stop(name)
            off = self._off[name] = _Off(options=held.options, supervisor=held.supervisor, why=why)
            self._board.add_connector(name, off.status, held.supervisor.unknown_sources)
            await self._begin_gaps(held.supervisor, f"switched off {why}")
        _log.warning("connector %s is switched off %s", name, why, extra={"connector": name})

    async def enable(self, name: str, *, by: Principal) -> None:
        """Switch a connector on; raises `NotFoundError`, `ConflictError` where it is on."""
        async with self._switching:
            if name in self._running:
                raise ConflictError(f"{name} is on already")
            if name not in self._off:
                raise NotFoundError(self._unknown(name))
            options = self._off[name].options
            built = {name: self._build(name, options)}
            del self._off[name]
            await self._start_all(
                built, {name: options}, away=f"switched off until {by.name} switched it on"
            )

    def decode_again(self, letter: DeadLetter) -> SampleBatch:
        """Return the rows of a dead letter by today's mappings.

        Raises `InvalidRequestError`, and `ConflictError` where its connector is gone or off.
        """
        if letter.connector not in self._running:
            raise ConflictError(
                f"the connector {letter.connector} is not running, so nothing reads its letters"
            )
        return self._running[letter.connector].supervisor.decode_again(letter)

    async def take_again(self, connector: str, batch: SampleBatch) -> int:
        """Journal rows as a connector's; return how many were new. Raises `NotFoundError`, `ConflictError`."""
        return await self._require(connector).supervisor.take_again(batch)

    def _require(self, name: str) -> _Running:
        if name in self._off:
            raise ConflictError(f"{name} is switched off {self._off[name].why}: switch it on first")
        if name not in self._running:
            raise NotFoundError(self._unknown(name))
        return self._running[name]

    def _unknown(self, name: str) -> str:
        known = ", ".join(sorted({*self._running, *self._off})) or "none"
        return f"no connector {name[:80]!r}; there are: {known}"

    async def _begin_gaps(self, supervisor: Supervisor, cause: str) -> None:
        newest = self._journal.last_source_ns()
        starts = {
            signal: int(newest[signal])
            for signal in supervisor.signals()
            if signal < len(newest) and newest[signal] > 0
        }
        await self._ledger.begin(starts, cause=cause)

    def _build(self, name: str, options: Options) -> Connector:
        return registry.build(
            name=name, options=options, catalogue=self._catalogue, clock=self._clock
        )

    async def _start_all(
        self, built: Mapping[str, Connector], wanted: Mapping[str, Options], *, away: str
    ) -> None:
        newest = await self._journal.tail(_REMEMBERED_ROWS)
        for name, connector in built.items():
            self._off.pop(name, None)
            stamper = Stamper(options=self._stamp)
            stamper.prime(newest)
            self._start(connector, wanted[name], stamper, away=away)

    def _start(
        self, connector: Connector, options: Options, stamper: Stamper, *, away: str
    ) -> None:
        if self._tasks is None:
            msg = "connectors are started by run"
            raise RuntimeError(msg)
        name = connector.name
        supervisor = Supervisor(
            connector,
            journal=self._journal,
            catalogue=self._catalogue,
            clock=self._clock,
            options=self._supervisor,
            stamp=stamper,
            ledger=self._ledger,
            away=away,
        )
        self._board.add_connector(name, supervisor.status, supervisor.unknown_sources)
        task = self._tasks.create_task(supervisor.run(), name=f"connector {name}")
        self._running[name] = _Running(
            options=options, connector=connector, supervisor=supervisor, task=task
        )

    async def _stop(self, name: str) -> None:
        running = self._running.pop(name)
        running.task.cancel()
        with suppress(asyncio.CancelledError):
            await running.task
