"""One connection's subscription: publish requests kept outstanding, messages in order, silence noticed."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Coroutine, Sequence
from typing import Final

import numpy as np
from asyncua import ua
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaStatusCodeError
from numpy.typing import NDArray

from connectors.opcua.faults import PEER_ERRORS, translate
from connectors.opcua.items import Items
from connectors.opcua.options import OpcUaOptions
from connectors.opcua.orders import Orders
from connectors.opcua.receiver import Receiver
from connectors.opcua.wire.publish import Publish, read_publish, read_republish
from connectors.opcua.wire.transport import RawClient
from gateway.clock import Clock
from gateway.errors import BackOffError, NotConnectedError, TaktlineError
from gateway.quality import BAD_NODE_ID_UNKNOWN

_MAX_REPUBLISH: Final = 20
_MAX_TIMEOUTS: Final = 10
_WRAP: Final = 2**32
_log = logging.getLogger(__name__)


class Link:
    """Lives from one connect to its failure; `failure` says why it ended, and `wake` is set then."""

    def __init__(
        self,
        *,
        client: RawClient,
        options: OpcUaOptions,
        receiver: Receiver,
        clock: Clock,
        wake: asyncio.Event,
    ) -> None:
        self.failure: TaktlineError | None = None
        self.orders: Orders | None = None
        self.publishes = 0
        self.republished = 0
        self._client = client
        self._session = client.raw.raw_session
        self._options = options
        self._receiver = receiver
        self._clock = clock
        self._wake = wake
        self._subscription = 0
        self._expected: int | None = None
        self._acks: list[tuple[int, int]] = []
        self._publishers = options.publish_requests
        self._timeouts = 0
        self._asking = False
        self._heard_s = clock.monotonic_s()
        self._missing: set[int] = set()
        self._namespaces: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> tuple[str, ...]:
        """Subscribe to every node that exists; return remarks. Raises what the library raises."""
        self._receiver.begin()
        granted = await self._session.create_subscription(self._parameters(), lambda _: None)
        self._subscription = int(granted.SubscriptionId)
        self._heard_s = self._clock.monotonic_s()
        for n in range(self._options.publish_requests):
            self._start(self._publish(), f"publish-{n}")
        self._items = Items(self._session, self._subscription, self._options)
        # First followed, then read: a table that changes after this read is reported.
        await self._items.create_system()
        self._namespaces = await self._client.get_namespace_array()
        await self._attach(range(len(self._options.nodes)))
        # Known only now: before that no order may leave, and a changed table ends this link.
        self.orders = Orders(self._session, self._namespaces, self._options)
        self._start(self._watch(), "watch")
        self._start(self._repair(), "repair")
        remarks = self._items.remarks()
        if granted.RevisedPublishingInterval > self._options.publishing_ms * 1.01:
            remarks += (f"published every {granted.RevisedPublishingInterval:g} ms",)
        return remarks

    def fail(self, error: TaktlineError) -> None:
        """End the link with its first reason and wake the reader."""
        if self.failure is None:
            self.failure = error
            _log.warning("connection ended: %s", error)
        self._wake.set()

    async def close(self) -> None:
        """Stop every task and leave the server, within a few seconds."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.end()

    def figures(self) -> dict[str, float]:
        """Return the counts of this connection by name."""
        return {
            "publishes": self.publishes,
            "republished_messages": self.republished,
            "missing_nodes": len(self._missing),
            "outstanding_publish_requests": self._publishers,
        }

    def _parameters(self) -> ua.CreateSubscriptionParameters:
        interval_ms = self._options.publishing_ms
        keep_alive = max(1, int(self._options.silent_s * 1000 / 3 / interval_ms))
        lifetime = max(
            3 * keep_alive, math.ceil(self._options.session_timeout_s * 1000 / interval_ms)
        )
        parameters = ua.CreateSubscriptionParameters()
        parameters.RequestedPublishingInterval = ua.Double(interval_ms)
        parameters.RequestedLifetimeCount = ua.UInt32(lifetime)
        parameters.RequestedMaxKeepAliveCount = ua.UInt32(keep_alive)
        parameters.MaxNotificationsPerPublish = ua.UInt32(10_000)
        return parameters

    def _start(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=f"opcua-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed", task.get_name(), exc_info=error)
            self.fail(NotConnectedError(f"{task.get_name()} failed: {error!r}"))

    async def _publish(self) -> None:
        """Keep one publish request at the server; answers are taken in the order in which they arrive."""
        while self.failure is None:
            acks, self._acks = self._acks, []
            try:
                self._take(read_publish(await self._session.publish_raw(acks)))
                self._timeouts = 0
            except UaStatusCodeError as error:
                if error.code == StatusCodes.BadTooManyPublishRequests and self._publishers > 1:
                    self._publishers -= 1
                    self._acks += acks
                    return
                self._timeouts += 1
                if error.code != StatusCodes.BadTimeout or self._timeouts > _MAX_TIMEOUTS:
                    self._lost(error, "publish")
            except PEER_ERRORS as error:
                self._lost(error, "publish")

    def _lost(self, error: Exception, doing: str) -> None:
        """End the link for a failure of the peer; whatever the code, the way back is a new connection."""
        self.fail(NotConnectedError(str(translate(error, doing))))

    def _take(self, answer: Publish) -> None:
        message = answer.message
        if message is None:
            self.fail(NotConnectedError(f"publish answered 0x{answer.service_result:08X}"))
            return
        self.publishes += 1
        self._heard_s = self._clock.monotonic_s()
        if answer.subscription != self._subscription:
            return
        if message.status_change is not None:
            self.fail(NotConnectedError(f"subscription ended: 0x{message.status_change:08X}"))
            return
        self._check_sequence(message.sequence, answer.available)
        if message.is_keepalive:
            self._expected = message.sequence
            return
        self._expected = message.sequence + 1 if message.sequence + 1 < _WRAP else 1
        self._acks.append((self._subscription, message.sequence))
        self._receiver.take(message)
        if self._receiver.namespace_reports > 1:
            self.fail(
                NotConnectedError(
                    "the server's namespace table changed: node ids must be built anew"
                )
            )

    def _check_sequence(self, sequence: int, available: Sequence[int]) -> None:
        """Ask again for messages that were skipped; what the server no longer has is declared lost."""
        expected = self._expected
        if expected is None or not 0 < sequence - expected < _WRAP // 2:
            return
        skipped = range(expected, sequence)
        since_ns = self._receiver.positions_ns()
        wanted = [number for number in available if number in skipped]
        if self._asking or len(wanted) < len(skipped) or len(wanted) > _MAX_REPUBLISH:
            self._receiver.lost_messages += len(skipped)
            self._receiver.lose(since_ns, "messages missing")
            return

        self._asking = True
        self._start(self._ask_again(wanted, since_ns), "republish")

    async def _ask_again(self, wanted: Sequence[int], since_ns: NDArray[np.int64]) -> None:
        for number in wanted:
            try:
                answer = await self._session.republish_raw(self._subscription, number)
                again = read_republish(answer).message
            except PEER_ERRORS as error:
                _log.warning("republish of message %d: %s", number, error)
                again = None
            if again is None:
                self._receiver.lost_messages += 1
                self._receiver.lose(since_ns, "message missing, republish refused")
                break
            self.republished += 1
            self._acks.append((self._subscription, number))
            self._receiver.take(again)
        self._asking = False

    async def _watch(self) -> None:
        """End the link when the server has said nothing for too long, or its clock stands still."""
        silent_s = self._options.silent_s
        while self.failure is None:
            await self._clock.sleep(min(1.0, silent_s / 4))
            now_s = self._clock.monotonic_s()
            beat_s = self._receiver.heartbeat_s
            if now_s - self._heard_s > silent_s:
                self.fail(NotConnectedError(f"no publish answer for {silent_s:g} s"))
            elif beat_s is not None and now_s - beat_s > 3 * silent_s:
                self.fail(
                    NotConnectedError(f"the server's clock stands still for {3 * silent_s:g} s")
                )

    async def _repair(self) -> None:
        """Look for nodes that vanished and for missing ones that came back, while connected."""
        while self.failure is None:
            await self._clock.sleep(self._options.retry_nodes_s)
            try:
                await self._repair_once()
            except TimeoutError as error:
                # A server, or a gateway, that is too busy to answer this in time still delivers: that is worth more.
                if self._clock.monotonic_s() - self._heard_s > self._options.request_timeout_s:
                    self._lost(error, "looking for missing nodes")
            except PEER_ERRORS as error:
                if not isinstance(translate(error, "looking for missing nodes"), BackOffError):
                    self._lost(error, "looking for missing nodes")

    async def _repair_once(self) -> None:
        told, self._receiver.gone = self._receiver.gone, {}
        found = await self._items.vanished()
        gone = {at: code for at, code in (told | found).items() if at not in self._missing}
        if gone:
            await self._items.remove(list(gone))
            self._missing |= gone.keys()
            self._receiver.miss(gone, "the node vanished from the server")
        if self._missing:
            await self._attach(sorted(self._missing))

    async def _attach(self, positions: Sequence[int]) -> None:
        """Make items for nodes; those the server lacks are reported once and stay on the list."""
        nodes = self._options.nodes
        resolved = {at: nodes[at].address.resolve(self._namespaces) for at in positions}
        homeless = {at: BAD_NODE_ID_UNKNOWN for at, node in resolved.items() if node is None}
        refused = await self._items.create({at: n for at, n in resolved.items() if n is not None})
        failed = homeless | refused
        new = {at: code for at, code in failed.items() if at not in self._missing}
        for at in positions:
            if at not in failed:
                self._missing.discard(at)
                self._receiver.found(at)
        self._missing |= failed.keys()
        self._receiver.miss({at: code for at, code in new.items() if at not in homeless})
        self._receiver.miss(
            {at: code for at, code in new.items() if at in homeless},
            "the server does not have the node's namespace",
        )
