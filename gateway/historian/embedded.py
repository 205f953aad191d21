"""The embedded historian: every sample in DuckDB files that the gateway owns."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Generic, TypeVar

from gateway.clock import Clock
from gateway.errors import StorageError
from gateway.historian.duck import dump, maintain, read, write
from gateway.historian.duck.engine import Lane, Lanes, UncertainError, lock_directory
from gateway.historian.duck.parts import EMPTY_FIRST_NS
from gateway.historian.duck.store import Counts, Store
from gateway.historian.export import on_loop
from gateway.historian.options import EmbeddedOptions
from gateway.model import DeadLetter, SampleBatch
from gateway.ports import Buckets, Catalogue, Chunk, Progress

Result = TypeVar("Result")
_INVALIDATED = "has been invalidated"


class EmbeddedHistorian:
    """`Sink` and `History` over DuckDB files, one per span of received time; rows and cursor commit together."""

    name = "historian"

    def __init__(
        self,
        *,
        directory: Path,
        catalogue: Catalogue,
        clock: Clock,
        options: EmbeddedOptions,
        owner: IO[str],
    ) -> None:
        self._directory = directory
        self._catalogue = catalogue
        self._clock = clock
        self._options = options
        self._owner = owner
        self._lanes = Lanes()
        self._counts = Counts()
        self._store = self._open_store()
        self._doubtful = False

    @classmethod
    def open(
        cls, directory: Path, *, catalogue: Catalogue, clock: Clock, options: EmbeddedOptions
    ) -> EmbeddedHistorian:
        """Open the directory, creating it where it is missing; blocks, call it off the event loop.

        Damaged files are moved to `quarantine` and the cursor falls back, so that the journal refills them.
        Raises `StorageError` where another process owns the directory or the disk refuses.
        """
        owner = lock_directory(directory)
        try:
            return cls(
                directory=directory,
                catalogue=catalogue,
                clock=clock,
                options=options,
                owner=owner,
            )
        except BaseException:
            owner.close()
            raise

    async def cursor(self) -> int | None:
        """Return the last sequence number whose rows are all on disk here, 0 for none."""
        return self._store.seq

    async def write(self, chunk: Chunk) -> Sequence[DeadLetter]:
        """Store a chunk and the cursor in one transaction; a chunk that was stored before adds nothing."""
        return await self._lanes.run(Lane.WRITE, partial(self._write, chunk))

    async def buckets(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, max_points: int
    ) -> Sequence[Buckets]:
        """Return at most `max_points` buckets for each signal, in the order asked."""
        return await self._read(
            partial(
                read.buckets,
                signals=signals,
                start_ns=start_ns,
                end_ns=end_ns,
                max_points=max_points,
            )
        )

    async def rows(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, limit: int
    ) -> SampleBatch:
        """Return raw rows by source time, at most `limit`, oldest first."""
        return await self._read(
            partial(read.rows, signals=signals, start_ns=start_ns, end_ns=end_ns, limit=limit)
        )

    async def latest(self, signals: Sequence[int]) -> SampleBatch:
        """Return the newest row of each signal that has any."""
        return await self._read(partial(read.latest, signals=signals))

    async def count(self, signals: Sequence[int], *, start_ns: int, end_ns: int) -> int:
        """Return how many rows the range holds."""
        return await self._read(
            partial(read.count, signals=signals, start_ns=start_ns, end_ns=end_ns)
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
        return await self._read(
            partial(
                dump.export,
                signals=signals,
                start_ns=start_ns,
                end_ns=end_ns,
                target=target,
                progress=on_loop(progress),
                catalogue=self._catalogue,
            )
        )

    async def maintain(self, *, now_ns: int) -> None:
        """Re-cluster what is closed and drop what is past its age or size limit."""
        await self._lanes.run(Lane.UPKEEP, partial(maintain.maintain, self._store, now_ns=now_ns))

    def figures(self) -> dict[str, float]:
        """Return rows, bytes, files, oldest time and what was quarantined, dropped or found twice."""
        parts = self._store.snapshot()
        first_ns = min((part.first_ns for part in parts if part.rows), default=EMPTY_FIRST_NS)
        return {
            "rows": sum(part.rows for part in parts),
            "unclustered_rows": sum(part.hot_rows for part in parts),
            "bytes": sum(part.size_bytes() for part in parts),
            "files": len(parts),
            "oldest_ns": 0 if first_ns == EMPTY_FIRST_NS else first_ns,
            "written_rows": self._counts.written_rows,
            "duplicate_rows": self._counts.duplicates,
            "dropped_rows": self._counts.dropped_rows,
            "skipped_batches": self._counts.skipped_batches,
            "quarantined_files": self._counts.quarantined_files,
        }

    async def close(self) -> None:
        """Stop readers and upkeep, let a running write finish, release the files."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._store.engine.stop({Lane.READ, Lane.UPKEEP})
        self._lanes.close()
        self._store.engine.close()
        self._owner.close()

    def _open_store(self) -> Store:
        return Store.open(
            self._directory, options=self._options, clock=self._clock, counts=self._counts
        )

    def _write(self, chunk: Chunk) -> Sequence[DeadLetter]:
        if self._doubtful:
            # After a failed commit, or a fatal error (a full disk at the wrong moment), only the files know.
            self._store.engine.close()
            self._store = self._open_store()
            self._doubtful = False
        try:
            return write.write(self._store, chunk, catalogue=self._catalogue, clock=self._clock)
        except StorageError as error:
            self._doubtful = isinstance(error, UncertainError) or _INVALIDATED in str(error)
            raise

    async def _read(self, ask: Callable[[Store], Result]) -> Result:
        reading = _Reading(self._store, ask)
        return await self._lanes.run(Lane.READ, reading.run, stop=reading.stop)


class _Reading(Generic[Result]):
    """One question in a reader thread that can be stopped from outside."""

    def __init__(self, store: Store, ask: Callable[[Store], Result]) -> None:
        self._store = store
        self._ask = ask
        self._lock = threading.Lock()
        self._thread: int | None = None

    def run(self) -> Result:
        with self._lock:
            self._thread = threading.get_ident()
        try:
            return self._ask(self._store)
        finally:
            with self._lock:
                self._thread = None

    def stop(self) -> None:
        with self._lock:
            if self._thread is not None:
                self._store.engine.interrupt(self._thread)
