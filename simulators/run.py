"""The plant with its servers and publishers: start, run in plant time, stop."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from simulators.broker import DemoBroker
from simulators.clock import NS_PER_S, PlantClock
from simulators.jobs.machine import JobMachine
from simulators.jobs.server import JobServer
from simulators.mqtt.publisher import BrokerAddress, Publisher
from simulators.mqtt.shapes import EVERY_NS, SHAPES
from simulators.net import free_port
from simulators.opcua.server import FIRST_POSITION, NAMESPACE, MachineServer, ServerSpec, Serving
from simulators.plant.events import Disconnect, RenumberNamespaces, TransportEvent
from simulators.plant.layout import BOTTLING_LINE, array_size, nodes_of
from simulators.plant.machine import COMMANDS
from simulators.plant.model import PlantModel, Sample, Tick
from simulators.plant.packml import Trigger
from simulators.scenario import load_scenario
from simulators.sentlog import SentLog

log = logging.getLogger(__name__)

MAX_TARGET_PER_MIN: Final = 200.0
LATHE: Final = "lathe2"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantOptions:
    """How to run the plant; a port of 0 means any free one, `mqtt_host` None means the demo broker."""

    seed: int = 7
    factor: float = 1.0
    period_s: float = 0.25
    host: str = "127.0.0.1"
    port_base: int = 0
    ports: Mapping[str, int] | None = None
    mqtt_host: str | None = None
    mqtt_port: int = 0
    mqtt_username: str | None = None
    mqtt_password: str | None = None
    scenario: str | Path = "demo"
    ready_file: Path | None = None
    sent_log: Path | None = None
    start_ns: int | None = None
    """UTC of the start; with a factor above 1 choose the past, so that stamps do not run ahead."""


class PlantState(Enum):
    """The life of a plant."""

    NEW = "new"
    RUNNING = "running"
    STOPPED = "stopped"


class Plant:
    """Starts everything, advances the model in plant time and writes what changed.

    Errors: `start` raises ScenarioError for the scenario, PortBusyError for a port.
    """

    def __init__(self, options: PlantOptions) -> None:
        scenario = load_scenario(options.scenario)
        self.options = options
        self.state = PlantState.NEW
        self.model = PlantModel(
            seed=options.seed,
            events=scenario.events,
            repeat_s=scenario.repeat_s,
            period_s=options.period_s,
        )
        self.clock = PlantClock(factor=options.factor, start_ns=options.start_ns)
        self.servers: dict[str, MachineServer] = {}
        self.publishers: dict[str, Publisher] = {}
        self.lathe: JobServer | None = None
        self.broker: DemoBroker | None = None
        self.mqtt_port = options.mqtt_port
        self._log: SentLog | None = None
        self._task: asyncio.Task[None] | None = None
        self._positions = {spec.key: FIRST_POSITION for spec in BOTTLING_LINE}
        self._seq = dict.fromkeys(SHAPES, 0)

    @property
    def endpoints(self) -> dict[str, str]:
        """OPC UA addresses by machine."""
        found = {key: server.spec.endpoint for key, server in self.servers.items()}
        return found if self.lathe is None else found | {LATHE: self.lathe.endpoint}

    async def start(self) -> None:
        """Listen everywhere, write the ready file, begin to run; undone where a step fails."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        options = self.options
        self._log = SentLog(options.sent_log) if options.sent_log else None
        await self._start_broker()
        initial = self.model.initial()
        for index, spec in enumerate(BOTTLING_LINE):
            port = (options.ports or {}).get(
                spec.key, options.port_base and options.port_base + index
            )
            nodes = nodes_of(spec)
            self.servers[spec.key] = MachineServer(
                spec=ServerSpec(
                    machine=spec.name,
                    nodes=nodes,
                    array_sizes={node.name: array_size(spec, node) for node in nodes},
                    host=options.host,
                    port=port or free_port(options.host),
                    methods=[trigger.value for trigger in COMMANDS.values()],
                ),
                sent_log=self._log,
                obey=self._obeyer(spec.key),
            )
            self.servers[spec.key].prime(
                initial.samples[spec.key].readings, stamp_ns=self.clock.start_ns
            )
            await self.servers[spec.key].start()
        await self._start_lathe()
        self._start_publishers()
        self.clock.restart()
        self._task = asyncio.create_task(self._run(), name="plant")
        self.state = PlantState.RUNNING
        if options.ready_file is not None:
            self._write_ready(options.ready_file)

    async def _start_lathe(self) -> None:
        """Start the machine that stands beside the line and works off job orders."""
        options = self.options
        port = options.port_base and options.port_base + len(BOTTLING_LINE)
        port = (options.ports or {}).get(LATHE, port)
        self.lathe = JobServer(
            machine=JobMachine(), name="Lathe2", host=options.host,
            port=port or free_port(options.host),
        )  # fmt: skip
        await self.lathe.start()
        await self.lathe.show(self.clock.start_ns)

    def _obeyer(self, key: str) -> Callable[[str], bool]:
        machine = self.model.line.machines[key]
        return lambda name: machine.obey(Trigger(name))

    async def wait(self) -> None:
        """Wait until the plant ends, which it does only by an error or `stop`."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def stop(self) -> None:
        """End everything; takes up to about two seconds."""
        self.state = PlantState.STOPPED
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(
            *(publisher.stop() for publisher in self.publishers.values()),
            *(server.stop() for server in self.servers.values()),
            *([] if self.lathe is None else [self.lathe.stop()]),
        )
        if self.broker is not None:
            await self.broker.stop()
        if self._log is not None:
            self._log.close()
            self._log = None
        if self.options.ready_file is not None:
            self.options.ready_file.unlink(missing_ok=True)

    async def _start_broker(self) -> None:
        options = self.options
        if options.mqtt_host is not None:
            return
        self.mqtt_port = options.mqtt_port or free_port(options.host)
        broker = DemoBroker(
            host=options.host,
            port=self.mqtt_port,
            username=options.mqtt_username,
            password=options.mqtt_password,
        )
        await broker.start()
        self.broker = broker

    def _start_publishers(self) -> None:
        options = self.options
        address = BrokerAddress(
            host=options.mqtt_host or options.host,
            port=self.mqtt_port,
            username=options.mqtt_username,
            password=options.mqtt_password,
        )
        for key in SHAPES:
            client_id = f"sim-{key}-{os.getpid()}-{id(self):x}"
            publisher = Publisher(client_id=client_id, broker=address, sent_log=self._log)
            publisher.start()
            self.publishers[key] = publisher

    def _write_ready(self, path: Path) -> None:
        document = {
            "opcua": self.endpoints,
            "mqtt": {"host": self.options.mqtt_host or self.options.host, "port": self.mqtt_port},
            "namespace": NAMESPACE,
            "pid": os.getpid(),
        }
        partial = path.with_name(path.name + ".partial")
        partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        partial.replace(path)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as outages:
            while True:
                self._take_targets()
                tick = self.model.advance()
                await self.clock.sleep_until(tick.elapsed_ns)
                for event in tick.transport:
                    name = f"{event.kind} {event.machine}"
                    outages.create_task(self._outage(event), name=name)
                await self._write(tick)

    def _take_targets(self) -> None:
        for key, server in self.servers.items():
            target = server.written_target()
            if target is not None and 0 < target <= MAX_TARGET_PER_MIN:
                self.model.line.machines[key].target_per_min = target

    async def _write(self, tick: Tick) -> None:
        stamp_ns = self.clock.stamp_ns(tick.elapsed_ns)
        for key, server in self.servers.items():
            sample = tick.samples[key]
            await server.write(sample.readings, stamp_ns=stamp_ns + sample.skew_ns)
        if self.lathe is not None:
            await self.lathe.step(delta_s=self.options.period_s, stamp_ns=stamp_ns)
        for key, publisher in self.publishers.items():
            if tick.elapsed_ns % EVERY_NS[key] < round(self.options.period_s * NS_PER_S):
                self._publish(key, publisher, tick.samples[key], stamp_ns)

    def _publish(self, key: str, publisher: Publisher, sample: Sample, stamp_ns: int) -> None:
        messages = SHAPES[key](sample.readings, stamp_ns + sample.skew_ns, self._seq[key])
        self._seq[key] += 1
        publisher.publish(messages)

    async def _outage(self, event: TransportEvent) -> None:
        log.info("%s: %s", event.machine, event.kind)
        match event:
            case Disconnect() if event.machine in self.publishers:
                publisher = self.publishers[event.machine]
                await publisher.stop()
                await asyncio.sleep(event.for_s / self.clock.factor)
                publisher.start()
            case Disconnect():
                await self._restart(event.machine, away_s=event.for_s / self.clock.factor)
            case RenumberNamespaces():
                self._positions[event.machine] = FIRST_POSITION + event.others
                await self._restart(event.machine, away_s=0.0)

    async def _restart(self, key: str, *, away_s: float) -> None:
        server = self.servers[key]
        if server.state is Serving.DOWN:
            return
        await server.stop()
        await asyncio.sleep(away_s)
        await server.start(position=self._positions[key])
