"""One DuckDB instance, the threads that may touch it, and the errors it gives translated into ours."""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, TypeVar

import duckdb

from gateway.errors import StorageError
from gateway.historian.options import EmbeddedOptions

Result = TypeVar("Result")
_STOP_POLL_S = 0.02


class UncertainError(StorageError):
    """A commit failed, and only the files know whether it happened: they must be opened anew before the next."""


class Lane(StrEnum):
    """Which thread a statement runs in, so that a long one never holds up the others."""

    WRITE = "write"
    UPKEEP = "upkeep"
    READ = "read"


_THREADS = {Lane.WRITE: 1, Lane.UPKEEP: 1, Lane.READ: 2}


class Engine:
    """The only owner of a DuckDB instance; every statement runs on a cursor of its own in one of the lanes."""

    def __init__(self, directory: Path, options: EmbeddedOptions) -> None:
        self._root = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{options.memory_limit_bytes // 1024}KiB",
                "threads": options.threads,
                "temp_directory": str(directory / "spill"),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        self._lock = threading.Lock()
        self._running: dict[duckdb.DuckDBPyConnection, tuple[Lane, int]] = {}
        self._refused: frozenset[Lane] = frozenset()

    @contextmanager
    def cursor(self, lane: Lane) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor for one piece of work; raises `StorageError` for whatever the database reports."""
        with self._lock:
            if lane in self._refused:
                raise StorageError("the historian is closing")
            cursor = self._root.cursor()
            self._running[cursor] = (lane, threading.get_ident())
        try:
            yield cursor
        except duckdb.Error as error:
            raise StorageError(f"historian: {error}") from error
        finally:
            with self._lock:
                del self._running[cursor]
                cursor.close()

    def interrupt(self, thread: int) -> None:
        """Stop the statement that a thread runs now; it ends in `StorageError` there."""
        with self._lock:
            for cursor, (_, owner) in self._running.items():
                if owner == thread:
                    cursor.interrupt()

    def stop(self, lanes: AbstractSet[Lane]) -> None:
        """Take no more work in some lanes and stop what runs there; return once it has ended."""
        while True:
            with self._lock:
                self._refused |= lanes
                left = [cursor for cursor, (lane, _) in self._running.items() if lane in lanes]
                # Again and again: work may be between two statements at this moment.
                for cursor in left:
                    cursor.interrupt()
            if not left:
                return
            time.sleep(_STOP_POLL_S)

    def close(self) -> None:
        """Stop everything and release the files."""
        self.stop(frozenset(Lane))
        self._root.close()


class Lanes:
    """The threads of the lanes; survives a change of engine."""

    def __init__(self) -> None:
        self._pools = {
            lane: ThreadPoolExecutor(count, thread_name_prefix=f"historian-{lane}")
            for lane, count in _THREADS.items()
        }
        self._closed = False

    async def run(
        self, lane: Lane, work: Callable[[], Result], *, stop: Callable[[], None] | None = None
    ) -> Result:
        """Run blocking work in a lane; `stop` is called until it ends where the caller is cancelled meanwhile."""
        if self._closed:
            raise StorageError("the historian is closed")
        job = self._pools[lane].submit(work)
        try:
            return await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            # Again and again: the work may be between two statements at this moment.
            while stop is not None and not job.done():
                stop()
                await asyncio.sleep(_STOP_POLL_S)
            raise

    def close(self) -> None:
        """Wait for the work that runs and end the threads."""
        self._closed = True
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)


def lock_directory(directory: Path) -> IO[str]:
    """Make this process the only owner of the directory; raises `StorageError` naming the owner's process id."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        held = (directory / "owner.lock").open("a+")
    except OSError as error:
        raise StorageError(f"historian directory {directory}: {error.strerror}") from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.seek(0)
        owner = held.read().strip() or "unknown"
        held.close()
        msg = f"historian directory {directory} belongs to the running process {owner}"
        raise StorageError(msg) from error
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held


def roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    """Undo the open transaction; nothing where a failed COMMIT has ended it already."""
    try:
        cursor.execute("ROLLBACK")
    except duckdb.TransactionException:
        return
