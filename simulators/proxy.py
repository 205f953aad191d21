"""A TCP proxy on loopback that misbehaves as told, for tests of what stands on either side."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from dataclasses import dataclass
from typing import Final, Self

CHUNK: Final = 65_536
BUFFER: Final = 8_192
"""Bytes kept unread a side: small, so that a blackhole soon shuts the window."""

CONNECT_TIMEOUT_S: Final = 5.0
_POLL_S: Final = 0.02
_RST_ON_CLOSE: Final = struct.pack("ii", 1, 0)


@dataclass(slots=True, kw_only=True)
class Policy:
    """How bytes pass; may be changed at any time, and applies to the next chunk.

    delay_s and jitter_s hold each chunk back; rate_bps limits bytes a second; drop_after_bytes ends a
    connection with RST once that many bytes went from the client to the server; blackhole neither reads
    nor writes, so that both peers see a full window; slice_bytes passes chunks in pieces of that size;
    refuse closes new connections at once.
    """

    delay_s: float = 0.0
    jitter_s: float = 0.0
    rate_bps: float | None = None
    drop_after_bytes: int | None = None
    blackhole: bool = False
    slice_bytes: int | None = None
    refuse: bool = False


class FaultProxy:
    """Listens on `port` (0 = any free one) and connects each client to the target."""

    def __init__(
        self,
        *,
        target_host: str = "127.0.0.1",
        target_port: int,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 1,
    ) -> None:
        self.policy = Policy()
        self.host = host
        self.port = port
        self.accepted = 0
        self.bytes_up = 0
        self.bytes_down = 0
        self._target = (target_host, target_port)
        self._random = random.Random(seed)  # noqa: S311 (jitter, not a secret)
        self._server: asyncio.Server | None = None
        self._links: dict[asyncio.Task[None], tuple[asyncio.StreamWriter, ...]] = {}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; `port` is the real one afterwards."""
        self._server = await asyncio.start_server(self._accept, self.host, self.port, limit=BUFFER)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and reset every connection."""
        if self._server is not None:
            self._server.close()
        await self.reset_all()

    @property
    def open_links(self) -> int:
        """Connections that pass bytes now."""
        return len(self._links)

    async def reset_all(self) -> None:
        """End every connection with RST on both sides."""
        links = dict(self._links)
        for task, writers in links.items():
            for writer in writers:
                _abort(writer)
            task.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self.policy.refuse:
            _abort(writer)
            return
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                up_reader, up_writer = await asyncio.open_connection(*self._target, limit=BUFFER)
        except OSError:
            _abort(writer)
            return
        task = asyncio.create_task(self._link(reader, writer, up_reader, up_writer))
        self._links[task] = (writer, up_writer)
        task.add_done_callback(lambda done: self._links.pop(done, None))

    async def _link(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
    ) -> None:
        up = asyncio.create_task(self._pump_up(reader, up_writer, writer))
        down = asyncio.create_task(self._pump_down(up_reader, writer))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
            for side in (writer, up_writer):
                side.close()

    async def _pump_up(
        self,
        reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
        writer: asyncio.StreamWriter,
    ) -> None:
        sent = 0
        while data := await self._read(reader):
            await self._pass(data, up_writer)
            sent += len(data)
            self.bytes_up += len(data)
            limit = self.policy.drop_after_bytes
            if limit is not None and sent >= limit:
                _abort(writer)
                _abort(up_writer)
                return

    async def _pump_down(
        self, up_reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while data := await self._read(up_reader):
            await self._pass(data, writer)
            self.bytes_down += len(data)

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        await self._while_blackhole()
        data = await reader.read(CHUNK)
        await self._while_blackhole()
        return data

    async def _while_blackhole(self) -> None:
        while self.policy.blackhole:  # noqa: ASYNC110 (a plain field, so that tests just set it)
            await asyncio.sleep(_POLL_S)

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        policy = self.policy
        wait_s = policy.delay_s + policy.jitter_s * self._random.random()
        if policy.rate_bps:
            wait_s += len(data) / policy.rate_bps
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        size = policy.slice_bytes or len(data)
        for start in range(0, len(data), size):
            writer.write(data[start : start + size])
            await writer.drain()
            if policy.slice_bytes:
                await asyncio.sleep(0)


def _abort(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    if connection is not None and not writer.transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
    writer.transport.abort()
