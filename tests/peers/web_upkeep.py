"""Remarks in a dictionary, connectors that switch on paper, and the real desks of letters and mappings over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import orjson

from gateway.clock import Clock
from gateway.config.schema import GatewayOptions
from gateway.errors import ConflictError, InvalidRequestError
from gateway.model import DeadLetter, Principal, SampleBatch
from gateway.ports import HealthSource
from gateway.status import ConnectorState, ConnectorStatus
from gateway.upkeep import Mark, Remark, Subject

CONFIG = """
plant: {site: plant, time_zone: Europe/Berlin}
data_dir: ./data
web: {sign_in: "off"}
connectors:
  sensors:
    type: mqtt
    host: broker.example
    client_id: sensors
    listen: ["#"]
    mappings:
      - topic: plant/room/{room}/temperature
        signals: [{path: v, signal: "plant/rooms/{room}/air/temperature", unit: °C}]
"""


class MemoryRemarks:
    """The `Remarks` port."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.held: dict[tuple[Subject, str], Remark] = {}

    async def of(self, subject: Subject) -> Mapping[str, Remark]:
        """Return every remark about a kind of entry."""
        return {key: each for (kind, key), each in self.held.items() if kind is subject}

    async def put(
        self, subject: Subject, keys: Sequence[str], *, mark: Mark, reason: str, by: Principal
    ) -> None:
        """Note a decision."""
        for key in keys:
            self.held[subject, key] = Remark(
                subject=subject,
                key=key,
                mark=mark,
                reason=reason,
                by=by.name,
                time_ns=self._clock.now_ns(),
            )

    async def remove(self, subject: Subject, key: str) -> None:
        """Take a remark back."""
        self.held.pop((subject, key), None)


class MemorySwitches:
    """The `Switches` port: what is off is written down, and `shown` tells it."""

    def __init__(self, health: HealthSource) -> None:
        self._health = health
        self.off: dict[str, str] = {}
        self.restarted: list[str] = []

    def shown(self, status: ConnectorStatus) -> ConnectorStatus:
        """Return a connector as it is with its switch."""
        why = self.off.get(status.name)
        return status if why is None else replace(status, state=ConnectorState.STOPPED, off=why)

    async def restart(self, name: str, *, by: Principal) -> None:
        """Note it."""
        self._health.connector(name)
        if name in self.off:
            raise ConflictError(f"{name} is switched off")
        self.restarted.append(name)

    async def disable(self, name: str, *, reason: str, by: Principal) -> None:
        """Switch off."""
        self._health.connector(name)
        if name in self.off:
            raise ConflictError(f"{name} is switched off already")
        self.off[name] = f"by {by.name}: {reason}"

    async def enable(self, name: str, *, by: Principal) -> None:
        """Switch on."""
        self._health.connector(name)
        if self.off.pop(name, None) is None:
            raise ConflictError(f"{name} is on already")


class MemoryAgain:
    """Reads a letter that is a JSON number by itself, into signal 0."""

    def decode_again(self, letter: DeadLetter) -> SampleBatch:
        """Return its row."""
        try:
            value = orjson.loads(letter.payload)
        except orjson.JSONDecodeError as error:
            raise InvalidRequestError("still unusable: not JSON") from error
        if not isinstance(value, int | float):
            raise InvalidRequestError("still unusable: value is not a number")
        now = letter.time_ns
        return SampleBatch.of(signal=[0], source_ns=[now], received_ns=now, value=[float(value)])

    async def take_again(self, connector: str, batch: SampleBatch) -> int:
        """Count."""
        return len(batch)


def config_folder(folder: Path) -> Path:
    """Return a folder with the configuration of the demo plant's sensors."""
    made = folder / "config"
    made.mkdir(parents=True, exist_ok=True)
    (made / "00-gateway.yaml").write_text(CONFIG, encoding="utf-8")
    return made


async def reloaded(_: GatewayOptions) -> str:
    """Say what a reload would."""
    return "replaced: sensors"
