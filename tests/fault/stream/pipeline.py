"""A child process with the whole way: a peer that delivers again what was not acknowledged, journal, sink.

The peer's memory is a file with what was acknowledged; the sink is a database that keeps one row a key.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import apsw

from gateway.clock import SystemClock
from gateway.model import DeadLetter, Intake, SampleBatch, Signal
from gateway.ports import Chunk, Session
from gateway.status import ConnectorFigures, SourceTrouble, UnknownSource
from gateway.stream.catalogue import JournalCatalogue
from gateway.stream.deliver import Delivery
from gateway.stream.journal import Journal
from gateway.stream.ledger import GapLedger
from gateway.stream.options import DeliveryOptions, JournalOptions, StampOptions, SupervisorOptions
from gateway.stream.stamp import Stamper
from gateway.stream.supervise import Supervisor

COUNT = 300
START_NS = 1_767_225_600_000_000_000


def message(number: int) -> SampleBatch:
    """Three rows; the last two share a source time, as coarse clocks make them."""
    base = START_NS + number * 1_000_000
    return SampleBatch.of(
        signal=[0, 1, 1],
        source_ns=[base, base, base],
        value=[number, number, number + 0.5],
        received_ns=START_NS + 10**12,
    )


class Peer:
    """Delivers messages in order from the first that was not acknowledged."""

    name, kind, target = "peer", "test", "test://peer"

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._next = 0

    async def connect(self) -> Session:
        self._next = int(self._memory.read_text()) if self._memory.exists() else 0
        return Session(resumed=True)

    async def read(self) -> Intake:
        if self._next >= COUNT:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        number, self._next = self._next, self._next + 1
        return Intake(batch=message(number), receipt=number)

    async def acknowledge(self, receipt: object) -> None:
        new = self._memory.with_suffix(".new")
        new.write_text(str(int(str(receipt)) + 1))
        new.rename(self._memory)

    async def close(self) -> None:
        return

    def signals(self) -> Sequence[int]:
        return (0, 1)

    def figures(self) -> ConnectorFigures:
        return ConnectorFigures()

    def troubles(self) -> Sequence[SourceTrouble]:
        return ()

    def unknown_sources(self) -> Sequence[UnknownSource]:
        return ()


class Table:
    """Keeps one row a key and refuses to change it; its cursor is the journal's."""

    name = "table"

    def __init__(self, path: Path) -> None:
        self._db = apsw.Connection(str(path))
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS r (signal, ns, value, UNIQUE (signal, ns, value))"
        ).fetchall()

    async def cursor(self) -> int | None:
        return None

    async def write(self, chunk: Chunk) -> Sequence[DeadLetter]:
        batch = chunk.batch
        rows = zip(
            batch.signal.tolist(), batch.source_ns.tolist(), batch.value.tolist(), strict=True
        )
        with self._db:
            self._db.executemany("INSERT OR IGNORE INTO r VALUES (?, ?, ?)", rows)
        return ()

    async def close(self) -> None:
        self._db.close()


async def main(directory: Path) -> None:
    clock = SystemClock()
    journal = Journal.open(
        directory, clock=clock, options=JournalOptions(group_ms=1, ballast_bytes=0)
    )
    catalogue = JournalCatalogue(journal)
    catalogue.register([Signal(path="s/a/l/m/a"), Signal(path="s/a/l/m/b")])
    stamp = Stamper(options=StampOptions())
    stamp.prime(await journal.tail(10_000))
    supervisor = Supervisor(
        Peer(directory / "acked"),
        journal=journal,
        catalogue=catalogue,
        clock=clock,
        options=SupervisorOptions(max_in_flight=4),
        stamp=stamp,
        ledger=GapLedger(journal),
    )
    delivery = Delivery(
        Table(directory / "table.db"),
        journal=journal,
        clock=clock,
        options=DeliveryOptions(linger_s=0),
    )
    journal.register_consumers([delivery.name])
    await delivery.prepare()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(supervisor.run()), group.create_task(delivery.run())]
        acked = directory / "acked"
        async with asyncio.timeout(30):
            while (  # noqa: ASYNC110 - files have no event
                not acked.exists()
                or acked.read_text() != str(COUNT)
                or journal.cursor("table") < journal.head
            ):
                await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
    await journal.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
