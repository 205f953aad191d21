"""Many clients on one server: its processor time, its memory, and how old a value is when it arrives."""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.bench.web.plant import VALUES, VALUES_HZ
from web.feed.frames import FrameKind, decode
from web.live import SUBPROTOCOL

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What one number of clients costs; ages in ms from source time to the decoded frame in the client."""

    clients: int
    stalled: int
    cores: float
    rss_mb: float
    frames_per_s: float
    age_p50_ms: float
    age_p99_ms: float


def used_s(pid: int) -> float:
    """Return the processor time of a process in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6


async def _watch(url: str, ages: list[float], frames: list[int], counting: asyncio.Event) -> None:
    wish = {"type": "sub", "id": 1, "view": "floor", "rate": VALUES_HZ}
    async with connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], max_size=None) as socket:
        await socket.send(json.dumps(wish))
        async for message in socket:
            if isinstance(message, str):
                continue
            frame = decode(message)
            if frame.kind is FrameKind.FULL or not counting.is_set() or not len(frame.value):
                continue
            frames[0] += 1
            ages.append(time.time() * 1000 - float(np.max(frame.source_ms)))


async def _stall(host: str, port: int) -> asyncio.StreamWriter:
    """Open a websocket, ask for the floor, and never read again."""
    reader, writer = await asyncio.open_connection(host, port, limit=1024)
    writer.write(
        f"GET /api/live HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    text = json.dumps({"type": "sub", "id": 1, "view": "floor", "rate": VALUES_HZ}).encode()
    mask = b"\x00\x00\x00\x00"
    writer.write(bytes([0x81, 0x80 | len(text)]) + mask + text)
    await writer.drain()
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # the library's own; stops taking bytes
    return writer


async def measure(port: int, pid: int, *, clients: int, stalled: int, seconds: float) -> Figure:
    """Connect, wait until all are served, and measure for so long."""
    ages: list[float] = []
    frames, counting = [0], asyncio.Event()
    url = f"ws://127.0.0.1:{port}/api/live"
    watchers = [
        asyncio.create_task(_watch(url, ages, frames, counting)) for _ in range(clients - stalled)
    ]
    stuck = [await _stall("127.0.0.1", port) for _ in range(stalled)]
    await asyncio.sleep(3)
    counting.set()
    before_s, began_s = used_s(pid), time.monotonic()
    await asyncio.sleep(seconds)
    took_s = time.monotonic() - began_s
    cores = (used_s(pid) - before_s) / took_s
    memory = rss_mb(pid)
    for each in watchers:
        each.cancel()
    await asyncio.gather(*watchers, return_exceptions=True)
    for writer in stuck:
        writer.transport.abort()
    p50, p99 = np.percentile(ages, (50, 99)) if ages else (float("nan"),) * 2
    return Figure(
        clients=clients,
        stalled=stalled,
        cores=round(cores, 3),
        rss_mb=round(memory, 1),
        frames_per_s=round(frames[0] / took_s, 1),
        age_p50_ms=round(float(p50), 1),
        age_p99_ms=round(float(p99), 1),
    )


async def all_figures(port: int, pid: int, seconds: float) -> list[dict[str, object]]:
    """Measure 1, 50 and 200 clients, and 200 of which 20 take nothing."""
    found = []
    for clients, stalled in ((1, 0), (50, 0), (200, 0), (200, 20)):
        figure = await measure(port, pid, clients=clients, stalled=stalled, seconds=seconds)
        print(f"{VALUES} values at {VALUES_HZ:g} Hz: {figure}", flush=True)
        found.append(asdict(figure))
        await asyncio.sleep(1)
    return found
