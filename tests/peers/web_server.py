"""A real web server of the memory plant on a loopback port, inside the test's event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from gateway.model import DataType, SampleBatch, SideValue, Signal, SignalRole
from tests.peers.process import free_port
from tests.peers.web_services import MemoryPlant, memory_plant
from web.feed.hub import Hub
from web.options import WebOptions
from web.serve import serve
from web.server import create_app


@dataclass(frozen=True)
class Served:
    """A running server, and what stands behind it."""

    plant: MemoryPlant
    app: FastAPI
    port: int
    stop: asyncio.Event
    task: asyncio.Task[None]

    @property
    def hub(self) -> Hub:
        """The live hub."""
        hub: Hub = self.app.state.hub
        return hub

    @property
    def live(self) -> str:
        """The address of the live feed."""
        return f"ws://127.0.0.1:{self.port}/api/live"


@asynccontextmanager
async def served(folder: Path, *, signals: int = 12, **options: object) -> AsyncIterator[Served]:
    """Serve until the block ends, which must take less than six seconds."""
    plant = memory_plant(folder=folder)
    add_signals(plant, signals)
    given = WebOptions.model_validate({"port": free_port(), "sign_in": "off", **options})
    app = create_app(plant.services, given)
    stop = asyncio.Event()
    task = asyncio.create_task(serve(app, given, stop=stop))
    await eventually(lambda: server_listens(given.port), timeout_s=10)
    try:
        yield Served(plant, app, given.port, stop, task)
    finally:
        stop.set()
        ended, _ = await asyncio.wait({task}, timeout=6)
        assert ended, "the server did not end in time"
        if not task.cancelled():
            task.result()


def add_signals(plant: MemoryPlant, count: int) -> None:
    """Register signals of four machines; every third has a role, every sixth is text."""
    have = len(plant.catalogue)
    plant.catalogue.register(
        [
            Signal(
                path=f"p/a/l/m{n % 4}/s{n}",
                role=SignalRole.KEY_VALUE if n % 3 == 0 else None,
                data_type=DataType.STRING if n % 6 == 5 else DataType.FLOAT,
            )
            for n in range(have, have + count)
        ]
    )


def put(
    plant: MemoryPlant, values: dict[int, float], side: dict[int, SideValue] | None = None
) -> None:
    """Commit one row a signal, measured and received now; `side` by signal."""
    now_ns = plant.clock.now_ns()
    rows = {signal: row for row, signal in enumerate(values)}
    plant.store.append(
        SampleBatch.of(
            signal=list(values),
            source_ns=[now_ns] * len(values),
            received_ns=now_ns,
            value=list(values.values()),
            side={rows[signal]: held for signal, held in (side or {}).items()},
        )
    )


def server_listens(port: int) -> bool:
    """Say whether something accepts connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def eventually(done: Callable[[], bool], *, timeout_s: float) -> None:
    """Return once a condition holds; raises `TimeoutError`."""
    async with asyncio.timeout(timeout_s):
        while not done():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)
