"""Drives the connector in tests as the supervisor does: read until something holds, with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors.opcua.connector import OpcUaConnector
from connectors.opcua.options import OpcUaOptions
from gateway.clock import Clock, SystemClock
from gateway.errors import NotFoundError
from gateway.model import DeadLetter, Loss, SampleBatch, SideValue, Signal

MACHINE = "plant/area/line/press"
PATIENCE_S = 60.0
"""A starved machine is slow; only what never happens at all is a defect."""


class MemoryCatalogue:
    """The catalogue's port in memory."""

    def __init__(self) -> None:
        self._signals: list[Signal] = []

    def register(self, signals: Sequence[Signal]) -> NDArray[np.int32]:
        paths = {signal.path: index for index, signal in enumerate(self._signals)}
        for signal in signals:
            if signal.path not in paths:
                paths[signal.path] = len(self._signals)
                self._signals.append(signal)
        return np.array([paths[signal.path] for signal in signals], np.int32)

    def __len__(self) -> int:
        return len(self._signals)

    def signal(self, index: int) -> Signal:
        return self._signals[index]

    def index(self, path: str) -> int:
        for index, signal in enumerate(self._signals):
            if signal.path == path:
                return index
        raise NotFoundError(path)

    def all(self) -> Sequence[Signal]:
        return self._signals


class Driven:
    """A connector with everything that it gave, by the name of the signal."""

    def __init__(
        self,
        endpoint: str,
        nodes: list[dict[str, Any]],
        *,
        clock: Clock | None = None,
        **options: Any,
    ) -> None:
        raw: dict[str, Any] = {
            "endpoint": endpoint,
            "security": "none",
            "machine": MACHINE,
            "namespaces": {"press": "urn:test:press"},
            "publishing_ms": 50,
            "sampling_ms": 20,
            "request_timeout_s": 30,
            "nodes": nodes,
        }
        self.catalogue = MemoryCatalogue()
        self.connector = OpcUaConnector(
            name="press",
            options=OpcUaOptions.model_validate(raw | options),
            catalogue=self.catalogue,
            clock=clock or SystemClock(),
        )
        self.batches: list[SampleBatch] = []
        self.losses: list[Loss] = []
        self.letters: list[DeadLetter] = []

    async def read_once(self, *, timeout_s: float = PATIENCE_S) -> None:
        async with asyncio.timeout(timeout_s):
            intake = await self.connector.read()
        self.batches.append(intake.batch)
        self.losses += intake.losses
        self.letters += intake.dead_letters

    async def until(self, holds: Callable[[], object], *, timeout_s: float = PATIENCE_S) -> None:
        """Read until `holds()` is true."""
        async with asyncio.timeout(timeout_s):
            while not holds():
                await self.read_once(timeout_s=timeout_s)

    async def becomes(self, holds: Callable[[], object], *, timeout_s: float = PATIENCE_S) -> None:
        """Wait without reading until `holds()` is true."""
        async with asyncio.timeout(timeout_s):
            while not holds():  # noqa: ASYNC110 - the connector has no event for what it tells of itself
                await asyncio.sleep(0.02)

    async def ends(self, *, timeout_s: float = PATIENCE_S) -> None:
        """Read until the connector raises, which must be within the deadline."""
        async with asyncio.timeout(timeout_s):
            while True:
                await self.read_once(timeout_s=timeout_s)

    def rows(self, name: str) -> list[tuple[int, float, int, SideValue | None]]:
        """Return (source_ns, value, quality, side) of a signal in order of arrival."""
        index = self.catalogue.index(f"{MACHINE}/{name}")
        return [
            (
                int(batch.source_ns[row]),
                float(batch.value[row]),
                int(batch.quality[row]),
                batch.side.get(row),
            )
            for batch in self.batches
            for row in np.flatnonzero(batch.signal == index).tolist()
        ]

    def values(self, name: str) -> list[float]:
        return [row[1] for row in self.rows(name)]

    def last(self, name: str) -> tuple[int, float, int, SideValue | None] | None:
        rows = self.rows(name)
        return rows[-1] if rows else None
