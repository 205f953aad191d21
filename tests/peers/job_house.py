"""A shop whose lathe takes job orders and counts, with the gateway's execution over it; a test plays the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.access.port import Identity
from gateway.clock import NS_PER_S, ManualClock
from gateway.errors import NotConnectedError
from gateway.model import DataType, SampleBatch, Signal, SignalKind, SignalRole
from gateway.ports import Chunk
from gateway.production.archive import Archive
from gateway.production.execution.machines import Answer, JobCall, MachineJob, Outcome
from gateway.production.execution.options import ExecutionOptions
from gateway.production.execution.watch import JobWatch
from gateway.production.kpi.options import ProductionOptions
from gateway.production.lifecycle import JobState
from gateway.store import Store
from tests.peers.shop_floor import LATHE
from tests.peers.web_execution import Executing, Floor, execution_over
from tests.peers.web_services import MemoryPlant

EIGHT_NS = int(datetime(2027, 1, 4, 7, 0, tzinfo=UTC).timestamp()) * NS_PER_S
"""Monday, 08:00 in the plant."""

JOB = "W-1/turn"


@dataclass
class Machines:
    """A machine that takes job orders and answers as a test says; what it was called for is kept."""

    answer: Answer = field(
        default_factory=lambda: Answer(outcome=Outcome.OK, said="Good, return status 0")
    )
    listed: list[MachineJob] | None = field(default_factory=list)
    calls: list[JobCall] = field(default_factory=list)

    def takes(self, machine: str) -> bool:
        """Say whether a machine takes job orders."""
        return machine == LATHE

    async def call(self, machine: str, call: JobCall, *, by: Identity) -> Answer:
        """Keep a call and answer it."""
        assert (machine, by.name) == (LATHE, "anna")
        self.calls.append(call)
        return self.answer

    async def jobs(self, machine: str) -> Sequence[MachineJob]:
        """Return what the machine lists; `listed` None is a machine that is away."""
        if self.listed is None:
            raise NotConnectedError(f"{machine} is away")
        return self.listed


def _counter(name: str, role: SignalRole) -> Signal:
    return Signal(
        path=f"{LATHE}/{name}", role=role, kind=SignalKind.COUNTER, data_type=DataType.INTEGER,
        counter_bits=16,
    )  # fmt: skip


class JobHouse:
    """A small shop whose lathe takes job orders; `again` is the gateway after a kill."""

    def __init__(self, store: Store, clock: ManualClock, plant: MemoryPlant) -> None:
        self.store, self.clock, self.plant = store, clock, plant
        self.archive = Archive(store, clock=clock)
        self.machines = Machines()
        self.executing = self._opened()
        self.good, self.reject = plant.catalogue.register(
            [
                _counter("good", SignalRole.GOOD_COUNT),
                _counter("bad", SignalRole.REJECT_COUNT),
            ]
        ).tolist()
        self.seq = 0

    def _opened(self) -> Executing:
        plant = self.plant
        floor = Floor(
            catalogue=plant.catalogue, latest=plant.store, presence=plant.presence,
            performance=plant.services.performance,
        )  # fmt: skip
        production = ProductionOptions.model_validate({"units": {LATHE: {"max_per_min": 120}}})
        return execution_over(
            self.store, self.clock, floor, issues=plant.issues, machines=self.machines,
            production=production,
        )  # fmt: skip

    def again(self) -> None:
        """Begin as a gateway does that knows nothing but its store."""
        self.executing = self._opened()

    async def look(self) -> None:
        """Let the gateway ask the machine once."""
        await self.executing.desk.prepare()
        watch = JobWatch(
            self.executing.desk, book=self.executing.book, machines=self.machines,
            options=ExecutionOptions(), clock=self.clock,
        )  # fmt: skip
        await watch.look()

    def chunk(self, *rows: tuple[float, int, float]) -> Chunk:
        """Return journaled readings of (seconds after the start, signal, value)."""
        self.seq += 1
        at = [EIGHT_NS + round(s * NS_PER_S) for s, _, _ in rows]
        batch = SampleBatch.of(
            signal=[each for _, each, _ in rows], source_ns=at, received_ns=at,
            value=[value for _, _, value in rows],
        )  # fmt: skip
        return Chunk(batch=batch, first_seq=self.seq, last_seq=self.seq)

    async def count(self, *rows: tuple[float, int, float]) -> None:
        """Let execution take journaled readings."""
        await self.executing.counts.write(self.chunk(*rows))

    async def seen(self, state: JobState, **more: Any) -> None:
        """Let the machine list the job in a state, and the gateway ask it."""
        self.machines.listed = [MachineJob(job=JOB, state=state, **more)]
        await self.look()

    async def state(self, job: str = JOB) -> JobState:
        """Return where a job is."""
        return (await self.executing.desk.detail(job)).job.run.state

    async def pieces(self) -> tuple[float, float]:
        """Return the good and rejected pieces booked to the job."""
        await self.executing.counts.flush()
        run = (await self.executing.desk.detail(JOB)).job.run
        return run.good, run.reject
