"""`python -m simulators`: the plant alone, for this gateway or any other to be pointed at."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from simulators.mqtt.shapes import TOPICS
from simulators.net import PortBusyError
from simulators.opcua.server import NAMESPACE
from simulators.plant.layout import BOTTLING_LINE, nodes_of
from simulators.run import Plant, PlantOptions
from simulators.scenario import ScenarioError


def parse(argv: Sequence[str] | None) -> PlantOptions:
    """Read the command line; ends the process with its usage where it is wrong."""
    parser = argparse.ArgumentParser(prog="simulators", description="Run the simulated plant.")
    add = parser.add_argument
    add("--scenario", default="demo", help="name of a shipped scenario, or a path")
    add("--ready-file", type=Path, help="JSON written when everything listens")
    add("--sent-log", type=Path, help="file that gets every sample really sent")
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port-base", type=int, default=48_400, help="first OPC UA port; 0 = any free ports")
    add("--mqtt-host", help="broker to publish to; without it a demo broker is started")
    add("--mqtt-port", type=int, default=18_830, help="broker's port; 0 = any free port")
    add("--mqtt-username", help="user name at the broker")
    add("--mqtt-password-file", type=Path, help="file that holds the password")
    add("--seed", type=int, default=7, help="same seed, same plant")
    add("--factor", type=float, default=1.0, help="plant seconds in a second")
    add("--period", type=float, default=0.25, help="update period in plant seconds")
    given = parser.parse_args(argv)
    if given.factor <= 0:
        parser.error("--factor must be above 0")
    return PlantOptions(
        seed=given.seed,
        factor=given.factor,
        period_s=given.period,
        host=given.host,
        port_base=given.port_base,
        mqtt_host=given.mqtt_host,
        mqtt_port=given.mqtt_port,
        mqtt_username=given.mqtt_username,
        mqtt_password=_secret(parser, given.mqtt_password_file),
        scenario=given.scenario,
        ready_file=given.ready_file,
        sent_log=given.sent_log,
    )


def _secret(parser: argparse.ArgumentParser, path: Path | None) -> str | None:
    try:
        return None if path is None else path.read_text(encoding="utf-8").strip()
    except OSError as error:
        parser.error(f"--mqtt-password-file {path}: {error.strerror}")


def describe(plant: Plant) -> str:
    """Return one line an endpoint, then the variables and topics there are to read."""
    lines = [f"opcua  {key:<10} {address}" for key, address in plant.endpoints.items()]
    host = plant.options.mqtt_host or plant.options.host
    lines += [
        f"mqtt   {'broker':<10} mqtt://{host}:{plant.mqtt_port}",
        "",
        f"nodes  nsu={NAMESPACE}",
    ]
    for spec in BOTTLING_LINE:
        names = ", ".join(f"{n.name}{f' [{n.unit}]' if n.unit else ''}" for n in nodes_of(spec))
        lines.append(f"  s={spec.name}.…  {names}")
    lines += ["topics", *(f"  {topic}" for topic in TOPICS)]
    return "\n".join(lines)


async def serve(options: PlantOptions) -> None:
    """Run until SIGINT or SIGTERM."""
    plant = Plant(options)
    loop = asyncio.get_running_loop()
    running = asyncio.current_task()
    if running is None:
        msg = "serve must run in a task"
        raise RuntimeError(msg)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        await plant.start()
        sys.stdout.write(describe(plant) + "\n")
        sys.stdout.flush()
        await plant.wait()
    finally:
        await plant.stop()


def main(argv: list[str] | None = None) -> int:
    """Run the plant; returns 0 after a signal, 2 where it cannot run as asked."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for noisy in ("asyncua", "amqtt", "transitions"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    options = parse(argv)
    try:
        asyncio.run(serve(options))
    except asyncio.CancelledError:
        return 0
    except (ScenarioError, PortBusyError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
