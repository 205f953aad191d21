"""The server of the page's figures: a plant in memory that moves, and a day of history in the embedded historian.

`python -m tests.bench.web.plant --port N --folder F` serves it; the benches start it as a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from gateway.clock import NS_PER_S, SystemClock
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.options import EmbeddedOptions
from gateway.model import SampleBatch, Signal, SignalKind, SignalRole
from gateway.ports import Chunk
from tests.peers.web_services import MemoryPlant, memory_plant
from web.options import SignIn, WebOptions
from web.serve import serve
from web.server import create_app

VALUES: Final = 500
"""Signals of the floor: four of each of 125 machines, each with a role, so that the floor shows them all."""
VALUES_HZ: Final = 5.0
TRENDS: Final = 24
TRENDS_HZ: Final = 20.0
TREND_MACHINE: Final = "bench/hall/line/trends"
WALL_MACHINE: Final = "bench/hall/line/wall"
"""One machine with as many charts and values as the figures ask for on one page."""
DAY_MACHINE: Final = "bench/hall/line/day"
DAY_SIGNALS: Final = 8
DAY_S: Final = 86_400
_WALL: Final = VALUES + TRENDS + DAY_SIGNALS
_ROLES: Final = (
    SignalRole.SPEED,
    SignalRole.TARGET_SPEED,
    SignalRole.GOOD_COUNT,
    SignalRole.KEY_VALUE,
)


def signals() -> list[Signal]:
    """Return the floor's signals, then those of the trends, then those with a day of history, then one machine's of both."""
    floor = [
        Signal(path=f"bench/hall/line{n // 40}/m{n // 4}/{_ROLES[n % 4].value}", role=_ROLES[n % 4])
        for n in range(VALUES)
    ]
    trends = [Signal(path=f"{TREND_MACHINE}/t{n:02d}", unit="g") for n in range(TRENDS)]
    day = [Signal(path=f"{DAY_MACHINE}/d{n}", unit="g") for n in range(DAY_SIGNALS)]
    wall = [Signal(path=f"{WALL_MACHINE}/t{n:02d}", unit="g") for n in range(TRENDS)]
    wall += [
        Signal(path=f"{WALL_MACHINE}/c{n:03d}", kind=SignalKind.COUNTER) for n in range(VALUES)
    ]
    return floor + trends + day + wall


async def fill(plant: MemoryPlant, folder: Path) -> EmbeddedHistorian:
    """Write a day of eight signals at 1 Hz, re-clustered as the gateway does hourly."""
    historian = await asyncio.to_thread(
        EmbeddedHistorian.open,
        folder / "history",
        catalogue=plant.catalogue,
        clock=plant.clock,
        options=EmbeddedOptions.model_validate({}),
    )
    first = VALUES + TRENDS
    end_ns = plant.clock.now_ns()
    rng = np.random.default_rng(1)
    for hour in range(24):
        at = end_ns - (DAY_S - hour * 3600 - np.arange(3600)) * NS_PER_S
        value = np.round(500 + np.cumsum(rng.normal(scale=0.1, size=(3600, DAY_SIGNALS)), 0), 2)
        batch = SampleBatch.of(
            signal=np.tile(np.arange(first, first + DAY_SIGNALS, dtype=np.int32), 3600),
            source_ns=np.repeat(at, DAY_SIGNALS),
            received_ns=np.repeat(at, DAY_SIGNALS),
            value=value.ravel(),
        )
        await historian.write(Chunk(batch=batch, first_seq=hour + 1, last_seq=hour + 1))
    await historian.maintain(now_ns=end_ns)
    return historian


async def move(plant: MemoryPlant, first: int, count: int, rate_hz: float) -> None:
    """Change so many signals together, so many times a second."""
    loop = asyncio.get_running_loop()
    rng = np.random.default_rng(first)
    index = np.arange(first, first + count, dtype=np.int32)
    due_s = loop.time()
    while True:
        now_ns = plant.clock.now_ns()
        value = np.round(rng.normal(500, 2, count), 2)
        plant.store.append(
            SampleBatch.of(
                signal=index, source_ns=np.full(count, now_ns), received_ns=now_ns, value=value
            )
        )
        due_s = max(due_s + 1 / rate_hz, loop.time())
        await asyncio.sleep(due_s - loop.time())


async def main(port: int, folder: Path, static: Path) -> None:
    """Serve until told to stop."""
    plant = memory_plant(folder=folder, clock=SystemClock(), static=static)
    plant.store.retain(2_000)
    plant.catalogue.register(signals())
    historian = await fill(plant, folder)
    services = replace(plant.services, history=historian)
    options = WebOptions(sign_in=SignIn.OFF, port=port, max_clients=400)
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    movers = [
        asyncio.create_task(move(plant, 0, VALUES, VALUES_HZ)),
        asyncio.create_task(move(plant, VALUES, TRENDS, TRENDS_HZ)),
        asyncio.create_task(move(plant, _WALL, TRENDS, TRENDS_HZ)),
        asyncio.create_task(move(plant, _WALL + TRENDS, VALUES, VALUES_HZ)),
    ]
    try:
        await serve(create_app(services, options), options, stop=stop)
    finally:
        for mover in movers:
            mover.cancel()
        await historian.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--static", type=Path, default=Path(__file__).parents[3] / "web" / "static")
    given = parser.parse_args()
    asyncio.run(main(given.port, given.folder, given.static))
