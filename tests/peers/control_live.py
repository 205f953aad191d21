"""The guard over a real connector: what the connector reads is what the guard sees, as in the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.actuator import Actuated, Actuator
from gateway.clock import Clock, SystemClock
from gateway.errors import TaktlineError
from gateway.model import DeadLetter, Loss
from gateway.ports import Catalogue, Connector
from tests.peers.control_house import ControlHouse, control_house
from tests.peers.web_server import eventually

Build = Callable[[Catalogue, Clock], Connector]


@dataclass
class Live:
    """One connector that runs, as `Actuators`, and the house of the guard that stands on it."""

    connector: Any
    house: ControlHouse
    connected: bool = False
    letters: list[DeadLetter] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)

    def writer(self, path: str) -> Actuator | None:
        return self._actuator(path, "writes")

    def reader(self, path: str) -> Actuator | None:
        return self._actuator(path, "reads")

    def _actuator(self, path: str, what: str) -> Actuator | None:
        if not self.connected or not isinstance(self.connector, Actuated):
            return None
        actuator = self.connector.actuator
        return actuator if path in getattr(actuator, what)() else None

    async def run(self) -> None:
        """Connect, read and acknowledge, and connect again, until cancelled."""
        while True:
            try:
                await self.connector.connect()
                self.connected = True
                while True:
                    intake = await self.connector.read()
                    if len(intake.batch):
                        self.house.latest.append(intake.batch)
                    self.letters += intake.dead_letters
                    self.losses += intake.losses
                    await self.connector.acknowledge(intake.receipt)
            except TaktlineError:
                self.connected = False
                await asyncio.sleep(0.05)

    async def shows(self, path: str, value: float) -> None:
        """Return once the gateway has this value of a signal."""

        def there() -> bool:
            rows = self.house.latest.latest().rows
            mine = rows.signal == self.house.catalogue.index(path)
            return bool((rows.value[mine] == value).any())

        await eventually(there, timeout_s=30)


@asynccontextmanager
async def live_house(
    folder: Path, build: Build, commands: Mapping[str, Any]
) -> AsyncIterator[Live]:
    """Open a guard over the connector that `build` makes, connected."""
    clock = SystemClock()
    async with control_house(folder, clock=clock, commands=commands) as house:
        live = Live(build(house.catalogue, clock), house)
        house.machine = live  # type: ignore[assignment]  # the real machine in place of the played one
        await house.guard.close()
        house.guard = await house.reopened(house.store).open()
        task = asyncio.create_task(live.run())
        try:
            await eventually(lambda: live.connected, timeout_s=30)
            yield live
        finally:
            task.cancel()
            await asyncio.wait([task])
            await live.connector.close()
