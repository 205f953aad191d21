"""The connectors that run now: started, stopped and replaced by name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from connectors import registry
from gateway.actuator import Actuated, Actuator
from gateway.clock import Clock
from gateway.health import HealthBoard
from gateway.options import Options
from gateway.ports import Catalogue, Connector
from gateway.status import ConnectorState
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


class Connections:
    """Runs one supervisor for each connector; `run` holds them until it is cancelled."""

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
        self._tasks: asyncio.TaskGroup | None = None

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
        ]
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
        gone = tuple(name for name in running if name not in wanted)
        changed = tuple(
            name
            for name, held in running.items()
            if name in wanted and wanted[name] != held.options
        )
        new = tuple(name for name in wanted if name not in running)
        built = {
            name: registry.build(
                name=name, options=wanted[name], catalogue=self._catalogue, clock=self._clock
            )
            for name in changed + new
        }
        changes = Changes(started=new, stopped=gone, replaced=changed)
        return Plan(changes=changes, wanted=wanted, built=built)

    async def carry_out(self, plan: Plan) -> None:
        """Make the running connectors what was planned, touching only those whose options changed."""
        restarted = bool(self._running)
        for name in plan.changes.stopped + plan.changes.replaced:
            await self._stop(name)
        if not plan.built:
            return
        newest = await self._journal.tail(_REMEMBERED_ROWS)
        for name, connector in plan.built.items():
            stamper = Stamper(options=self._stamp)
            stamper.prime(newest)
            away = "the connector was not running" if restarted else ""
            self._start(connector, plan.wanted[name], stamper, away=away)

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
        self._board.remove(name)
