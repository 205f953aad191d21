"""An OPC UA machine as a child process on a port of one's choice, with a log of what it showed; it can be killed."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asyncua import ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.user_managers import UserManager

from simulators.clock import PlantClock
from simulators.opcua.server import MachineServer, ServerSpec
from simulators.plant.faults import Reading
from simulators.plant.layout import Node
from simulators.sentlog import Sent, SentLog
from tests.peers.opcua_asyncua import UaServer
from tests.peers.process import Peer, listening

NAME = "Press"
_ROOT = Path(__file__).parents[3]


class _OnePassword(UserManager):
    """Lets in `operator` with one password."""

    def __init__(self, password: str) -> None:
        self._password = password

    def get_user(
        self,
        iserver: object,
        username: str | None = None,
        password: str | None = None,
        certificate: object = None,
    ) -> User | None:
        if username == "operator" and password == self._password:
            return User(role=UserRole.User, name="operator")
        return None


async def _counting(port: int, position: int, signals: int, rate_hz: float, log: Path) -> None:
    nodes = [Node(f"V{number}", "Double", "") for number in range(signals)]
    spec = ServerSpec(machine=NAME, nodes=nodes, array_sizes={}, host="127.0.0.1", port=port)
    server = MachineServer(spec=spec)
    await server.start(position=position)
    clock = PlantClock()
    with SentLog(log) as sent:
        for cycle in itertools.count(1):
            await clock.sleep_until(round(cycle * 1e9 / rate_hz))
            time_ns = clock.stamp_ns(round(cycle * 1e9 / rate_hz))
            # Noted before it is shown: a kill between the two leaves a sample that nobody saw, which is a gap.
            sent.write(
                *(
                    Sent(
                        source=NAME.lower(),
                        node=f"{NAME}.{n.name}",
                        time_ns=time_ns,
                        value=float(cycle),
                    )
                    for n in nodes
                )
            )
            await server.write({n.name: Reading(float(cycle)) for n in nodes}, stamp_ns=time_ns)


async def _guarded(port: int, password: str) -> None:
    async with UaServer(port, user_manager=_OnePassword(password)) as server:
        await server.add("count", 0.0, ua.VariantType.Double)
        for count in itertools.count(1):
            await asyncio.sleep(0.1)
            await server.set("count", float(count), ua.VariantType.Double)


@contextmanager
def machine(
    port: int,
    log: Path,
    *,
    position: int = 2,
    signals: int = 20,
    rate_hz: float = 10.0,
    password: str = "",
) -> Iterator[Peer]:
    """Run a machine whose values count from 1; with a password it is another one, `urn:test:press` with `count`."""
    arguments = [str(port), str(position), str(signals), str(rate_hz), str(log), password]
    with Peer(
        [sys.executable, "-m", "tests.fault.product.machine", *arguments],
        ready=listening(port),
        log=log.with_suffix(".out"),
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    ) as peer:
        yield peer


def main() -> None:
    """Run until ended."""
    parser = argparse.ArgumentParser()
    for name, kind in (
        ("port", int),
        ("position", int),
        ("signals", int),
        ("rate", float),
        ("log", Path),
    ):
        parser.add_argument(name, type=kind)
    parser.add_argument("password")
    given = parser.parse_args()
    if given.password:
        asyncio.run(_guarded(given.port, given.password))
    else:
        asyncio.run(_counting(given.port, given.position, given.signals, given.rate, given.log))


if __name__ == "__main__":
    main()
