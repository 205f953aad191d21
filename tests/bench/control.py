"""Control over OPC UA on loopback, and what the guard's promises cost: `python -m tests.bench.control`.

Select, operate and read-back against a server of the library in this process; beside it the same write without a
guard, and each promise by itself: the rights check, the audit entry, the two rows that a restart would read.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
from asyncua import ua

from gateway.access.rights import Grant, Right, Role, may
from gateway.actuator import Actuator, Order
from gateway.audit.port import Entry
from gateway.clock import SystemClock
from tests.peers.control_house import COMMANDS, MODE, SPEED, TEMP, control_house, person
from tests.peers.opcua_asyncua import UaServer
from tests.peers.opcua_driver import Driven
from tests.peers.process import free_port


class Joined:
    """One connector's actuator as `Actuators`."""

    def __init__(self, actuator: Actuator) -> None:
        self.actuator = actuator

    def writer(self, path: str) -> Actuator | None:
        """Return it where it writes this path."""
        return self.actuator if path in self.actuator.writes() else None

    def reader(self, path: str) -> Actuator | None:
        """Return it where it reads this path."""
        return self.actuator if path in self.actuator.reads() else None


async def timed(name: str, count: int, work: Callable[[int], Awaitable[Any]]) -> None:
    """Print p50 and p99 of a piece of work."""
    took: list[float] = []
    for n in range(count):
        begun = time.perf_counter()
        await work(n)
        took.append((time.perf_counter() - begun) * 1000)
    p50, p99 = np.percentile(took, [50, 99])
    print(f"{name:<52} p50 {p50:8.2f} ms   p99 {p99:8.2f} ms   n {count}")


async def main(count: int) -> None:
    """Measure everything once."""
    commands = {"speed": {**COMMANDS["speed"], "rate_per_min": 600}}
    with tempfile.TemporaryDirectory() as folder:
        async with UaServer(free_port()) as server:
            for path, value, kind in (
                (SPEED, 120.0, ua.VariantType.Double),
                (TEMP, 50.0, ua.VariantType.Double),
                (MODE, 1, ua.VariantType.Int32),
            ):
                node = await server.add(path.rpartition("/")[2], value, kind)
                await node.set_writable()
            nodes = [
                server.node(name, signal=path, data_type="enum" if path == MODE else "float")
                for name, path in (("speed", SPEED), ("temp", TEMP), ("mode", MODE))
            ]
            driven = Driven(server.endpoint, nodes)
            await driven.connector.connect()
            await _measure(Path(folder), Joined(driven.connector.actuator), commands, count)
            await driven.connector.close()


async def _measure(folder: Path, joined: Joined, commands: Any, count: int) -> None:
    async with control_house(folder, clock=SystemClock(), commands=commands) as house:
        house.machine = joined  # type: ignore[assignment]  # the real machine in place of the played one
        house.guard = await house.reopened(house.store).open()
        anna = person("anna")

        async def bare(n: int) -> None:
            values = {SPEED: 100.0 + n % 20}
            await joined.actuator.carry_out(Order(id="x", values=values, expires_ns=2**62))
            await joined.actuator.ask([SPEED])

        async def guarded(n: int) -> None:
            # The rate is per minute: the bench is not what it is there for.
            house.guard._checks._sent.clear()
            done = await house.operate(await house.select(105.0 + n % 10, anna), anna)
            if done.state != "ok":
                raise AssertionError(done.explanation)

        await house.operate(await house.select(110.0, anna), anna)
        await timed("write and read over OPC UA, no guard", count, bare)
        await joined.actuator.carry_out(Order(id="x", values={SPEED: 110.0}, expires_ns=2**62))
        await timed("select, operate, read back through the guard", count, guarded)
        entry = Entry(actor="anna", kind="person", action="control.operate")
        await timed("one audit entry, committed", count, lambda _: house.audit.record(entry))
        await timed(
            "the commands of a machine, as the page asks",
            count,
            lambda _: house.guard.commands(anna, machine=""),
        )
        grants = [Grant(Role.OPERATOR, "plant/bottling/line1"), Grant(Role.QUALITY)]
        begun, times = time.perf_counter(), 200_000
        for _ in range(times):
            may(grants, Right.SETPOINT_PROPOSE, SPEED)
        each_us = (time.perf_counter() - begun) / times * 1e6
        print(f"{'the rights check':<52} {each_us:8.2f} µs")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    asyncio.run(main(parser.parse_args().count))
