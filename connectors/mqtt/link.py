"""One connection to a broker: made once, watched, closed. A new connection is a new `Link`."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from connectors.mqtt.broker import BrokerOptions, Protocol
from connectors.mqtt.client import PahoClient
from connectors.mqtt.frames import LISTEN_ID, MAPPED_ID, Framer, Message
from connectors.mqtt.inbox import Inbox
from connectors.mqtt.reasons import connack_error, disconnect_error, thread_error
from gateway.clock import Clock
from gateway.errors import (
    NotConnectedError,
    NotSentError,
    RefusedError,
    TaktlineError,
    UnansweredError,
)

_CLOSE_S: Final = 2.0
_NOBODY: Final = 0x10
"""The broker took a message and had no subscriber for it (MQTT 5)."""

Wanted = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the broker said: whether it kept our session, and by filter why a subscription was refused."""

    resumed: bool
    refused: dict[str, str]
    remarks: tuple[str, ...]


class Purpose(StrEnum):
    """What a connection is for."""

    READ = "read"
    """Everything: what is mapped, and with MQTT 5 what is only listened to."""
    OVERHEAR = "overhear"
    """What is only listened to, by a client of its own, without a session."""


class Link:
    """A paho client, its network thread and its inbox, for one connection."""

    def __init__(
        self, options: BrokerOptions, *, clock: Clock, purpose: Purpose = Purpose.READ
    ) -> None:
        self._options = options
        self._purpose = purpose
        self._mapped = options.filters() if purpose is Purpose.READ else ()
        alone = purpose is Purpose.OVERHEAR or options.protocol is Protocol.V5
        self._overheard = options.overheard() if alone else ()
        self._v5 = options.protocol is Protocol.V5
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._ended = asyncio.Event()
        self._opened: asyncio.Future[Opened] = self._loop.create_future()
        self._failure: TaktlineError | None = None
        self._session_present = False
        self._asked: dict[int, Wanted] = {}
        self._answers: dict[str, ReasonCode] = {}
        self._published: dict[int, asyncio.Future[None]] = {}
        self.refused: dict[str, str] = {}
        self.inbox = Inbox(
            limit=options.queue_limit,
            limit_bytes=options.queue_limit_bytes,
            window=options.inflight,
        )
        self._client = self._build(clock)

    @property
    def failure(self) -> TaktlineError | None:
        """Why the connection has ended, or None while it stands."""
        if not self._ended.is_set():
            return None
        return self._failure or NotConnectedError(f"{self._target}: connection closed")

    async def open(self) -> Opened:
        """Connect, log in and subscribe; raises `NotConnectedError`, `BackOffError` or `RefusedError`."""
        options = self._options
        try:
            if options.tls is not None:
                tls = options.tls
                context = await asyncio.to_thread(ssl.create_default_context, cafile=tls.ca_file)
                if tls.cert_file is not None:
                    await asyncio.to_thread(context.load_cert_chain, tls.cert_file, tls.key_file)
                self._client.tls_set_context(context)
        except OSError as error:
            raise RefusedError(f"cannot use the certificate files: {error}") from error
        self._client.connect_async(
            options.host,
            options.port,
            keepalive=options.keepalive_s,
            **self._version_5_settings(),
        )
        self._client.loop_start()
        try:
            async with asyncio.timeout(options.connect_timeout_s):
                return await self._opened
        except TimeoutError:
            hint = " (does the broker speak MQTT 5? if not: protocol 3.1.1)" if self._v5 else ""
            raise NotConnectedError(
                f"{self._target}: no answer within {options.connect_timeout_s:g} s{hint}"
            ) from None

    async def wait(self) -> None:
        """Return once there is a message or the connection has ended."""
        while not len(self.inbox) and not self._ended.is_set():
            self._wake.clear()
            if not len(self.inbox):
                await self._wake.wait()

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Send the acknowledgements of these messages, in order."""
        if not self._ended.is_set():
            self._client.acknowledge(messages)

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        expires_s: int,
        answer_to: tuple[str, bytes] | None,
        qos: int = 1,
    ) -> asyncio.Future[None]:
        """Publish once, not retained; return what ends with the broker's acknowledgement, at QoS 0 with its leaving.

        `answer_to` is the topic and correlation data of an answer; it and `expires_s` go with it by MQTT 5 only.
        Raises `NotSentError`. The result raises `NotSentError` where the broker refused it or had nobody to give
        it to, and `UnansweredError` where the connection ended before.
        """
        properties = self._publish_properties(expires_s, answer_to) if self._v5 else None
        if self._ended.is_set():
            raise NotSentError("there is no connection")
        sent = self._client.publish(topic, payload, qos=qos, retain=False, properties=properties)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            # This client never connects again, so that what it kept for later is never sent.
            raise NotSentError(f"{self._target}: {mqtt.error_string(sent.rc)}")
        taken: asyncio.Future[None] = self._loop.create_future()
        self._published[sent.mid] = taken
        return taken

    async def close(self) -> None:
        """End the connection and its thread within a few seconds; the session at the broker stays."""
        if not self._client.is_running or not self._client.leave():
            return
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._ended.wait()
        except TimeoutError:
            self._client.cut()

    @property
    def _client_id(self) -> str:
        plain = self._options.client_id
        return plain if self._purpose is Purpose.READ else f"{plain}-overhears"

    @property
    def _target(self) -> str:
        return f"{self._options.host}:{self._options.port}"

    def _build(self, clock: Clock) -> PahoClient:
        options = self._options
        client = PahoClient(
            client_id=self._client_id,
            v5=self._v5,
            keeps_session=self._purpose is Purpose.READ,
            framer=Framer(
                v5=self._v5,
                max_payload_bytes=options.max_payload_bytes,
                kept_bytes=options.dead_letter_bytes,
            ),
            inbox=self.inbox,
            clock=clock,
            on_burst=lambda: self._call(self._wake.set),
            on_end=self._on_end,
        )
        client.connect_timeout = options.connect_timeout_s
        if options.username is not None:
            secret = options.password.get_secret_value() if options.password else None
            client.username_pw_set(options.username, secret)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        return client

    def _version_5_settings(self) -> dict[str, Any]:
        if not self._v5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no annotation here
        properties.SessionExpiryInterval = self._options.session_expiry_s
        properties.ReceiveMaximum = self._options.inflight
        return {"clean_start": False, "properties": properties}

    @staticmethod
    def _publish_properties(expires_s: int, answer_to: tuple[str, bytes] | None) -> Properties:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # as above
        properties.MessageExpiryInterval = expires_s
        if answer_to is not None:
            properties.ResponseTopic, properties.CorrelationData = answer_to
        return properties

    def _subscribe(self, client: mqtt.Client) -> None:
        if self._mapped:
            mapped = [(topic.filter, topic.qos) for topic in self._mapped]
            self._ask(client, mapped, MAPPED_ID)
        if self._overheard:
            self._ask(client, [(each, 0) for each in self._overheard], LISTEN_ID)

    def _ask(self, client: mqtt.Client, wanted: Wanted, number: int) -> None:
        if self._v5:
            properties = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]  # as above
            if self._overheard:
                properties.SubscriptionIdentifier = number
            filters = [(each, SubscribeOptions(qos=qos)) for each, qos in wanted]
            result, mid = client.subscribe(filters, properties=properties)
        else:
            result, mid = client.subscribe(list(wanted))
        if result == MQTTErrorCode.MQTT_ERR_SUCCESS and mid is not None:
            self._asked[mid] = wanted

    # What follows runs in the network thread and only passes facts on.

    def _on_connect(
        self, client: mqtt.Client, _data: Any, flags: mqtt.ConnectFlags, code: ReasonCode, _p: Any
    ) -> None:
        if code.is_failure:
            self._failure = connack_error(self._target, code)
            return
        self._session_present = flags.session_present
        self._subscribe(client)

    def _on_subscribe(
        self, _client: mqtt.Client, _data: Any, mid: int, codes: list[ReasonCode], _p: Any
    ) -> None:
        wanted = self._asked.pop(mid, ())
        self._answers |= {each: code for (each, _), code in zip(wanted, codes, strict=False)}
        if not self._asked:
            self._call(self._finish)

    def _on_publish(
        self, _client: mqtt.Client, _data: Any, mid: int, code: ReasonCode, _p: Any
    ) -> None:
        self._call(lambda: self._acknowledged(mid, code))

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _data: Any,
        flags: mqtt.DisconnectFlags,
        code: ReasonCode,
        _p: Any,
    ) -> None:
        if self._failure is None:
            said = flags.is_disconnect_packet_from_server
            self._failure = disconnect_error(self._target, code, said_by_broker=said)

    def _on_end(self, error: BaseException | None) -> None:
        if error is not None:
            self._failure = thread_error(self._target, error)
        self._call(self._finish_ended)

    def _call(self, function: Any) -> None:
        # A loop that has closed meanwhile has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function)

    # What follows runs on the event loop.

    def _acknowledged(self, mid: int, code: ReasonCode) -> None:
        taken = self._published.pop(mid, None)
        if taken is None or taken.done():
            return
        if code.is_failure:
            taken.set_exception(NotSentError(f"the broker did not take it: {code}"))
        elif code.value == _NOBODY:
            taken.set_exception(NotSentError("nobody listens on its topic"))
        else:
            taken.set_result(None)

    def _finish(self) -> None:
        if self._opened.done():
            return
        refused = self.refused = {
            each: f"subscription refused: {code}"
            for each, code in self._answers.items()
            if code.is_failure
        }
        wanted = [topic.filter for topic in self._mapped] or list(self._overheard)
        if all(each in refused for each in wanted):
            reason = "; ".join(f"{each}: {why}" for each, why in refused.items())
            self._opened.set_exception(RefusedError(f"{self._target}: {reason}"))
            return
        lower = tuple(
            f"{topic.filter}: the broker granted QoS {self._answers[topic.filter].value}, asked for {topic.qos}"
            for topic in self._mapped
            if topic.filter not in refused and self._answers[topic.filter].value < topic.qos
        )
        self._opened.set_result(
            Opened(resumed=self._session_present, refused=refused, remarks=lower)
        )

    def _finish_ended(self) -> None:
        self._ended.set()
        self._wake.set()
        failure = self.failure
        for taken in self._published.values():
            if not taken.done():
                taken.set_exception(
                    UnansweredError(f"the connection ended before the broker took it: {failure}")
                )
        self._published.clear()
        if not self._opened.done() and failure is not None:
            self._opened.set_exception(failure)
