"""Publishes a device's messages at QoS 1, through broker restarts, with a bounded backlog."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from simulators.mqtt.shapes import Message
from simulators.sentlog import Sent, SentLog

FLUSH_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """Where the broker is, and who we are to it."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None


class Publisher:
    """One device's MQTT client.

    While the broker is away, up to `backlog` messages wait; then the newest are dropped and counted in
    `dropped`. What the broker acknowledged is counted in `sent` and goes to the sent log.
    """

    def __init__(
        self,
        *,
        client_id: str,
        broker: BrokerAddress,
        sent_log: SentLog | None = None,
        backlog: int = 5_000,
    ) -> None:
        self.sent = 0
        self.dropped = 0
        self._client_id = client_id
        self._broker = broker
        self._sent_log = sent_log
        self._backlog = backlog
        self._client: mqtt.Client | None = None
        self._waiting: deque[tuple[mqtt.MQTTMessageInfo, Message]] = deque()

    @property
    def waiting(self) -> int:
        """Messages handed over and not yet acknowledged by the broker."""
        return len(self._waiting)

    def start(self) -> None:
        """Connect in the background, and again whenever the connection ends."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self._client_id)
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        client.reconnect_delay_set(min_delay=1, max_delay=2)
        client.connect_timeout = 1.0
        client.connect_async(self._broker.host, self._broker.port, keepalive=10)
        client.loop_start()
        self._client = client

    def publish(self, messages: Sequence[Message]) -> None:
        """Hand messages over; dropped and counted while stopped or where the backlog is full."""
        self.settle()
        for message in messages:
            if self._client is None or len(self._waiting) >= self._backlog:
                self.dropped += 1
                continue
            info = self._client.publish(message.topic, message.payload, qos=1)
            self._waiting.append((info, message))

    def settle(self) -> None:
        """Book what the broker has acknowledged since, in order."""
        done: list[Message] = []
        while self._waiting and _is_published(self._waiting[0][0]):
            done.append(self._waiting.popleft()[1])
        self.sent += len(done)
        if done and self._sent_log is not None:
            self._sent_log.write(
                *(Sent(source=m.topic, node="", time_ns=m.time_ns, value=m.payload) for m in done)
            )

    async def stop(self) -> None:
        """Wait up to FLUSH_S for acknowledgements, then disconnect; what is left counts as dropped."""
        client, self._client = self._client, None
        if client is None:
            return
        deadline = time.monotonic() + (FLUSH_S if client.is_connected() else 0.0)
        self.settle()
        while self._waiting and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
            self.settle()
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)
        self.settle()
        self.dropped += len(self._waiting)
        self._waiting.clear()


def _is_published(info: mqtt.MQTTMessageInfo) -> bool:
    # paho raises for a message that it queued while it had no connection yet; that one only waits.
    if info.rc not in (mqtt.MQTT_ERR_SUCCESS, mqtt.MQTT_ERR_NO_CONN):
        return False
    return bool(info._published)  # noqa: SLF001 (is_published() raises while there is no connection)
