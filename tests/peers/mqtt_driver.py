"""A small stand-in for supervisor and journal, and a publisher, to drive the MQTT connector in tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
import paho.mqtt.client as mqtt
from numpy.typing import NDArray
from paho.mqtt.enums import CallbackAPIVersion

from connectors.mqtt.connector import MqttConnector
from connectors.mqtt.options import MqttOptions
from gateway.clock import SystemClock
from gateway.errors import ConfigError, TaktlineError
from gateway.model import DeadLetter, Loss, Signal
from gateway.ports import Session


class MemoryCatalogue:
    """A catalogue that keeps its signals in memory, with the port's rule about data types."""

    def __init__(self) -> None:
        self.known: list[Signal] = []
        self._index: dict[str, int] = {}

    def register(self, signals: Sequence[Signal]) -> NDArray[np.int32]:
        for signal in signals:
            old = self._index.get(signal.path)
            if old is not None and self.known[old].data_type != signal.data_type:
                was = self.known[old].data_type
                raise ConfigError(f"{signal.path} is {was}, not {signal.data_type}")
        for signal in signals:
            if signal.path not in self._index:
                self._index[signal.path] = len(self.known)
                self.known.append(signal)
        return np.array([self._index[signal.path] for signal in signals], np.int32)

    def __len__(self) -> int:
        return len(self.known)

    def signal(self, index: int) -> Signal:
        return self.known[index]

    def index(self, path: str) -> int:
        return self._index[path]

    def all(self) -> Sequence[Signal]:
        return self.known


Row = tuple[str, int, Any, int]
"""Path, source time, value (the side value where there is one), quality."""


class Driver:
    """Connects, reads, keeps and acknowledges, and connects again after a failure, as the supervisor does."""

    def __init__(self, *, connector: MqttConnector, catalogue: MemoryCatalogue) -> None:
        self.connector = connector
        self.catalogue = catalogue
        self.rows: list[Row] = []
        self.letters: list[DeadLetter] = []
        self.losses: list[Loss] = []
        self.sessions: list[Session] = []
        self.failures: list[TaktlineError] = []
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        before = len(self.sessions)
        self._task = asyncio.create_task(self._run())
        await self.until(lambda: len(self.sessions) > before)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self.connector.close()

    async def take(self) -> object:
        """Read once and keep what came, without acknowledging; return the receipt."""
        intake = await self.connector.read()
        batch = intake.batch
        for row in range(len(batch)):
            self.rows.append(
                (
                    self.catalogue.known[int(batch.signal[row])].path,
                    int(batch.source_ns[row]),
                    batch.side.get(row, float(batch.value[row])),
                    int(batch.quality[row]),
                )
            )
        self.letters += intake.dead_letters
        self.losses += intake.losses
        self._news.set()
        return intake.receipt

    async def until(self, done: Callable[[], bool], *, timeout_s: float = 60.0) -> None:
        """Return once `done()` holds; checked whenever something was read or failed."""
        async with asyncio.timeout(timeout_s):
            while not done():
                self._news.clear()
                if self._task is not None and self._task.done():
                    self._task.result()
                await self._news.wait()

    async def _run(self) -> None:
        while True:
            try:
                self.sessions.append(await self.connector.connect())
                self._news.set()
                while True:
                    await self.connector.acknowledge(await self.take())
            except TaktlineError as error:
                self.failures.append(error)
                self._news.set()
                await asyncio.sleep(0.05)


def driver(port: int, **options: Any) -> Driver:
    """Return a driver for a broker on a loopback port."""
    catalogue = MemoryCatalogue()
    settings = MqttOptions.model_validate(
        {"host": "127.0.0.1", "port": port, "client_id": "gateway", "gather_ms": 1} | options
    )
    connector = MqttConnector(
        name="broker", options=settings, catalogue=catalogue, clock=SystemClock()
    )
    return Driver(connector=connector, catalogue=catalogue)


class Publisher:
    """A paho client that publishes; `send` returns when the broker has taken the message (QoS 1 and 2)."""

    def __init__(self, port: int, *, username: str | None = None, password: str = "") -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="machine")
        self._client.max_inflight_messages_set(1000)
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        if username is not None:
            self._client.username_pw_set(username, password)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def send(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False) -> None:
        """Publish one message and wait for the broker."""
        self._client.publish(topic, payload, qos=qos, retain=retain).wait_for_publish(20)

    def send_all(self, messages: Sequence[tuple[str, bytes]], *, qos: int = 1) -> None:
        """Publish many messages and wait for the broker to have them all."""
        sent = [self._client.publish(topic, payload, qos=qos) for topic, payload in messages]
        for each in sent:
            each.wait_for_publish(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
