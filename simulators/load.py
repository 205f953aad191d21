"""High-rate load: Double values that carry their own sequence number, over OPC UA or MQTT.

Over OPC UA each machine is a server with variables `s=Load<m>.V<n>`; over MQTT four values share a flat
object on `load/<m>/<group>`: {"ts": epoch ms, "seq": k, "v0": k, …}. Every cycle writes each signal once,
so that a reader sees 1, 2, 3, … and can name what it missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from simulators.clock import NS_PER_S, PlantClock
from simulators.mqtt.publisher import BrokerAddress, Publisher
from simulators.mqtt.shapes import Message
from simulators.net import free_port
from simulators.opcua.server import NAMESPACE, MachineServer, ServerSpec
from simulators.plant.faults import Reading
from simulators.plant.layout import Node
from simulators.sentlog import SentLog

VALUES_A_MESSAGE: Final = 4

_Write = Callable[[int, int], Awaitable[int]]


class Protocol(StrEnum):
    """How the load is carried."""

    OPCUA = "opcua"
    MQTT = "mqtt"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """How much load: `machines` times `signals`, each `rate_hz` times a second for `seconds`."""

    protocol: Protocol
    machines: int = 1
    signals: int = 100
    rate_hz: float = 10.0
    seconds: float = 5.0
    host: str = "127.0.0.1"
    mqtt_port: int = 1883
    wait_s: float = 0.0
    """Time between the ready file and the first value, in which clients may subscribe."""
    sent_log: Path | None = None
    ready_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What was really done; `late_s` is how far the last cycle lay behind its time."""

    samples: int
    cycles: int
    dropped: int
    late_s: float
    cpu_s: float


async def run_load(options: LoadOptions, *, enough: asyncio.Event | None = None) -> LoadReport:
    """Make the load and report what was sent; it ends early, between two cycles, once `enough` is set."""
    log = SentLog(options.sent_log) if options.sent_log else None
    enough = enough or asyncio.Event()
    try:
        if options.protocol is Protocol.OPCUA:
            return await _opcua(options, log, enough)
        return await _mqtt(options, log, enough)
    finally:
        if log is not None:
            log.close()


async def _opcua(options: LoadOptions, log: SentLog | None, enough: asyncio.Event) -> LoadReport:
    nodes = [Node(f"V{number}", "Double", "") for number in range(options.signals)]
    servers = [
        MachineServer(
            spec=ServerSpec(
                machine=f"Load{number}",
                nodes=nodes,
                array_sizes={},
                host=options.host,
                port=free_port(options.host),
            ),
            sent_log=log,
        )
        for number in range(options.machines)
    ]
    try:
        for server in servers:
            await server.start()
        await _ready(options, {s.spec.machine.lower(): s.spec.endpoint for s in servers})

        async def write(cycle: int, stamp_ns: int) -> int:
            readings = {node.name: Reading(float(cycle)) for node in nodes}
            return sum([await s.write(readings, stamp_ns=stamp_ns) for s in servers])

        return await _cycles(options, write, enough)
    finally:
        await asyncio.gather(*(server.stop() for server in servers))


async def _mqtt(options: LoadOptions, log: SentLog | None, enough: asyncio.Event) -> LoadReport:
    broker = BrokerAddress(host=options.host, port=options.mqtt_port)
    publishers = [
        Publisher(client_id=f"load-{number}", broker=broker, sent_log=log, backlog=100_000)
        for number in range(options.machines)
    ]
    groups = max(1, options.signals // VALUES_A_MESSAGE)
    for publisher in publishers:
        publisher.start()
    await _ready(options, {})

    async def write(cycle: int, stamp_ns: int) -> int:
        body = {"ts": stamp_ns // 1_000_000, "seq": cycle}
        body |= {f"v{number}": cycle for number in range(VALUES_A_MESSAGE)}
        payload = json.dumps(body, separators=(",", ":"))
        for number, publisher in enumerate(publishers):
            publisher.publish(
                [Message(f"load/{number}/{g}", payload, stamp_ns) for g in range(groups)]
            )
        return groups * VALUES_A_MESSAGE * len(publishers)

    try:
        report = await _cycles(options, write, enough)
    finally:
        await asyncio.gather(*(publisher.stop() for publisher in publishers))
    dropped = sum(publisher.dropped for publisher in publishers) * VALUES_A_MESSAGE
    return LoadReport(**(asdict(report) | {"dropped": dropped}))


async def _cycles(options: LoadOptions, write: _Write, enough: asyncio.Event) -> LoadReport:
    clock = PlantClock()
    period_ns = round(NS_PER_S / options.rate_hz)
    cycles = max(1, round(options.seconds * options.rate_hz))
    began_cpu_s = time.process_time()
    samples = cycle = 0
    while cycle < cycles and not enough.is_set():
        cycle += 1
        await clock.sleep_until(cycle * period_ns)
        samples += await write(cycle, clock.stamp_ns(cycle * period_ns))
    return LoadReport(
        samples=samples,
        cycles=cycle,
        dropped=0,
        late_s=max(0.0, clock.elapsed_s() - cycle * period_ns / NS_PER_S),
        cpu_s=time.process_time() - began_cpu_s,
    )


async def _ready(options: LoadOptions, endpoints: dict[str, str]) -> None:
    path = options.ready_file
    if path is not None:
        partial = path.with_name(path.name + ".partial")
        partial.write_text(json.dumps({"opcua": endpoints, "namespace": NAMESPACE}) + "\n")
        partial.replace(path)
    await asyncio.sleep(options.wait_s)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a load from the command line and print its report as JSON."""
    parser = argparse.ArgumentParser(prog="simulators.load", description=__doc__)
    add = parser.add_argument
    add("--protocol", type=Protocol, choices=list(Protocol), required=True)
    add("--machines", type=int, default=1)
    add("--signals", type=int, default=100, help="signals a machine")
    add("--rate", type=float, default=10.0, help="values a second of each signal")
    add("--seconds", type=float, default=5.0)
    add("--wait", type=float, default=0.0, help="seconds for clients to subscribe")
    add("--mqtt-port", type=int, default=1883)
    add("--sent-log", type=Path)
    add("--ready-file", type=Path)
    given = parser.parse_args(argv)
    options = LoadOptions(
        protocol=given.protocol,
        machines=given.machines,
        signals=given.signals,
        rate_hz=given.rate,
        seconds=given.seconds,
        wait_s=given.wait,
        mqtt_port=given.mqtt_port,
        sent_log=given.sent_log,
        ready_file=given.ready_file,
    )
    sys.stdout.write(json.dumps(asdict(asyncio.run(_until_told(options)))) + "\n")
    return 0


async def _until_told(options: LoadOptions) -> LoadReport:
    """Run the load; SIGTERM ends it early, between two cycles, with everything sent in its log."""
    enough = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, enough.set)
    return await run_load(options, enough=enough)


if __name__ == "__main__":
    sys.exit(main())
