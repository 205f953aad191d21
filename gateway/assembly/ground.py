"""The ground every subject is built on: options, time, stream and history, and where its tasks run."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from gateway.assembly.stream import Historian, deliver
from gateway.clock import Clock
from gateway.config.schema import GatewayOptions
from gateway.connections import Connections
from gateway.health import HealthBoard
from gateway.ports import Catalogue, Sink
from gateway.stream.journal import Journal
from gateway.stream.latest import LatestTable
from gateway.stream.ledger import GapLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is there before any subject; `opened` closes in reverse order, and so do the tasks."""

    options: GatewayOptions
    clock: Clock
    started_ns: int
    board: HealthBoard
    journal: Journal
    catalogue: Catalogue
    ledger: GapLedger
    historian: Historian
    latest: LatestTable
    connections: Connections
    opened: AsyncExitStack
    tasks: asyncio.TaskGroup
    running: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self, name: str, work: Coroutine[object, object, None]) -> None:
        """Run something until the gateway ends; its failure ends the gateway."""
        self.running.append(self.tasks.create_task(work, name=name))

    def follow(self, sink: Sink, *, kind: str) -> None:
        """Feed every journaled row to a sink, from its cursor; its state is a stage of the health page.

        The journal keeps what the sink has not taken only if `stream.CONSUMERS` names it.
        """
        feed = deliver(
            sink, self.journal, clock=self.clock, options=self.options, board=self.board, kind=kind
        )
        self.start(kind, feed.run())

    def end(self) -> None:
        """Cancel what runs, the latest first."""
        for task in reversed(self.running):
            task.cancel()
