"""All historian files together: opening them whatever their state, beginning new ones, dropping old ones."""

# ruff: noqa: S608 - SQL is put together from our own table names and from numbers
from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np

from gateway.clock import NS_PER_S, Clock
from gateway.errors import StorageError
from gateway.historian.duck.engine import Engine, Lane
from gateway.historian.duck.newest import Newest
from gateway.historian.duck.parts import DRAFT, Part, attach, create, file_of, start_at
from gateway.historian.options import EmbeddedOptions

log = logging.getLogger(__name__)
_SIZE_SHARES = 8
"""A file closes at this share of the size limit, so that dropping one does not throw away most of history."""


@dataclass(slots=True)
class Counts:
    """What happened to rows and files since the start."""

    duplicates: int = 0
    skipped_batches: int = 0
    quarantined_files: int = 0
    dropped_rows: int = 0
    written_rows: int = 0


@dataclass(slots=True)
class Store:
    """The files in the order they were begun; the last one takes the rows and holds the cursor."""

    directory: Path
    options: EmbeddedOptions
    engine: Engine
    parts: list[Part] = field(default_factory=list)
    newest: Newest = field(default_factory=Newest)
    counts: Counts = field(default_factory=Counts)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(
        cls, directory: Path, *, options: EmbeddedOptions, clock: Clock, counts: Counts
    ) -> Store:
        """Open every file; what is damaged goes to `quarantine` and the cursor falls back to before it."""
        _remove_drafts(directory)
        store = cls(directory, options, Engine(directory, options), counts=counts)
        try:
            with store.engine.cursor(Lane.WRITE) as cursor:
                for path in sorted(directory.glob("samples-*.duckdb")):
                    store._admit(cursor, path, clock.now_ns())
                _repair_chain(cursor, store.parts)
                store._learn_newest(cursor)
        except BaseException:
            store.engine.close()
            raise
        return store

    @property
    def seq(self) -> int:
        """The cursor: the last sequence number whose rows are all on disk here."""
        return self.parts[-1].seq if self.parts else 0

    def snapshot(self) -> list[Part]:
        """Return the files as they are now."""
        with self.lock:
            return list(self.parts)

    def current(self, cursor: duckdb.DuckDBPyConnection, received_ns: int) -> Part:
        """Return the file that takes rows received at a time, beginning a new one where the last is full."""
        if self.parts and not self._full(self.parts[-1], received_ns):
            return self.parts[-1]
        number = self.parts[-1].number + 1 if self.parts else 1
        part = Part(
            number=number,
            path=file_of(self.directory, number),
            start_seq=self.seq,
            seq=self.seq,
            opened_ns=received_ns,
        )
        create(cursor, part)
        with self.lock:
            self.parts.append(part)
        return part

    def drop(self, part: Part) -> None:
        """Remove the oldest file whole; readers that use it finish first."""
        with self.engine.cursor(Lane.UPKEEP) as cursor:
            start_at(cursor, self.parts[1], 0)
            with self.lock:
                self.parts.remove(part)
            self.newest.forget(part.number)
            self.counts.dropped_rows += part.rows
            cursor.execute(f"DETACH DATABASE IF EXISTS {part.alias}")
        for path in (part.path, part.wal):
            path.unlink(missing_ok=True)

    def _full(self, part: Part, received_ns: int) -> bool:
        # A clock that stepped back by more than a span begins a file as well: spans stay comparable.
        if abs(received_ns - part.opened_ns) >= self.options.file_span_s * NS_PER_S:
            return True
        limit = self.options.retention_bytes
        return limit is not None and part.size_bytes() >= max(limit // _SIZE_SHARES, 1 << 20)

    def _admit(self, cursor: duckdb.DuckDBPyConnection, path: Path, now_ns: int) -> None:
        part = Part(number=int(path.stem.rpartition("-")[2]), path=path)
        while not attach(cursor, part):
            damaged = part.wal if part.wal.exists() else part.path
            place = self.directory / "quarantine"
            place.mkdir(exist_ok=True)
            damaged.rename(place / f"{damaged.name}.{now_ns}")
            self.counts.quarantined_files += 1
            log.error("historian file %s is damaged and was moved to %s", damaged.name, place)
            if damaged == part.path:
                return
        self.parts.append(part)

    def _learn_newest(self, cursor: duckdb.DuckDBPyConnection) -> None:
        for part in self.parts:
            found = cursor.execute(
                f"SELECT signal, max(t) t FROM (SELECT signal, last_ns t FROM {part.alias}.summary"
                f" UNION ALL SELECT signal, source_ns FROM {part.alias}.hot) GROUP BY signal"
            ).fetchnumpy()
            self.newest.note(
                np.asarray(found["signal"], np.int32),
                np.asarray(found["t"], np.int64),
                part=part.number,
            )


def _remove_drafts(directory: Path) -> None:
    """Remove files that were never whole; raises `StorageError` where the disk refuses."""
    try:
        for path in directory.glob(f"{DRAFT}samples-*"):
            path.unlink()
    except OSError as error:
        raise StorageError(f"historian directory {directory}: {error.strerror}") from error


def _repair_chain(cursor: duckdb.DuckDBPyConnection, parts: list[Part]) -> None:
    """Where a file ends before the next one began, or the first is missing, rows were lost: replay from there.

    The cursor is lowered first and the seam closed second, so that a crash between repeats the repair.
    """
    ends = [0, *(part.seq for part in parts)]
    seams = [(end, part) for end, part in zip(ends, parts, strict=False) if end < part.start_seq]
    if not seams:
        return
    last = parts[-1]
    last.seq = min(last.seq, *(end for end, _ in seams))
    log.error("historian files lack rows after batch %d: replaying from there", last.seq)
    cursor.execute(f"UPDATE {last.alias}.cursor SET seq = ?", [last.seq])
    for end, part in seams:
        start_at(cursor, part, end)
