"""Clients that take nothing: others do not notice, they are let go, and memory stays where it was."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.peers.web_page import Page
from tests.peers.web_server import Served, eventually, put, served

STALLED = 20
SIGNALS = 1500


async def _stalled(server: Served, *modes: str) -> socket.socket:
    """Open a websocket, subscribe to the floor in these modes, and never read again."""
    loop = asyncio.get_running_loop()
    raw = socket.socket()
    raw.setblocking(False)
    await loop.sock_connect(raw, ("127.0.0.1", server.port))
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET /api/live HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: floor.v1\r\n\r\n"
    )
    await loop.sock_sendall(raw, head.encode())
    await loop.sock_recv(raw, 64)
    for sub, mode in enumerate(modes, 1):
        said = json.dumps({"type": "sub", "id": sub, "view": "floor", "mode": mode, "rate": 10})
        mask = os.urandom(4)
        masked = bytes(b ^ mask[n % 4] for n, b in enumerate(said.encode()))
        await loop.sock_sendall(raw, bytes([0x81, 0x80 | len(masked)]) + mask + masked)
    return raw


async def _feed(server: Served) -> None:
    n = 0
    while True:
        n += 1
        put(server.plant, {signal: float(n) for signal in range(0, SIGNALS, 3)})
        await asyncio.sleep(0.05)


async def _read_on(server: Served, enough: asyncio.Event) -> int:
    """Return how many frames a client that reads was sent until there were enough."""
    page, frames = Page(), 0
    async with connect(server.live, subprotocols=[Subprotocol("floor.v1")], compression=None) as ws:
        await ws.send(page.sub(1, "floor", rate=10))
        while not (1 in page.subs and page.subs[1].snapped):
            page.apply(await ws.recv())
        while not enough.is_set():
            message = await ws.recv()
            page.apply(message)
            frames += isinstance(message, bytes)
            await ws.send(json.dumps({"type": "ack", "seq": page.seq}))
    return frames


@pytest.mark.fault
async def test_stalled_clients_are_let_go_and_others_do_not_notice(tmp_path: Path) -> None:
    async with served(tmp_path, signals=SIGNALS) as server:
        feeder = asyncio.create_task(_feed(server))
        try:
            stalled = [await _stalled(server, "latest", "series") for _ in range(STALLED - 1)]
            # One that is sent hardly anything: only its silence to pings tells that it is gone.
            stalled.append(await _stalled(server))
            gone = asyncio.Event()
            watching = asyncio.create_task(_read_on(server, gone))
            await eventually(lambda: len(server.hub.clients) > STALLED, timeout_s=60)
            await eventually(lambda: len(server.hub.clients) == 1, timeout_s=60)
            assert not watching.done(), "the one that is left is the one that reads"
            gone.set()
            frames = await watching
        finally:
            feeder.cancel()
            for raw in stalled:
                raw.close()
    # Ten frames a second are due in the seconds that the stalled ones are waited for.
    assert frames > 20


@pytest.mark.fault
async def test_a_reader_that_pauses_gets_the_newest_soon_and_not_all_it_missed(
    tmp_path: Path,
) -> None:
    async with served(tmp_path, signals=SIGNALS) as server:
        feeder = asyncio.create_task(_feed(server))
        page = Page()
        async with connect(
            server.live,
            subprotocols=[Subprotocol("floor.v1")],
            compression=None,
            max_queue=1,
        ) as ws:
            await ws.send(page.sub(1, "floor", rate=20))
            while not (1 in page.subs and page.subs[1].snapped):
                page.apply(await ws.recv())
            await asyncio.sleep(5)
            feeder.cancel()
            newest = float(server.plant.store.batches[-1].value[0])
            frames = 0
            async with asyncio.timeout(60):
                while page.subs[1].value[0] != newest:
                    page.apply(await ws.recv())
                    frames += 1
        assert frames < 5 * 20 * 0.9
