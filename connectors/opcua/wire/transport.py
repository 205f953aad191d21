"""The library's client with bounds: capped chunks and messages, raw publish answers, an end that cannot hang."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

from asyncua import ua
from asyncua.client.client import Client
from asyncua.client.ua_client import UaClient, UASocketProtocol
from asyncua.client.ua_session import UaSession
from asyncua.common.connection import TransportLimits
from asyncua.common.shortcuts import Shortcuts
from asyncua.ua.ua_binary import uatcp_to_binary
from asyncua.ua.uaerrors import UaError

from connectors.opcua.wire.library import harden

CHUNK_BYTES: Final = 65_535
_CLOSE_S: Final = 2.0

_log = logging.getLogger(__name__)


@dataclass
class CappedLimits(TransportLimits):
    """Limits on what we receive that no server's Acknowledge can lift.

    The library takes the server's limits for requests as those for responses, and "unlimited" where the server
    names none (CVE-2022-25304).
    """

    def update_client_limits(self, msg: ua.Acknowledge) -> None:
        """Take from the server only how large a chunk we may send."""
        if msg.ReceiveBufferSize >= 8192:
            self.max_send_buffer = min(self.max_send_buffer, int(msg.ReceiveBufferSize))


class CappedProtocol(UASocketProtocol):
    """Collects whole chunks before the library sees them, and cuts the connection at the first oversized one."""

    def __init__(self, *, timeout_s: float, policy: object, max_message_bytes: int) -> None:
        chunks = max_message_bytes // 8192 + 1
        super().__init__(
            timeout_s,
            security_policy=policy,  # type: ignore[arg-type]  # the library's class is not exported as a type
            limits=CappedLimits(CHUNK_BYTES, CHUNK_BYTES, chunks, max_message_bytes),
        )
        self._max_message_bytes = max_message_bytes
        self._max_chunks = chunks
        self._gathered = bytearray()

    def data_received(self, data: bytes) -> None:
        """Hand complete chunks on; the library would copy a growing buffer again at every piece."""
        self._gathered += data
        ready = self._whole_chunks()
        if ready < 0:
            _log.error("server sent a chunk larger than %d bytes or none at all", CHUNK_BYTES)
            self._gathered.clear()
            if self.transport is not None:
                self.transport.abort()
            return
        if ready:
            whole = bytes(self._gathered[:ready])
            del self._gathered[:ready]
            super().data_received(whole)

    def _whole_chunks(self) -> int:
        """Return how many bytes from the start are complete chunks, or -1 where a size is out of bounds."""
        pos = 0
        while len(self._gathered) - pos >= 8:
            size = int.from_bytes(self._gathered[pos + 4 : pos + 8], "little")
            if not 8 <= size <= CHUNK_BYTES:
                return -1
            if pos + size > len(self._gathered):
                break
            pos += size
        return pos

    async def send_hello(
        self, url: str, max_messagesize: int = 0, max_chunkcount: int = 0
    ) -> ua.Acknowledge:
        """Say hello with our own limits; the library would offer to take 2 GiB."""
        hello = ua.Hello(
            ReceiveBufferSize=ua.UInt32(CHUNK_BYTES),
            SendBufferSize=ua.UInt32(CHUNK_BYTES),
            MaxMessageSize=ua.UInt32(max_messagesize or self._max_message_bytes),
            MaxChunkCount=ua.UInt32(max_chunkcount or self._max_chunks),
            EndpointUrl=ua.String(url),
        )
        answer: asyncio.Future[ua.Acknowledge] = asyncio.get_running_loop().create_future()
        self._callbackmap[0] = answer
        if self.transport is None:
            msg = "connection is not open"
            raise ConnectionError(msg)
        kind = cast("ua.MessageType", ua.MessageType.Hello)
        self.transport.write(uatcp_to_binary(kind, hello))
        async with asyncio.timeout(self.timeout):
            return await answer


class RawSession(UaSession):
    """A session whose publish answers are returned as bytes, any number of requests at a time."""

    def ensure_publish_loop(self) -> None:
        """Start nothing: the caller asks by `publish_raw`."""

    async def publish_raw(self, acknowledgements: Iterable[tuple[int, int]]) -> bytes:
        """Send one publish request and return the body of its answer; `acknowledgements` are (subscription, number)."""
        request = ua.PublishRequest()
        request.Parameters.SubscriptionAcknowledgements = [
            ua.SubscriptionAcknowledgement(ua.UInt32(subscription), ua.UInt32(sequence))
            for subscription, sequence in acknowledgements
        ]
        return bytes(await self._send_request(request, timeout=0))

    async def republish_raw(self, subscription: int, sequence: int) -> bytes:
        """Ask for one message again and return the body of the answer."""
        request = ua.RepublishRequest()
        request.Parameters.SubscriptionId = ua.UInt32(subscription)
        request.Parameters.RetransmitSequenceNumber = ua.UInt32(sequence)
        return bytes(await self._send_request(request))


class RawUaClient(UaClient):
    """The transport half: capped protocol, raw session."""

    def __init__(self, timeout_s: float, max_message_bytes: int) -> None:
        super().__init__(timeout_s)
        self._max_message_bytes = max_message_bytes
        self.raw_session = RawSession(self)
        self.session = self.raw_session

    def _make_protocol(self) -> UASocketProtocol:
        self.protocol = CappedProtocol(
            timeout_s=self._timeout,
            policy=self.security_policy,
            max_message_bytes=self._max_message_bytes,
        )
        self.protocol.on_connection_lost = self._on_transport_lost
        self.protocol.is_session_closing = self._is_session_closing
        return self.protocol


class RawClient(Client):
    """The library's client over `RawUaClient`; made for one connection and then thrown away."""

    def __init__(
        self, url: str, *, timeout_s: float, silent_s: float, max_message_bytes: int
    ) -> None:
        harden()
        super().__init__(url, timeout=timeout_s, watchdog_intervall=silent_s)
        self.raw = RawUaClient(timeout_s, max_message_bytes)
        self.uaclient = self.raw
        self.nodes = Shortcuts(self.raw.session)
        self.name = self.description = "Taktline"

    async def end(self) -> None:
        """Leave politely within two seconds, else cut the socket; raises nothing for a broken peer."""
        protocol = self.raw.protocol
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self.disconnect()
        except (TimeoutError, OSError, UaError) as error:
            _log.debug("disconnect failed: %s", error)
        finally:
            self.cut(protocol)

    def cut(self, protocol: UASocketProtocol | None = None) -> None:
        """Cancel what the library may have left running, and free the socket at once."""
        protocol = protocol or self.raw.protocol
        self.raw.request_disconnect()
        for task in (self._supervisor_task, self._stale_watchdog_task, self._renew_channel_task):
            if task is not None:
                task.cancel()
        if protocol is not None and protocol.transport is not None:
            protocol.transport.abort()
