"""The page and routes of control on the real guard, over a machine that a test plays, in a thread of its own."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gateway.clock import SystemClock
from tests.peers.control_house import (
    COMMANDS,
    MODE,
    SPEED,
    STATE,
    TEMP,
    ControlHouse,
    control_house,
)
from tests.peers.process import free_port
from tests.peers.web_demo_plant import DemoPlant
from tests.peers.web_server import eventually, server_listens
from tests.peers.web_services import memory_plant
from web.options import SignIn, WebOptions
from web.serve import serve
from web.server import create_app

PAGE = Path(__file__).parents[2] / "web" / "static"


@dataclass
class Played:
    """Where the page is, and the machine behind it."""

    address: str
    house: ControlHouse

    def reset(self) -> None:
        """Make the machine what it was at first: taking what it is sent."""
        machine = self.house.machine
        machine.values.update({SPEED: 120.0, STATE: 6, MODE: 1, TEMP: 50.0})
        machine.sent.clear()
        machine.deaf, machine.answer, machine.connected = False, None, True


@contextmanager
def control_page(folder: Path) -> Iterator[Played]:
    """Serve it until the block ends."""
    ready, stop = threading.Event(), threading.Event()
    held: dict[str, Any] = {}

    async def run() -> None:
        commands = copy.deepcopy(COMMANDS)
        for each in commands.values():
            each["rate_per_min"] = 500
        clock = SystemClock()
        async with control_house(folder, clock=clock, commands=commands) as house:
            plant = memory_plant(folder=folder, clock=clock, static=PAGE)
            DemoPlant(plant).prepare(past_s=5)
            for path in house.machine.values:
                house.row(path, float(house.machine.values[path]))
            options = WebOptions(port=free_port(), sign_in=SignIn.OFF)  # type: ignore[call-arg]  # the rest has defaults
            app = create_app(replace(plant.services, control=house.guard), options)
            ending = asyncio.Event()
            task = asyncio.create_task(serve(app, options, stop=ending))
            await eventually(lambda: server_listens(options.port), timeout_s=20)
            held["played"] = Played(f"http://127.0.0.1:{options.port}", house)
            ready.set()
            while not stop.is_set():  # noqa: ASYNC110 - the event is the other thread's
                await asyncio.sleep(0.05)
            ending.set()
            await asyncio.wait({task}, timeout=6)

    def main() -> None:
        try:
            asyncio.run(run())
        finally:
            ready.set()

    thread = threading.Thread(target=main, name="control page")
    thread.start()
    try:
        assert ready.wait(60)
        yield held["played"]
    finally:
        stop.set()
        thread.join(20)
