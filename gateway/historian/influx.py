"""The InfluxDB historian: rows written from the journal's cursor, read back by InfluxQL."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from gateway.clock import Clock
from gateway.errors import BackOffError, NotConnectedError, RefusedError
from gateway.failpoint import failpoint
from gateway.historian.export import on_loop
from gateway.historian.letters import letter, part_storable
from gateway.historian.options import InfluxOptions
from gateway.historian.wire import dump
from gateway.historian.wire.deliver import Delivery
from gateway.historian.wire.detached import detached
from gateway.historian.wire.http import Server
from gateway.historian.wire.influxql import Reader
from gateway.historian.wire.line import LineWriter
from gateway.model import DeadLetter, SampleBatch
from gateway.ports import Buckets, Catalogue, Chunk, Progress


class InfluxHistorian:
    """`Sink` and `History` over an InfluxDB server; a row written twice is the same row (series and time)."""

    name = "historian"

    def __init__(self, options: InfluxOptions, *, catalogue: Catalogue, clock: Clock) -> None:
        self._options = options
        self._catalogue = catalogue
        self._clock = clock
        self._server = Server(options, clock=clock)
        self._reader = Reader(self._server, catalogue=catalogue, measurement=options.measurement)
        self._lines = LineWriter(catalogue, measurement=options.measurement)
        self._delivery = Delivery(self._send, options.batch_rows)
        self._figures = {
            "connected": 0.0,
            "last_success_ns": 0.0,
            "requests": 0.0,
            "written_rows": 0.0,
            "dead_rows": 0.0,
            "failures": 0.0,
            "failures_in_a_row": 0.0,
        }

    async def cursor(self) -> int | None:
        """Return None: the journal keeps the cursor and moves it on success only."""
        return None

    async def write(self, chunk: Chunk) -> Sequence[DeadLetter]:
        """Store a chunk; return the rows that the server will never take, each with the server's reason."""
        return await detached(partial(self._write, chunk))

    async def buckets(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, max_points: int
    ) -> Sequence[Buckets]:
        """Return at most `max_points` buckets for each signal, in the order asked."""
        return await detached(
            partial(
                self._reader.buckets,
                signals,
                start_ns=start_ns,
                end_ns=end_ns,
                max_points=max_points,
            )
        )

    async def rows(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, limit: int
    ) -> SampleBatch:
        """Return raw rows by source time, at most `limit`, oldest first."""
        return await detached(
            partial(self._reader.rows, signals, start_ns=start_ns, end_ns=end_ns, limit=limit)
        )

    async def latest(self, signals: Sequence[int]) -> SampleBatch:
        """Return the newest row of each signal that has any."""
        return await detached(partial(self._reader.latest, signals))

    async def count(self, signals: Sequence[int], *, start_ns: int, end_ns: int) -> int:
        """Return how many rows the range holds."""
        return await detached(
            partial(self._reader.count, signals, start_ns=start_ns, end_ns=end_ns)
        )

    async def export(
        self,
        signals: Sequence[int],
        *,
        start_ns: int,
        end_ns: int,
        target: Path,
        progress: Progress,
    ) -> int:
        """Write the range to `target` (`.csv` or `.parquet`), whole or not at all; return the rows written.

        `progress` is called on the event loop.
        """
        work = partial(
            dump.export,
            self._reader,
            signals,
            start_ns=start_ns,
            end_ns=end_ns,
            target=target,
            progress=on_loop(progress),
            catalogue=self._catalogue,
        )
        return await detached(work)

    async def maintain(self, *, now_ns: int) -> None:
        """Do nothing: retention and compaction are the server's own."""

    def figures(self) -> dict[str, float]:
        """Return whether the last request reached the server, and what was sent since the start."""
        return dict(self._figures)

    async def close(self) -> None:
        """Release the connections; nothing is buffered here."""
        await detached(self._server.close)

    def _write(self, chunk: Chunk) -> Sequence[DeadLetter]:
        batch, unencodable = part_storable(
            chunk.batch, catalogue=self._catalogue, clock=self._clock
        )
        lines = self._lines.lines(batch)
        wrong = self._delivery.deliver(lines)
        failpoint("historian.after_stored")
        letters = tuple(
            letter(
                source=self._catalogue.signal(int(batch.signal[row])).path,
                reason=reason,
                payload=lines[row],
                now_ns=self._clock.now_ns(),
            )
            for row, reason in wrong
        )
        self._figures["written_rows"] += len(lines) - len(wrong)
        self._figures["dead_rows"] += len(letters) + len(unencodable)
        return (*unencodable, *letters)

    def _send(self, body: bytes) -> None:
        self._figures["requests"] += 1
        try:
            self._server.write(body)
        except (NotConnectedError, BackOffError, RefusedError):
            self._figures["connected"] = 0.0
            self._figures["failures"] += 1
            self._figures["failures_in_a_row"] += 1
            raise
        self._figures["connected"] = 1.0
        self._figures["failures_in_a_row"] = 0.0
        self._figures["last_success_ns"] = float(self._clock.now_ns())
