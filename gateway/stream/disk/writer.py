"""The one thread that writes: it gathers work into commits and repeats what the disk refused."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from gateway.clock import Clock
from gateway.errors import StorageError
from gateway.failpoint import failpoint
from gateway.stream.disk.ballast import Ballast
from gateway.stream.disk.schema import REFUSALS
from gateway.stream.disk.store import Store
from gateway.stream.options import JournalOptions

_CHECKPOINT_BYTES = 8_000_000
_AGE_CHECK_S = 1.0
_GROUPS_AT_MOST = 10


class JournalState(StrEnum):
    """How the journal is doing: `full` and `failing` acknowledge no sample."""

    WORKING = "working"
    FULL = "full"
    FAILING = "failing"
    CLOSED = "closed"


class WorkKind(Enum):
    """Whether work brings new data, and so must wait while the journal is full."""

    INTAKE = auto()
    UPKEEP = auto()


@dataclass(slots=True, eq=False, kw_only=True)
class Work:
    """One thing to do inside a transaction; exactly one of `result` and `error` is set when it is done."""

    kind: WorkKind
    apply: Callable[[Store], object]
    token: object = None
    rows: int = 0
    result: object = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterFigures:
    """What the writer says of itself; a new object after each change."""

    state: JournalState
    error: str
    since_ns: int
    head: int
    rows_total: int
    held_bytes: int
    slowest: str
    slowest_seq: int
    slowest_rows: int
    commits: int
    refusals: int
    waiting: int
    dead_letters: int
    dead_letters_removed: int
    gaps: int
    gaps_removed: int
    discarded: int


class Writer(threading.Thread):
    """Owns the store from `start` until `close`; `done` is called on this thread with finished work, in order."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        options: JournalOptions,
        ballast: Ballast,
        done: Callable[[Sequence[Work]], None],
    ) -> None:
        super().__init__(name="journal-writer", daemon=True)
        self._store = store
        self._clock = clock
        self._options = options
        self._ballast = ballast
        self._done = done
        self._mutex = threading.Lock()
        self._wake = threading.Event()
        self._inbox: list[Work] = []
        self._inbox_rows = 0
        self._idle = False
        self._intake: deque[Work] = deque()
        self._upkeep: list[Work] = []
        self._closing = False
        self._state = JournalState.WORKING
        self._error = ""
        self._since_ns = clock.now_ns()
        self._commits = self._refusals = self._discarded = self._uncheckpointed = 0
        self._age_check_due_s = 0.0
        self._stale = False
        self._ballast_stands = ballast.take()
        self.figures = self._figures()

    def submit(self, work: Work) -> None:
        """Hand work over, from any thread."""
        with self._mutex:
            self._inbox.append(work)
            self._inbox_rows += work.rows
            # Waking it for each piece would make two threads fight for the interpreter: 0.1 ms each.
            wake = self._idle or self._inbox_rows >= self._options.group_rows
        if wake:
            self._wake.set()

    def close(self) -> None:
        """Ask the thread to finish what it holds and to end; `join` waits for it."""
        self._closing = True
        self._wake.set()

    def run(self) -> None:
        """Gather and commit until closed; work that cannot be done by then is refused."""
        while not self._closing:
            self._gather()
            self._round()
        self._gather()
        before = 0
        while (left := len(self._intake) + len(self._upkeep)) not in (0, before):
            before = left
            self._round()
        refused = [*self._upkeep, *self._intake]
        for work in refused:
            work.error = StorageError(f"the journal closed before this was on disk: {self._error}")
        self._finish(refused)
        self._change(JournalState.CLOSED, self._error)
        self.figures = self._figures()
        self._store.db.close()

    def _gather(self) -> None:
        """Take work until a commit's worth is there; with work on hold, wait one retry at most."""
        on_hold = bool(self._intake or self._upkeep)
        with self._mutex:
            self._idle = not (self._inbox or self._closing)
        if self._idle:
            self._wake.wait(self._options.retry_ms / 1000 if on_hold else _AGE_CHECK_S)
        with self._mutex:
            self._idle = False
            enough = not self._inbox or self._inbox_rows >= self._options.group_rows
            if not self._closing:
                self._wake.clear()
        if not enough:
            self._wake.wait(self._options.group_ms / 1000)
        with self._mutex:
            inbox, self._inbox, self._inbox_rows = self._inbox, [], 0
            if not self._closing:
                self._wake.clear()
        for work in inbox:
            if work.kind is WorkKind.INTAKE:
                self._intake.append(work)
            else:
                self._upkeep.append(work)

    def _round(self) -> None:
        """Commit what may be committed now, in one transaction."""
        if not (self._intake or self._upkeep) and time.monotonic() < self._age_check_due_s:
            return
        works: list[Work] = []
        try:
            self._transaction(works)
        except REFUSALS as exc:
            self._refused(exc)
            return
        except Exception as exc:  # noqa: BLE001 - it is handed to whoever awaits the work
            self._rollback()
            self._blame(works, exc)
            return
        self._commits += 1
        # Only now: what was just written may have needed the very space.
        self._ballast_stands = self._ballast_stands or self._ballast.take()
        self._judge(took_intake=any(work.kind is WorkKind.INTAKE for work in works))
        self._finish(works)
        self._checkpoint()

    def _transaction(self, works: list[Work]) -> None:
        """Apply upkeep, then retention, then as many batches as there is room for."""
        store = self._store
        if self._stale:
            store.reload()
            self._stale = False
        store.db.execute("BEGIN IMMEDIATE")
        for work in self._upkeep:
            works.append(work)
            work.result = work.apply(store)
        discarded = store.discard(now_ns=self._clock.now_ns())
        self._age_check_due_s = time.monotonic() + (0.0 if discarded else _AGE_CHECK_S)
        rows = taken = 0
        for work in self._intake:
            if (
                not self._ballast_stands
                or store.full
                or rows >= _GROUPS_AT_MOST * self._options.group_rows
            ):
                break
            works.append(work)
            work.result = work.apply(store)
            rows += work.rows
            taken += 1
        failpoint("journal.before_commit")
        store.db.execute("COMMIT")
        failpoint("journal.after_commit")
        self._discarded += discarded
        self._upkeep.clear()
        for _ in range(taken):
            self._intake.popleft()

    def _judge(self, *, took_intake: bool) -> None:
        """Say how the journal is doing after a commit; one without samples proves nothing about room for them."""
        store = self._store
        still = self._state is JournalState.FAILING and self._intake and not took_intake
        if not self._ballast_stands or (still and not store.full):
            self._change(JournalState.FAILING, self._error or "no room on the disk for the ballast")
        elif self._intake and store.full:
            name, seq = store.slowest()
            what = f"{store.held_bytes} bytes are held for {name or 'consumers'}, which is at {seq}"
            self._change(JournalState.FULL, what)
        else:
            self._change(JournalState.WORKING, "")

    def _refused(self, exc: Exception) -> None:
        """Nothing was committed: say so, keep the work, free the ballast for what consumers have to write."""
        self._refusals += 1
        self._change(JournalState.FAILING, f"{type(exc).__name__}: {exc}")
        self._rollback()
        self._ballast.give_up()
        self._ballast_stands = False
        self.figures = self._figures()

    def _rollback(self) -> None:
        """Undo the transaction; the figures are taken from the file again before the next one."""
        self._stale = True
        try:
            if self._store.db.in_transaction:
                self._store.db.execute("ROLLBACK")
        except REFUSALS as exc:
            self._change(JournalState.FAILING, f"{type(exc).__name__}: {exc}")

    def _blame(self, works: Sequence[Work], exc: Exception) -> None:
        """The last work begun raised: fail that one alone, the rest stays for the next round."""
        if not works:
            self._change(JournalState.FAILING, f"{type(exc).__name__}: {exc}")
            self.figures = self._figures()
            return
        culprit = works[-1]
        culprit.result, culprit.error = None, exc
        if culprit.kind is WorkKind.INTAKE:
            self._intake.remove(culprit)
        else:
            self._upkeep.remove(culprit)
        self._finish([culprit])

    def _finish(self, works: Sequence[Work]) -> None:
        self.figures = self._figures()
        if works:
            self._done(works)

    def _checkpoint(self) -> None:
        """Keep the write-ahead log short; a refusal here loses nothing and shows at the next commit."""
        written = self._store.bytes_total - self._uncheckpointed
        if written < _CHECKPOINT_BYTES:
            return
        self._uncheckpointed = self._store.bytes_total
        try:
            self._store.checkpoint()
        except REFUSALS as exc:
            self._refused(exc)

    def _change(self, state: JournalState, error: str) -> None:
        if state is not self._state:
            self._since_ns = self._clock.now_ns()
        self._state, self._error = state, error

    def _figures(self) -> WriterFigures:
        store = self._store
        name, seq = store.slowest()
        return WriterFigures(
            state=self._state,
            error=self._error,
            since_ns=self._since_ns,
            head=store.head,
            rows_total=store.rows_total,
            held_bytes=store.held_bytes,
            slowest=name,
            slowest_seq=seq,
            slowest_rows=store.slowest_rows,
            commits=self._commits,
            refusals=self._refusals,
            waiting=len(self._intake),
            dead_letters=store.letters,
            dead_letters_removed=store.letters_removed,
            gaps=store.gaps,
            gaps_removed=store.gaps_removed,
            discarded=self._discarded,
        )
