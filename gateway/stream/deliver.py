"""One consumer fed from the journal: nothing is skipped, and nothing counts as taken before it is."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence

from gateway.clock import NS_PER_S, Clock
from gateway.errors import BackOffError, NotConnectedError, StorageError
from gateway.failpoint import failpoint
from gateway.model import DeadLetter
from gateway.ports import Chunk, Sink
from gateway.status import StageState, StageStatus
from gateway.stream.journal import Journal
from gateway.stream.link.backoff import BackOff
from gateway.stream.link.deadline import within
from gateway.stream.link.rates import RateMeter
from gateway.stream.link.words import reason
from gateway.stream.options import DeliveryOptions

_log = logging.getLogger(__name__)
_EXPECTED = (NotConnectedError, BackOffError, StorageError, TimeoutError)


class Delivery:
    """Follows the journal from the sink's cursor (or the one the journal keeps for it), until cancelled.

    The same chunk is tried for ever. Rows that the sink says it can never store are dead letters before the
    cursor moves. A sink that hangs or fails holds up nobody but itself.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        journal: Journal,
        clock: Clock,
        options: DeliveryOptions,
        kind: str = "sink",
        rng: random.Random | None = None,
    ) -> None:
        self._sink = sink
        self._journal = journal
        self._clock = clock
        self._options = options
        self._kind = kind
        self._back_off = BackOff(options.back_off, rng=rng or random.Random())  # noqa: S311 - spreads retries
        self._rate = RateMeter(clock)
        self._state = StageState.STARTING
        self._since_ns = clock.now_ns()
        self._error = ""
        self._cursor: int | None = None
        self._chunk: Chunk | None = None
        self._rows_before = self._rows = self._chunks = self._retries = 0
        self._dead_letters = self._skipped = 0

    @property
    def name(self) -> str:
        """The sink's name, which is also its consumer name in the journal."""
        return self._sink.name

    async def prepare(self) -> None:
        """Find where to go on; call it before the first connector starts, or `run` does.

        Where the sink holds newer rows than this journal knows (the journal was lost), no number that the sink
        has seen is given again. Raises what the sink raises.
        """
        own = await within(self._clock, self._options.write_timeout_s, self._sink.cursor())
        cursor = self._journal.cursor(self.name) if own is None else own
        if cursor > self._journal.head:
            _log.warning(
                "%s holds %d, the journal knows %d only: going on after the former",
                self.name,
                cursor,
                self._journal.head,
                extra={"stage": self.name},
            )
            await self._journal.raise_head(cursor)
        self._rows_before = await self._journal.rows_until(cursor)
        if cursor > self._journal.cursor(self.name):
            await self._journal.advance(self.name, cursor)
        self._cursor = cursor

    async def run(self) -> None:
        """Deliver until cancelled, then let the sink flush and release."""
        try:
            while self._cursor is None:
                await self._try_prepare()
            self._to(StageState.WORKING)
            while True:
                await self._next(self._cursor)
        finally:
            self._to(StageState.STOPPED)
            await self._close_sink()

    async def _close_sink(self) -> None:
        try:
            await self._sink.close()
        except _EXPECTED as exc:
            # Nothing is lost: the journal still holds what the sink has not confirmed, and gives it again.
            _log.warning(
                "%s could not write its last: %s",
                self.name,
                reason(exc),
                extra={"stage": self.name},
            )

    def status(self) -> StageStatus:
        """Return state, figures and how far behind the head this consumer is."""
        behind_rows = max(0, self._journal.rows_total - self._rows_before - self._rows)
        return StageStatus(
            name=self.name,
            kind=self._kind,
            state=self._state,
            since_ns=self._since_ns,
            last_error=self._error,
            behind_rows=behind_rows,
            behind_s=self._behind_s(),
            rows=self._rows,
            rows_per_s=self._rate.per_s(),
            figures={
                "cursor": self._cursor or 0,
                "chunks": self._chunks,
                "retries": self._retries,
                "dead_letters": self._dead_letters,
                "skipped_batches": self._skipped,
            },
        )

    async def _next(self, after: int) -> None:
        """Take the next chunk from the journal all the way into the sink."""
        await self._journal.wait(after)
        if self._options.linger_s and self.status().behind_rows < self._options.chunk_rows:
            await self._clock.sleep(self._options.linger_s)
        chunk = await self._retry_read(after)
        if chunk is None:
            return
        self._chunk = chunk
        if after and chunk.first_seq > after + 1:
            self._skipped += chunk.first_seq - after - 1
            _log.error(
                "%s: the journal no longer holds %d to %d",
                self.name,
                after + 1,
                chunk.first_seq - 1,
                extra={"stage": self.name},
            )
        await self._deliver(chunk)
        self._chunk = None

    async def _deliver(self, chunk: Chunk) -> None:
        # 1. The sink stores the rows, and its own cursor with them where it keeps one.
        letters = await self._write(chunk)
        failpoint("deliver.after_write")
        # 2. What it can never store is on disk as dead letters.
        await self._journal.bury(letters)
        failpoint("deliver.after_bury")
        # 3. Only now does the cursor move; a crash before this repeats the chunk, which has the effect of once.
        await self._journal.advance(self.name, chunk.last_seq)
        self._cursor = chunk.last_seq
        self._rows += len(chunk.batch)
        self._chunks += 1
        self._dead_letters += len(letters)
        self._rate.add(len(chunk.batch))

    async def _write(self, chunk: Chunk) -> Sequence[DeadLetter]:
        """Repeat the same chunk until the sink has taken it."""
        if len(chunk.batch) == 0:
            return ()
        while True:
            try:
                letters = await within(
                    self._clock, self._options.write_timeout_s, self._sink.write(chunk)
                )
            except Exception as exc:  # noqa: BLE001 - this supervises the sink; its fault must not end the gateway
                await self._failed(exc)
            else:
                self._worked()
                return letters

    async def _retry_read(self, after: int) -> Chunk | None:
        while True:
            try:
                return await self._journal.read(after, max_rows=self._options.chunk_rows)
            except StorageError as exc:
                await self._failed(exc)

    async def _try_prepare(self) -> None:
        try:
            await self.prepare()
        except Exception as exc:  # noqa: BLE001 - as above
            await self._failed(exc)
        else:
            self._worked()

    async def _failed(self, error: Exception) -> None:
        """Take note and wait before the same is tried again."""
        unexpected = None if isinstance(error, _EXPECTED) else error
        said = reason(error)
        self._error = said if unexpected is None else f"unexpected {type(error).__name__}: {said}"
        self._retries += 1
        if self._state is not StageState.FAILING:
            _log.warning(
                "%s is failing: %s",
                self.name,
                self._error,
                extra={"stage": self.name, "state": "failing"},
                exc_info=unexpected,
            )
        self._to(StageState.FAILING)
        quiet_s = error.wait_s if isinstance(error, BackOffError) else 0.0
        await self._clock.sleep(self._back_off.next_s(at_least_s=quiet_s))

    def _worked(self) -> None:
        self._back_off.reset()
        if self._state is StageState.FAILING:
            _log.info("%s works again", self.name, extra={"stage": self.name, "state": "working"})
            self._error = ""
        self._to(StageState.WORKING)

    def _to(self, state: StageState) -> None:
        if state is not self._state:
            self._state, self._since_ns = state, self._clock.now_ns()

    def _behind_s(self) -> float:
        """Return the age of the oldest row that is not taken, as far as it was read."""
        if self._chunk is None or len(self._chunk.batch) == 0:
            return 0.0
        return max(0.0, (self._clock.now_ns() - int(self._chunk.batch.received_ns[0])) / NS_PER_S)
