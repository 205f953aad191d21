"""Time a data change costs: columns against the library's decoder, then a whole client against a load server.

Run from the repository's root: `python -m tests.bench.opcua_decode`; ends within 20 seconds.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary

from connectors.opcua.decode import decode_changes
from tests.peers.opcua_driver import Driven
from tests.peers.opcua_nodejs import node_server
from tests.peers.opcua_wire import Item, notification
from tests.peers.process import free_port

TICKS = 134_116_992_000_000_000
N = 2000
LOAD_NODES = 2000
LOAD_S = 2.0


def items(case: str) -> list[Item]:
    """One layout; a tenth with an overflow bit; layouts that alternate; a fifth text."""

    def one(n: int) -> Item:
        status = 0x480 if (case == "tenth overflowed" and n % 10 == 0) else None
        variant = ua.Variant(float(n), ua.VariantType.Double)
        if case == "alternating" and n % 2:
            variant = ua.Variant(n, ua.VariantType.Int32)
        if case == "a fifth text" and n % 5 == 0:
            variant = ua.Variant(f"text {n}", ua.VariantType.String)
        return Item(n, variant, status, TICKS, None, TICKS)

    return [one(n) for n in range(N)]


def microseconds(work: Callable[[], object], repeats: int) -> float:
    """Return the median time of one change."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times) / N * 1e6


def decoders() -> None:
    print(f"{'layout':<18} {'columns':>9} {'library':>9}   µs a change, {N} changes a notification")
    for case in ("one layout", "tenth overflowed", "alternating", "a fifth text"):
        body = notification(items(case))
        columns = microseconds(lambda body=body: decode_changes(body), 50)  # type: ignore[misc]
        library = microseconds(
            lambda body=body: struct_from_binary(ua.DataChangeNotification, Buffer(body)),  # type: ignore[misc]
            5,
        )
        print(f"{case:<18} {columns:9.3f} {library:9.2f}")


class Counting:
    """The library's handler, doing nothing but count."""

    def __init__(self) -> None:
        self.changes = 0

    def datachange_notification(self, node: object, value: object, data: object) -> None:
        self.changes += 1


async def ours(endpoint: str) -> tuple[int, float]:
    nodes = [{"node": f"press:s=load{n}", "signal": f"load{n}"} for n in range(LOAD_NODES)]
    driven = Driven(endpoint, nodes, sampling_ms=0, publishing_ms=100)
    await driven.connector.connect()
    await driven.read_once()
    rows, cpu, end = 0, time.process_time(), time.monotonic() + LOAD_S
    while time.monotonic() < end:
        rows += len((await driven.connector.read()).batch)
    used = time.process_time() - cpu
    await driven.connector.close()
    return rows, used


async def librarys(endpoint: str) -> tuple[int, float]:
    async with Client(endpoint) as client:
        index = await client.get_namespace_index("urn:test:press")
        handler = Counting()
        subscription = await client.create_subscription(100, handler)
        nodes = [client.get_node(f"ns={index};s=load{n}") for n in range(LOAD_NODES)]
        await subscription.subscribe_data_change(
            nodes, queuesize=20, sampling_interval=ua.Double(0)
        )
        await asyncio.sleep(0.5)
        before, cpu = handler.changes, time.process_time()
        await asyncio.sleep(LOAD_S)
        return handler.changes - before, time.process_time() - cpu


def clients() -> None:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, node_server(port, Path(folder), load=LOAD_NODES):
        for name in ("ours", "librarys"):
            done = subprocess.run(
                [sys.executable, "-m", __spec__.name, name, f"opc.tcp://127.0.0.1:{port}/"],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            print(done.stdout.strip())


def main() -> None:
    if len(sys.argv) == 3:
        rows, used = asyncio.run((ours if sys.argv[1] == "ours" else librarys)(sys.argv[2]))
        print(
            f"whole client, {sys.argv[1]:<9} {rows / LOAD_S:8.0f} changes/s, {used / max(rows, 1) * 1e6:6.2f} µs CPU each"
        )
        return
    decoders()
    clients()


if __name__ == "__main__":
    main()
