"""Phase 6 with a real machine: job orders by OPC UA (10031-4) through the guard, to a simulated machine that takes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asyncua.ua.ua_binary import struct_to_binary

from connectors.opcua.jobs.control import _order
from gateway.access.port import Identity
from gateway.access.rights import Grant, Role
from gateway.actuator import Actuator
from gateway.audit.key import InstallKey
from gateway.audit.log import AuditLog
from gateway.audit.port import Wanted
from gateway.clock import NS_PER_S, SystemClock
from gateway.control.dispatch import GuardedMachines
from gateway.control.guard import ControlGuard
from gateway.control.locks import Locks
from gateway.control.options import ControlOptions
from gateway.control.present import Presents
from gateway.errors import ConflictError
from gateway.model import SampleBatch
from gateway.ports import Chunk
from gateway.production.archive import Archive
from gateway.production.execution.options import ExecutionOptions
from gateway.production.execution.port import Act, Commanded, JobRun
from gateway.production.execution.watch import JobWatch
from gateway.production.kpi.options import ProductionOptions
from gateway.production.lifecycle import JobState
from gateway.production.model import Skill
from gateway.store import Store
from simulators.jobs.machine import JobMachine
from simulators.jobs.machine import JobState as Theirs
from simulators.jobs.server import MACHINES, JobServer
from tests.peers.opcua_driver import MACHINE, Driven
from tests.peers.process import free_port
from tests.peers.shop_floor import ANNA, fill, things
from tests.peers.web_execution import Executing, Floor, execution_over
from tests.peers.web_services import memory_plant

pytestmark = pytest.mark.peer
JOB = "W-1/turn"
OTTO = Identity(
    name="otto", kind="person", grants=(Grant(Role.OPERATOR, "plant/area"),), credential="session"
)
NODES: list[dict[str, Any]] = [
    {"node": "m:s=Lathe.GoodCount", "signal": "good", "kind": "counter", "data_type": "integer",
     "counter_bits": 16, "role": "good_count"},
    {"node": "m:s=Lathe.RejectCount", "signal": "bad", "kind": "counter", "data_type": "integer",
     "counter_bits": 16, "role": "reject_count"},
    {"node": "m:s=Lathe.Mode", "signal": "mode", "kind": "state", "data_type": "enum",
     "role": "mode", "labels": {1: "Production"}},
]  # fmt: skip
JOBS = [{"signal": "jobs", "receiver": "m:s=Lathe.Receiver", "provider": "m:s=Lathe.Results"}]
COMMANDS = {
    "lathe-jobs": {
        "title": "Job orders", "kind": "job", "machine": MACHINE,
        "parameters": [{"signal": "jobs"}], "rate_per_min": 100,
    }
}  # fmt: skip
FROM_THE_NODESET = (
    "3e00000008000000572d312f7475726e010000000000000006000000502f7475726e00d8e336199cdd01"
    "00a86cfa299cdd0105000100000000000000080000005175616e746974790b0000000000406f40"
)
"""The job order below, encoded by the library from the official nodeset's own types."""


def test_phase6_a_job_order_is_encoded_as_the_official_nodeset_has_it() -> None:
    call = {
        "verb": "StoreAndStart", "job": JOB, "product": "P", "op": "turn", "qty": 250,
        "priority": 5, "starts_ns": 1_799_046_000_000_000_000, "ends_ns": 1_799_053_200_000_000_000,
    }  # fmt: skip
    assert struct_to_binary(_order(call)).hex() == FROM_THE_NODESET


class Line:
    """A machine, a connector, a guard and a desk, wired as the gateway does."""

    def __init__(self, store: Store, folder: Path, server: JobServer) -> None:
        self.store, self.folder, self.server = store, folder, server
        self.clock = SystemClock()
        self.plant = memory_plant(folder=folder, clock=self.clock)
        self.driven = Driven(
            server.endpoint, NODES, namespaces={"m": MACHINES}, jobs=JOBS, request_timeout_s=5
        )
        self.audit = AuditLog(
            store, key=InstallKey.create(folder / "keys" / "install.key"), clock=self.clock
        )
        self.seq = 0

    def writer(self, path: str) -> Actuator | None:
        actuator = self.driven.connector.actuator
        return actuator if path in actuator.writes() else None

    def reader(self, path: str) -> Actuator | None:
        actuator = self.driven.connector.actuator
        return actuator if path in actuator.reads() else None

    async def begin(self) -> None:
        """Start the desk, as a gateway does that knows nothing but its store."""
        options = ControlOptions.model_validate({"commands": COMMANDS})
        catalogue = self.driven.catalogue
        presents = Presents(
            catalogue=catalogue, latest=self.plant.store, presence=self.plant.presence,
            actuators=self, clock=self.clock,
        )  # fmt: skip
        locks = Locks(self.store, off_file=self.folder / "off", clock=self.clock)
        self.guard = await ControlGuard(
            options, store=self.store, audit=self.audit, presents=presents, actuators=self,
            locks=locks, clock=self.clock,
        ).open()  # fmt: skip
        machines = GuardedMachines(options, guard=self.guard, actuators=self)
        floor = Floor(
            catalogue=catalogue, latest=self.plant.store, presence=self.plant.presence,
            performance=self.plant.services.performance,
        )  # fmt: skip
        production = ProductionOptions.model_validate({"units": {MACHINE: {"max_per_min": 1e6}}})
        self.executing: Executing = execution_over(
            self.store, self.clock, floor, issues=self.plant.issues, machines=machines,
            production=production,
        )  # fmt: skip
        await self.executing.desk.prepare()
        await self.executing.counts.cursor()
        self.watch = JobWatch(
            self.executing.desk, book=self.executing.book, machines=machines,
            options=ExecutionOptions(), clock=self.clock,
        )  # fmt: skip

    async def command(self, act: Act, **more: Any) -> JobRun:
        return await self.executing.desk.command(JOB, Commanded(act=act, **more), by=OTTO)

    async def run(self) -> JobRun:
        return (await self.executing.desk.detail(JOB)).job.run

    async def work(self, delta_s: float) -> None:
        """Let the machine work."""
        await self.server.step(delta_s=delta_s, stamp_ns=time.time_ns())

    async def journal(self) -> None:
        """Give on what the connector has read since, as the journal would."""
        for batch in self.driven.batches[self.seq :]:
            self.seq += 1
            numbered = SampleBatch.concat([batch])
            chunk = Chunk(batch=numbered, first_seq=self.seq, last_seq=self.seq)
            await self.executing.counts.write(chunk)
        await self.executing.counts.flush()

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(60):
            while not await holds():
                await self.watch.look()
                await asyncio.sleep(0.05)

    async def reaches(self, state: JobState) -> JobRun:
        async def there() -> bool:
            return (await self.run()).state is state

        await self.until(there)
        return await self.run()


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    server = JobServer(
        machine=JobMachine(speed=30.0), name="Lathe", host="127.0.0.1", port=free_port()
    )
    await server.start()
    await server.show(time.time_ns())
    store = await Store.open(f"sqlite:///{tmp_path}/state.db")
    line = Line(store, tmp_path, server)
    await line.driven.connector.connect()
    shop = things(time.time_ns() // (60 * NS_PER_S))
    shop["m1"] = replace(shop["m1"], path=MACHINE)
    shop["person"] = replace(shop["person"], skills=(Skill(skill="machining", level=3),))
    shop["tool"] = replace(shop["tool"], calibration_due=None)
    await fill(Archive(store, clock=line.clock), shop)
    await line.begin()
    yield line
    await line.guard.close()
    await line.driven.connector.close()
    await store.close()
    await server.stop()


async def test_phase6_store_and_start_to_250_pieces_booked_over_a_restart(line: Line) -> None:
    run = await line.command(Act.DISPATCH)
    assert run.state is JobState.SENT
    await line.reaches(JobState.ALLOWED_TO_START)
    done = await line.audit.search(Wanted(limit=100))
    assert {("otto", "control.operate"), ("gateway", "control.outcome")} <= {
        (each.entry.actor, each.entry.action) for each in done
    }
    await line.driven.until(lambda: len(line.driven.rows("good")) and line.driven.rows("bad"))
    await line.journal()
    await line.work(0.01)
    await line.reaches(JobState.RUNNING)
    for _ in range(10):
        await line.work(10.0)
        await asyncio.sleep(0.02)
    await line.command(Act.PAUSE, code="jam")
    assert line.server.machine.jobs[JOB].state is Theirs.INTERRUPTED
    await line.reaches(JobState.INTERRUPTED)
    # Killed here: the next gateway knows its store, and asks the machine.
    await line.begin()
    await line.command(Act.RESUME)
    for _ in range(200):
        await line.work(2.0)
        await asyncio.sleep(0.002)
    ended = await line.reaches(JobState.ENDED)
    assert (ended.said_good, ended.said_made) == (250.0, 254.0)
    last = (float(line.server.machine.good_total), float(line.server.machine.reject_total))
    await line.driven.until(
        lambda: (line.driven.rows("good")[-1][1], line.driven.rows("bad")[-1][1]) == last
    )
    await line.journal()
    run = await line.run()
    assert (run.good, run.reject) == (250.0, 4.0)


async def test_phase6_what_the_machine_refuses_is_ready_again_with_its_code(line: Line) -> None:
    line.server.machine.store_and_start(JOB, "P", 3)
    with pytest.raises(ConflictError, match="return status 4"):
        await line.command(Act.DISPATCH)
    run = await line.run()
    assert (run.state, run.note) == (JobState.READY, "StoreAndStart: return status 4")
    line.server.machine.jobs.clear()
    await line.guard.lock("", by=ANNA, why="drill")
    with pytest.raises(ConflictError, match="drill"):
        await line.command(Act.DISPATCH)
    assert (await line.run()).state is JobState.READY
    assert line.server.machine.jobs == {}
    await line.guard.release("", by=ANNA, why="over")
    await line.command(Act.DISPATCH)
    await line.reaches(JobState.ALLOWED_TO_START)
    await line.command(Act.RECALL)
    assert line.server.machine.jobs == {}
