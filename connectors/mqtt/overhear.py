"""Listening for unknown topics where the broker speaks MQTT 3.1.1 only.

Without the subscription identifiers of MQTT 5 a message does not tell which subscription it came by, and brokers deliver one
that two subscriptions match twice. So a second client, without a session and at QoS 0, listens beside the one that reads.
"""

from __future__ import annotations

import asyncio
from typing import Final

from connectors.mqtt.broker import Protocol
from connectors.mqtt.link import Link, Purpose
from connectors.mqtt.options import MqttOptions
from connectors.mqtt.routes import Routes
from connectors.mqtt.unknown import UnknownTopics
from gateway.clock import Clock
from gateway.errors import TaktlineError
from gateway.status import SourceTrouble

_AT_ONCE: Final = 500
_AGAIN_S: Final = 10.0


class Overhearing:
    """Counts the topics that no mapping names while it runs; a broker that refuses it is a trouble, not a failure."""

    def __init__(
        self, options: MqttOptions, *, routes: Routes, unknown: UnknownTopics, clock: Clock
    ) -> None:
        self.trouble: SourceTrouble | None = None
        self._options = options
        self._routes = routes
        self._unknown = unknown
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    @property
    def is_needed(self) -> bool:
        """Whether the reading client cannot do it by itself."""
        return bool(self._options.listen) and self._options.protocol is not Protocol.V5

    def start(self) -> None:
        """Begin, where it is needed."""
        if self.is_needed and self._task is None:
            self._task = asyncio.create_task(self._run(), name="mqtt-overhear")

    async def stop(self) -> None:
        """End the second client."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _run(self) -> None:
        while True:
            link = Link(self._options, clock=self._clock, purpose=Purpose.OVERHEAR)
            try:
                await link.open()
                self.trouble = None
                await self._hear(link)
            except TaktlineError as error:
                self._note(error)
            finally:
                await link.close()
            await self._clock.sleep(_AGAIN_S)

    async def _hear(self, link: Link) -> None:
        while link.failure is None:
            await link.wait()
            for message in link.inbox.take(_AT_ONCE):
                if not self._routes.wants(message.topic):
                    self._unknown.note(message)
            # What there was no room for here is no loss: it was never to be kept.
            link.inbox.take_dropped()
            await asyncio.sleep(0)
        raise link.failure

    def _note(self, error: TaktlineError) -> None:
        since_ns = self.trouble.since_ns if self.trouble is not None else self._clock.now_ns()
        self.trouble = SourceTrouble(
            source=", ".join(self._options.listen),
            signal_path="",
            reason=f"unknown topics are not listened for: {error}",
            since_ns=since_ns,
        )
