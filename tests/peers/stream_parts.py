"""A scripted connector and a scripted sink: fakes at the ports, for faults no real peer produces on demand.

`supervise` sets a supervisor over the connector, in a house of real journal, ledger and catalogue.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.clock import ManualClock
from gateway.model import DeadLetter, Intake, SampleBatch, Signal
from gateway.ports import Chunk, Session
from gateway.status import ConnectorFigures, SourceTrouble, UnknownSource
from gateway.stream.catalogue import JournalCatalogue
from gateway.stream.journal import Journal
from gateway.stream.ledger import GapLedger
from gateway.stream.options import (
    BackOffOptions,
    JournalOptions,
    StampOptions,
    SupervisorOptions,
)
from gateway.stream.stamp import Stamper
from gateway.stream.supervise import Supervisor

T = 1_767_225_600_000_000_000
S = 1_000_000_000


def rows(
    *times_s: float, signal: int = 0, quality: int = 0, received_s: float | None = None
) -> SampleBatch:
    times = [T + round(t * S) for t in times_s]
    return SampleBatch.of(
        signal=[signal] * len(times),
        source_ns=times,
        value=[float(t) for t in times_s],
        received_ns=times[-1] if received_s is None else T + round(received_s * S),
        quality=quality,
    )


class ScriptedConnector:
    """Plays a script: each `connect` takes the next entry of `sessions`, each `read` the next of `feed`.

    An exception in either is raised; `None` in `feed` (and its end) waits for more.
    """

    name, kind, target = "press", "fake", "fake://press"

    def __init__(self, *, signals: Sequence[int] = (0, 1)):
        self.sessions: deque[object] = deque()
        self.feed: asyncio.Queue[object] = asyncio.Queue()
        self.acked: list[object] = []
        self.connects = self.closes = 0
        self.ack_error: Exception | None = None
        self.close_error: Exception | None = None
        self.trouble: tuple[SourceTrouble, ...] = ()
        self._signals = signals

    def give(self, *entries: object) -> None:
        for entry in entries:
            self.feed.put_nowait(entry)

    async def connect(self) -> Session:
        self.connects += 1
        entry = self.sessions.popleft() if self.sessions else Session(resumed=False)
        if isinstance(entry, BaseException):
            raise entry
        if entry == "hang":
            await asyncio.Event().wait()
        assert isinstance(entry, Session)
        return entry

    async def read(self) -> Intake:
        entry = await self.feed.get()
        if isinstance(entry, BaseException):
            raise entry
        assert isinstance(entry, Intake)
        return entry

    async def acknowledge(self, receipt: object) -> None:
        if self.ack_error is not None:
            raise self.ack_error
        self.acked.append(receipt)

    async def close(self) -> None:
        self.closes += 1
        if self.close_error is not None:
            raise self.close_error

    def signals(self) -> Sequence[int]:
        return self._signals

    def figures(self) -> ConnectorFigures:
        return ConnectorFigures(queue_depth=1, queue_limit=2, extra={"own": 3.0})

    def troubles(self) -> Sequence[SourceTrouble]:
        return self.trouble

    def unknown_sources(self) -> Sequence[UnknownSource]:
        return (UnknownSource(source="x", count=1, first_ns=1, last_ns=1, sample=b""),)


class ScriptedSink:
    """Takes chunks; the next entries of `script` are raised, waited for ("hang") or returned as dead letters."""

    def __init__(self, name: str = "sink", *, own: int | None = None):
        self.name = name
        self.own = own
        self.script: deque[object] = deque()
        self.cursor_script: deque[BaseException] = deque()
        self.chunks: list[Chunk] = []
        self.tried: list[int] = []
        self.closed = 0

    async def cursor(self) -> int | None:
        if self.cursor_script:
            raise self.cursor_script.popleft()
        return self.own

    async def write(self, chunk: Chunk) -> Sequence[DeadLetter]:
        self.tried.append(chunk.last_seq)
        entry = self.script.popleft() if self.script else ()
        if isinstance(entry, BaseException):
            raise entry
        if entry == "hang":
            await asyncio.Event().wait()
        self.chunks.append(chunk)
        return entry  # type: ignore[return-value]

    async def close(self) -> None:
        self.closed += 1

    def times_s(self) -> list[float]:
        return [t for chunk in self.chunks for t in ((chunk.batch.source_ns - T) / S).tolist()]


class House:
    """Journal, catalogue with two signals, ledger and clock."""

    def __init__(self, directory: Path, **changes):
        self.clock = ManualClock()
        options = JournalOptions(group_ms=0, retry_ms=10, ballast_bytes=0, **changes)
        self.journal = Journal.open(directory, clock=self.clock, options=options)
        self.catalogue = JournalCatalogue(self.journal)
        self.catalogue.register([Signal(path=f"s/a/l/m/{n}") for n in ("a", "b")])
        self.ledger = GapLedger(self.journal)

    async def close(self) -> None:
        self.ledger.close()
        self.catalogue.close()
        await self.journal.close()

    def gaps(self) -> list[tuple[int, float, float | None, str]]:
        found = self.ledger.gaps(None, start_ns=0, end_ns=2**62, limit=100)
        return sorted(
            (
                g.signal,
                (g.start_ns - T) / S,
                None if g.end_ns is None else (g.end_ns - T) / S,
                g.state.value,
            )
            for g in found
        )

    async def journaled(self) -> list[float]:
        out: list[float] = []
        after = 0
        while (chunk := await self.journal.read(after, max_rows=10**6)) is not None:
            out += ((chunk.batch.source_ns - T) / S).tolist()
            after = chunk.last_seq
        return out


@asynccontextmanager
async def house(directory: Path, **changes):
    built = House(directory, **changes)
    try:
        yield built
    finally:
        await built.close()


async def until(condition, timeout_s: float = 5.0) -> None:
    """Wait for something that real threads or tasks bring about."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.001)


async def advance_until(
    clock: ManualClock, condition, *, step_s: float = 0.5, limit_s: float = 600
) -> None:
    """Turn the clock until something has happened."""
    spent = 0.0
    while not condition():
        assert spent < limit_s, "it did not happen in time"
        await clock.advance(step_s)
        spent += step_s
        await asyncio.sleep(0.002)


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


OPTIONS = SupervisorOptions(
    back_off=BackOffOptions(min_s=1, max_s=8), silent_reconnect_s=30.0, stable_after_s=10.0
)


def supervise(connector, parts: House, *, away: str = "", **changes) -> Supervisor:
    return Supervisor(
        connector,
        journal=parts.journal,
        catalogue=parts.catalogue,
        clock=parts.clock,
        options=OPTIONS.model_copy(update=changes),
        stamp=Stamper(options=StampOptions()),
        ledger=parts.ledger,
        away=away,
        rng=random.Random(1),
    )


def intake(*times_s: float, receipt: object = None, **fields) -> Intake:
    return Intake(batch=rows(*times_s, **fields), receipt=receipt)


__all__ = [
    "House",
    "ScriptedConnector",
    "ScriptedSink",
    "advance_until",
    "house",
    "intake",
    "rows",
    "stop",
    "supervise",
    "until",
]
