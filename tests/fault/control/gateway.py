"""A guard that operates one command over a machine in a file, killed on purpose by whoever started it.

`python -m tests.fault.control.gateway FOLDER operate` selects and operates; `... settle` starts anew and prints states.
The machine is `machine.txt`: each order that reaches it is one line.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from gateway.actuator import Order
from gateway.clock import SystemClock
from tests.peers.control_house import ControlHouse, control_house, person


def _writes_to(path: Path, house: ControlHouse) -> None:
    def effect(order: Order) -> None:
        with path.open("a", encoding="ascii") as file:
            file.write(f"{order.id}\n")
            file.flush()
        house.machine.values.update(order.values)

    house.machine.effect = effect


async def main(folder: Path, what: str) -> None:
    """Do what the child was started for."""
    async with control_house(folder, clock=SystemClock()) as house:
        _writes_to(folder / "machine.txt", house)
        if what == "operate":
            await house.operate(await house.select(110), person("anna"))
        # What an earlier start left open was ended before anybody could ask.
        running = asyncio.create_task(house.guard.run())
        await asyncio.sleep(1.2)
        running.cancel()
        found = await house.guard.operations(machine="", states=(), before_ns=None, limit=9)
        acts = ",".join(action for _, action, _ in await house.acts())
        print(" ".join(each.state for each in found), acts, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
