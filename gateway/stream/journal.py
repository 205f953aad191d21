"""The durable middle: what was appended is on disk, in order, until every registered consumer has taken it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

import apsw
import numpy as np
from numpy.typing import NDArray

from gateway.clock import Clock
from gateway.errors import StorageError
from gateway.model import DeadLetter, Gap, GapState, Intake, SampleBatch
from gateway.ports import Chunk
from gateway.status import StageState, StageStatus
from gateway.stream.codec import decode
from gateway.stream.disk import schema
from gateway.stream.disk.ballast import Ballast
from gateway.stream.disk.quarantine import Quarantine
from gateway.stream.disk.salvage import repair, sound
from gateway.stream.disk.store import Store
from gateway.stream.disk.writer import JournalState, Work, WorkKind, Writer, WriterFigures
from gateway.stream.link.ages import newest_of
from gateway.stream.link.rates import RateMeter
from gateway.stream.options import JournalOptions
from gateway.stream.ring import Ring, chunk_of

T = TypeVar("T")
_BATCHES_AT_ONCE = 10_000
_NO_BATCH = SampleBatch.empty()


class Journal:
    """Implements `Tail`. Built by `open`, used from one event loop, ended by `close`.

    While the journal is full of untaken data or the disk refuses, `append` waits and nothing is acknowledged;
    `state` and `error` say so, and it goes on by itself.
    """

    def __init__(
        self,
        directory: Path,
        *,
        store: Store,
        clock: Clock,
        options: JournalOptions,
        quarantine: Quarantine,
    ) -> None:
        self.directory = directory
        self.options = options
        self.quarantine = quarantine
        self.stopped_cleanly = store.marked("stopped_cleanly") == 1
        self.is_new = store.head == 0
        self._clock = clock
        self._ring = Ring(max_rows=options.ring_rows)
        self._rate = RateMeter(clock)
        self._head = store.head
        self._cursors = dict(store.cursors)
        self._last_ns = store.last_ns.copy()
        self._waiters: set[asyncio.Future[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self._read_db: apsw.Connection | None = None
        self._writer = Writer(
            store,
            clock=clock,
            options=options,
            ballast=Ballast(directory / "journal.ballast", size_bytes=options.ballast_bytes),
            done=self._done,
        )
        self._writer.start()
        self._writer.submit(
            Work(kind=WorkKind.UPKEEP, apply=lambda store: store.mark("stopped_cleanly", 0))
        )

    @classmethod
    def open(cls, directory: Path, *, clock: Clock, options: JournalOptions) -> Journal:
        """Open or create the journal of a data directory, repairing what is damaged.

        Raises `StorageError` where the directory cannot be written at all.
        """
        quarantine = Quarantine(directory)
        try:
            directory.mkdir(parents=True, exist_ok=True)
            repair(
                directory,
                quarantine,
                now_ns=clock.now_ns(),
                check_max_bytes=options.check_max_bytes,
            )
            store = Store(directory, options)
        except schema.REFUSALS as exc:
            msg = f"{directory}: the journal cannot be opened: {exc}"
            raise StorageError(msg) from exc
        return cls(directory, store=store, clock=clock, options=options, quarantine=quarantine)

    @property
    def head(self) -> int:
        """The newest committed sequence number, 0 before the first."""
        return self._head

    @property
    def state(self) -> JournalState:
        """How the journal is doing now."""
        return self._writer.figures.state

    @property
    def error(self) -> str:
        """Why it is full or failing; empty while it works."""
        return self._writer.figures.error

    @property
    def rows_total(self) -> int:
        """Rows ever journaled."""
        return self._writer.figures.rows_total

    async def append(self, intake: Intake, *, ended: Sequence[Gap] = ()) -> int:
        """Return the batch's sequence number once rows, dead letters, losses and ended gaps are on disk, together."""
        return await self.submit(intake, ended=ended)

    def submit(self, intake: Intake, *, ended: Sequence[Gap] = ()) -> asyncio.Future[int]:
        """Hand an intake over in the order of calls; the future is done once it is on disk."""
        batch = intake.batch

        def apply(store: Store) -> int:
            seq = store.append(batch, time_ns=self._clock.now_ns()) if len(batch) else store.head
            store.bury(intake.dead_letters)
            for loss in intake.losses:
                store.add_gap(
                    Gap(
                        signal=loss.signal,
                        start_ns=loss.start_ns,
                        end_ns=loss.end_ns,
                        state=GapState.LOST,
                        cause=loss.cause,
                    )
                )
            for gap in ended:
                store.close_gap(gap)
            return seq

        rows = len(batch) + len(intake.dead_letters) + len(intake.losses) + len(ended)
        # A receipt alone still waits for what was handed over before it: its rows may be repeats of those.
        if rows == 0 and intake.receipt is None:
            done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            done.set_result(self._head)
            return done
        return self._hand_over(WorkKind.INTAKE, apply, rows=rows, batch=batch)

    async def bury(self, dead_letters: Iterable[DeadLetter]) -> None:
        """Return once these dead letters are on disk."""
        letters = tuple(dead_letters)
        if letters:
            await self.execute(lambda store: store.bury(letters))

    async def advance(self, consumer: str, seq: int) -> None:
        """Return once it is on disk that a consumer holds everything up to `seq`."""
        await self.execute(lambda store: store.advance(consumer, seq))
        self._cursors[consumer] = max(seq, self._cursors.get(consumer, 0))

    async def raise_head(self, seq: int) -> None:
        """Give no sequence number up to `seq` any more: a consumer holds newer ones than this journal knows."""
        await self.execute(lambda store: store.raise_head(seq))
        self._head = max(self._head, seq)

    async def execute(self, apply: Callable[[Store], T]) -> T:
        """Run something in the writer's next transaction and return its result once that is on disk."""
        return await self._hand_over(WorkKind.UPKEEP, apply, rows=1, batch=_NO_BATCH)

    def cursor(self, consumer: str) -> int:
        """Return up to where a consumer has taken everything, 0 before its first `advance`."""
        return self._cursors.get(consumer, 0)

    def register_consumers(self, names: Iterable[str]) -> None:
        """Name the durable consumers whose cursors retention respects; before this nothing is discarded."""
        consumers = frozenset(names)
        self._writer.submit(
            Work(kind=WorkKind.UPKEEP, apply=lambda store: store.register(consumers))
        )

    def last_source_ns(self) -> NDArray[np.int64]:
        """Return the source time of each signal's last journaled row, by index; 0 where there is none."""
        return self._last_ns.copy()

    async def wait(self, after: int) -> None:
        """Return once `head` is greater than `after`."""
        while self._head <= after:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await waiter
            finally:
                self._waiters.discard(waiter)

    async def read(self, after: int, *, max_rows: int) -> Chunk | None:
        """Return the batches that follow `after`, or None where there are none yet.

        Raises `StorageError` where the disk refuses.
        """
        head = self._head
        if after >= head:
            return None
        near = self._ring.read(after, max_rows=max_rows)
        if near is not None:
            return near
        parts, bad = await self._in_reader(lambda db: _fetch(db, after, max_rows))
        for row in bad:
            await self._set_aside(row)
        if not parts:
            # Everything up to the head was removed or damaged: an empty chunk lets the reader go on.
            return Chunk(batch=SampleBatch.empty(), first_seq=head, last_seq=head)
        return chunk_of(parts)

    async def seq_behind(self, rows: int) -> int:
        """Return the sequence number after which at most about `rows` rows follow."""
        return await self._in_reader(lambda db: _seq_behind(db, rows))

    async def tail(self, rows: int) -> SampleBatch:
        """Return about the newest `rows` rows, to prime what follows the journal from now on."""
        after = await self.seq_behind(rows)
        parts: list[SampleBatch] = []
        while (chunk := await self.read(after, max_rows=rows)) is not None:
            parts.append(chunk.batch)
            after = chunk.last_seq
        return SampleBatch.concat(parts)

    async def rows_until(self, seq: int) -> int:
        """Return how many rows were ever journaled up to and including a sequence number."""
        return await self.execute(lambda store: store.rows_until(seq))

    def status(self) -> StageStatus:
        """Return the journal as a stage: how far its slowest consumer is behind, its size and its counts."""
        now = self._writer.figures
        states = {
            JournalState.WORKING: StageState.WORKING,
            JournalState.FULL: StageState.FAILING,
            JournalState.FAILING: StageState.FAILING,
            JournalState.CLOSED: StageState.STOPPED,
        }
        prefix = "full: " if now.state is JournalState.FULL else ""
        return StageStatus(
            name="journal",
            kind="journal",
            state=states[now.state],
            since_ns=now.since_ns,
            last_error=prefix + now.error,
            behind_rows=max(0, now.rows_total - now.slowest_rows) if now.slowest else 0,
            behind_s=0.0,
            rows=now.rows_total,
            rows_per_s=self._rate.per_s(),
            figures=_figures(now, self.options, self.quarantine),
        )

    async def close(self) -> None:
        """Finish what was handed over, note the clean stop and release the file; a second call does nothing."""
        if self._closed:
            return
        self._writer.submit(
            Work(kind=WorkKind.UPKEEP, apply=lambda store: store.mark("stopped_cleanly", 1))
        )
        self._closed = True
        self._writer.close()
        await asyncio.to_thread(self._writer.join)
        await asyncio.get_running_loop().run_in_executor(self._reader, self._close_reader)
        self._reader.shutdown()

    def _hand_over(
        self, kind: WorkKind, apply: Callable[[Store], T], *, rows: int, batch: SampleBatch
    ) -> asyncio.Future[T]:
        loop = self._loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if self._closed:
            future.set_exception(StorageError("the journal is closed"))
            return future
        self._writer.submit(Work(kind=kind, apply=apply, token=(future, batch), rows=rows))
        return future

    def _done(self, works: Sequence[Work]) -> None:
        loop = self._loop
        waited_for = [work for work in works if work.token is not None]
        if loop is None or not waited_for:
            return
        try:
            loop.call_soon_threadsafe(self._settle, waited_for)
        except RuntimeError:
            # The loop has ended without `close`: the work is on disk, and nobody waits for it any more.
            return

    def _settle(self, works: Sequence[Work]) -> None:
        for work in works:
            future, batch = cast("tuple[asyncio.Future[object], SampleBatch]", work.token)
            if work.error is not None:
                if not future.done():
                    future.set_exception(work.error)
                continue
            if len(batch):
                seq = cast("int", work.result)
                self._ring.push(replace(batch, seq=seq))
                self._head = max(self._head, seq)
                self._last_ns = newest_of(self._last_ns, batch)
                self._rate.add(len(batch))
            if not future.done():
                future.set_result(work.result)
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def _in_reader(self, job: Callable[[apsw.Connection], T]) -> T:
        def run() -> T:
            if self._read_db is None:
                self._read_db = schema.connect(self.directory)
            return job(self._read_db)

        if self._closed:
            raise StorageError("the journal is closed")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._reader, run)
        except schema.REFUSALS as exc:
            msg = f"the journal cannot be read: {type(exc).__name__}: {exc}"
            raise StorageError(msg) from exc

    async def _set_aside(self, row: tuple[apsw.SQLiteValue, ...]) -> None:
        await asyncio.to_thread(self.quarantine.put, row, "checksum does not match")
        seq = cast("int", row[0])
        await self.execute(lambda store: store.drop(seq))

    def _close_reader(self) -> None:
        if self._read_db is not None:
            self._read_db.close()
            self._read_db = None


def _fetch(
    db: apsw.Connection, after: int, max_rows: int
) -> tuple[list[SampleBatch], list[tuple[apsw.SQLiteValue, ...]]]:
    parts: list[SampleBatch] = []
    bad: list[tuple[apsw.SQLiteValue, ...]] = []
    rows = 0
    sql = "SELECT * FROM batch WHERE seq > ? ORDER BY seq LIMIT ?"
    with closing(db.cursor()) as cursor:
        for row in cursor.execute(sql, (after, _BATCHES_AT_ONCE)):
            if not sound(row):
                bad.append(row)
                continue
            rows += row[2]
            if parts and rows > max_rows:
                break
            parts.append(decode(row[7], seq=row[0]))
    return parts, bad


def _seq_behind(db: apsw.Connection, rows: int) -> int:
    total = schema.number(db, "SELECT rows_before + row_count FROM batch ORDER BY seq DESC LIMIT 1")
    return schema.number(
        db,
        "SELECT seq FROM batch WHERE rows_before + row_count <= ? ORDER BY seq DESC LIMIT 1",
        total - rows,
    )


def _figures(
    now: WriterFigures, options: JournalOptions, quarantine: Quarantine
) -> dict[str, float]:
    return {
        "bytes": now.held_bytes,
        "bytes_limit": options.max_bytes,
        "commits": now.commits,
        "refusals": now.refusals,
        "waiting": now.waiting,
        "discarded_batches": now.discarded,
        "dead_letters": now.dead_letters,
        "dead_letters_removed": now.dead_letters_removed,
        "gaps": now.gaps,
        "gaps_removed": now.gaps_removed,
        "quarantined": quarantine.count,
        "head": now.head,
    }


__all__ = ["Journal", "JournalState"]
