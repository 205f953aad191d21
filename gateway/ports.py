"""The contracts between the rooms of the house; every implementation stands elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gateway.alarm import Alarm, AlarmEvent, AlarmLetter, AlarmMetrics, Shelving
from gateway.backtest import Backtest, BacktestRequest
from gateway.deviation import (
    Explanation,
    Issue,
    IssueEvent,
    IssueState,
    RuleStatus,
    RuleVersion,
)
from gateway.model import DeadLetter, Gap, Intake, Principal, SampleBatch, Signal
from gateway.performance import KpiBucket, KpiReport, ShiftTime, StateInterval
from gateway.status import (
    ConnectorFigures,
    ConnectorStatus,
    Health,
    SourceTrouble,
    StageStatus,
    UnknownSource,
)


class Catalogue(Protocol):
    """All signals ever seen; an index, once given, belongs to its path for life and across restarts."""

    def register(self, signals: Sequence[Signal]) -> NDArray[np.int32]:
        """Return the index of each signal, giving new ones an index that is on disk before this returns.

        Descriptive fields of a known path are updated. Raises `ConfigError` where a path is known with
        another data type, naming path and both types.
        """
        ...

    def __len__(self) -> int: ...

    def signal(self, index: int) -> Signal:
        """Return the signal at an index; raises `NotFoundError`."""
        ...

    def index(self, path: str) -> int:
        """Return the index of a path; raises `NotFoundError` with the nearest path."""
        ...

    def all(self) -> Sequence[Signal]:
        """Return every signal, in index order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a successful connect found: whether the peer kept our session (and so what it queued), and remarks."""

    resumed: bool
    remarks: tuple[str, ...] = ()


class Connector(Protocol):
    """One source of samples. It never loops over reconnects: the supervisor calls `connect` again.

    Built from its options, the catalogue and a clock without touching the network. `connect` builds a new
    protocol client each time. Raises `NotConnectedError`, `BackOffError`, `RefusedError` or `EndedError`.
    """

    name: str
    kind: str
    target: str

    async def connect(self) -> Session:
        """Make one attempt; the supervisor bounds it with an outer deadline and may cancel it."""
        ...

    async def read(self) -> Intake:
        """Return the next rows as soon as there are any, gathering for a few milliseconds at most.

        Cancelling it loses nothing.
        """
        ...

    async def acknowledge(self, receipt: object) -> None:
        """Tell the peer that everything up to this receipt is on disk; a receipt of an older session is ignored."""
        ...

    async def close(self) -> None:
        """Release everything within a few seconds, whatever state it is in; never raises for a broken peer."""
        ...

    def signals(self) -> Sequence[int]:
        """Return the indices this connector feeds, as far as they are known now."""
        ...

    def figures(self) -> ConnectorFigures:
        """Return its own counts."""
        ...

    def troubles(self) -> Sequence[SourceTrouble]:
        """Return configured sources that do not deliver."""
        ...

    def unknown_sources(self) -> Sequence[UnknownSource]:
        """Return what sent data without being configured, most frequent first, bounded."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Consecutive journaled batches: `batch` holds their rows, `last_seq` the newest sequence number in it."""

    batch: SampleBatch
    first_seq: int
    last_seq: int


class Sink(Protocol):
    """A durable consumer of the journal."""

    name: str

    async def cursor(self) -> int | None:
        """Return the last sequence number it holds durably, or None where the journal keeps that for it."""
        ...

    async def write(self, chunk: Chunk) -> Sequence[DeadLetter]:
        """Store a chunk, and its own cursor with it where it keeps one; return rows that can never be stored.

        Writing the same chunk twice has the effect of once. Raises `NotConnectedError`, `BackOffError` or
        `StorageError` when nothing of it counts as stored; the caller repeats the same chunk.
        """
        ...

    async def close(self) -> None:
        """Flush and release."""
        ...


class Tail(Protocol):
    """The journal as a reader follows it."""

    @property
    def head(self) -> int:
        """The newest committed sequence number, 0 before the first."""
        ...

    async def wait(self, after: int) -> None:
        """Return once `head` is greater than `after`."""
        ...

    async def read(self, after: int, *, max_rows: int) -> Chunk | None:
        """Return the batches that follow `after`, or None where there are none yet.

        At least one batch, whatever its size. Where retention has removed what followed `after`, the chunk
        starts later: compare `first_seq`.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Buckets:
    """One signal's history in equal buckets, made on the server; only buckets with rows are present.

    `start_ns` int64 bucket starts; `first`, `last`, `low`, `high`, `mean` float64 over good and uncertain rows
    (NaN where there are none); `count` int64 all rows; `worst` uint8 the worst severity in the bucket.
    """

    signal: int
    width_ns: int
    start_ns: NDArray[np.int64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    mean: NDArray[np.float64]
    count: NDArray[np.int64]
    worst: NDArray[np.uint8]


Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


class History(Protocol):
    """Every sample ever kept, whichever engine holds it. Times are UTC nanoseconds, ranges [start, end)."""

    async def buckets(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, max_points: int
    ) -> Sequence[Buckets]:
        """Return at most `max_points` buckets for each signal, in the order asked."""
        ...

    async def rows(
        self, signals: Sequence[int], *, start_ns: int, end_ns: int, limit: int
    ) -> SampleBatch:
        """Return raw rows by source time, at most `limit`, oldest first; side values included."""
        ...

    async def latest(self, signals: Sequence[int]) -> SampleBatch:
        """Return the newest row of each signal that has any."""
        ...

    async def count(self, signals: Sequence[int], *, start_ns: int, end_ns: int) -> int:
        """Return how many rows the range holds."""
        ...

    async def export(
        self,
        signals: Sequence[int],
        *,
        start_ns: int,
        end_ns: int,
        target: Path,
        progress: Progress,
    ) -> int:
        """Write the range to `target` (`.csv` or `.parquet`), whole or not at all; return the rows written."""
        ...

    async def maintain(self, *, now_ns: int) -> None:
        """Re-cluster what is closed and drop what is past its age or size limit; safe to call at any time."""
        ...

    def figures(self) -> dict[str, float]:
        """Return its own counts (rows, bytes, oldest time) for health and metrics."""
        ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Latest:
    """The newest row of every signal, by index; `source_ns` 0 where nothing was seen yet. Copies, safe to keep."""

    rows: SampleBatch


class Ledger(Protocol):
    """The gap ledger and the dead letters, as they are read."""

    def gaps(
        self, signals: Sequence[int] | None, *, start_ns: int, end_ns: int, limit: int
    ) -> Sequence[Gap]:
        """Return gaps that touch the range, newest first."""
        ...

    def dead_letters(self, *, before_id: int | None, limit: int) -> Sequence[DeadLetter]:
        """Return dead letters, newest first, those with a smaller id than `before_id` where it is given."""
        ...

    def dead_letter_count(self) -> int:
        """Return how many are kept."""
        ...


class HealthSource(Protocol):
    """Where the health page, the readiness probe and the metrics read from."""

    def health(self) -> Health:
        """Return the whole gateway's health now."""
        ...

    def connector(self, name: str) -> ConnectorStatus:
        """Return one connector; raises `NotFoundError`."""
        ...

    def stage(self, name: str) -> StageStatus:
        """Return one stage; raises `NotFoundError`."""
        ...

    def unknown_sources(self, name: str) -> Sequence[UnknownSource]:
        """Return what sent a connector data without being configured; raises `NotFoundError`."""
        ...


class LatestValues(Protocol):
    """The newest row of every signal, kept in memory from the journal's tail."""

    def latest(self) -> Latest:
        """Return the newest row of every signal that has one, in index order."""
        ...


class Presence(Protocol):
    """Which signals have a live source; the newest value of the others is the last known one, not the present."""

    def absent(self) -> NDArray[np.int32]:
        """Return the indices of signals whose connector is not connected now, sorted."""
        ...


class Issues(Protocol):
    """Issues as people read and work on them. Every change has a number that rises across all issues."""

    @property
    def revision(self) -> int:
        """The number of the newest change, 0 before the first; kept across restarts."""
        ...

    async def wait(self, after: int) -> None:
        """Return once `revision` is greater than `after`."""
        ...

    async def events(
        self, *, after: int, limit: int, issue: int | None = None
    ) -> Sequence[IssueEvent]:
        """Return the changes that follow `after`, oldest first, of one issue or of all."""
        ...

    async def list(
        self,
        *,
        states: Sequence[IssueState],
        limit: int,
        before: int | None = None,
        asset: str = "",
    ) -> Sequence[Issue]:
        """Return issues in these states (all where empty), newest number first, without their evidence.

        `asset` keeps those whose asset is that path or lies below it.
        """
        ...

    async def get(self, number: int) -> Issue:
        """Return one issue with its evidence; raises `NotFoundError`."""
        ...

    async def acknowledge(self, number: int, *, by: Principal, note: str = "") -> Issue:
        """Take note of an open issue; raises `NotFoundError`, `ConflictError`."""
        ...

    async def comment(self, number: int, *, by: Principal, text: str) -> IssueEvent:
        """Add a comment; raises `NotFoundError`, `InvalidRequestError`."""
        ...

    async def close(self, number: int, *, by: Principal, reason: str) -> Issue:
        """Close an issue with a reason; raises `NotFoundError`, `ConflictError`, `InvalidRequestError`."""
        ...


class Alarms(Protocol):
    """Alarms as people read and answer them. Every change has a number that rises across all alarms.

    What changes an alarm raises `NotFoundError`, `ConflictError` where it is not valid now, and
    `InvalidRequestError` for a missing reason or a time that is too long.
    """

    @property
    def revision(self) -> int:
        """The number of the newest change, 0 before the first; kept across restarts."""
        ...

    async def wait(self, after: int) -> None:
        """Return once `revision` is greater than `after`."""
        ...

    async def events(
        self, *, after: int, limit: int, alarm: int | None = None
    ) -> Sequence[AlarmEvent]:
        """Return the changes that follow `after`, oldest first, of one alarm or of all."""
        ...

    async def list(
        self,
        *,
        letters: Sequence[AlarmLetter],
        limit: int,
        before: int | None = None,
        asset: str = "",
        retained: bool = True,
    ) -> Sequence[Alarm]:
        """Return alarms in these states (all where empty), highest number first.

        `retained` keeps those that still ask for something; `asset` those on that path or below it.
        """
        ...

    async def get(self, number: int) -> Alarm:
        """Return one alarm; raises `NotFoundError`."""
        ...

    async def metrics(
        self, *, start_ns: int, end_ns: int, asset: str = "", operators: int = 1
    ) -> AlarmMetrics:
        """Hold the alarms of a path over [start, end) against the standard; raises `InvalidRequestError`."""
        ...

    async def acknowledge(self, number: int, *, by: Principal, reason: str = "") -> Alarm:
        """Take note of an alarm."""
        ...

    async def confirm(self, number: int, *, by: Principal, reason: str = "") -> Alarm:
        """Confirm that what was to be done is done."""
        ...

    async def reset(self, number: int, *, by: Principal, reason: str = "") -> Alarm:
        """End the latch of an alarm that is inactive, acknowledged and confirmed."""
        ...

    async def shelve(
        self, number: int, *, by: Principal, reason: str, how: Shelving, for_s: float | None = None
    ) -> Alarm:
        """Put an alarm aside for at most `for_s` seconds (its rule's most unless given), or take it back."""
        ...

    async def suppress(self, number: int, *, by: Principal, reason: str, on: bool) -> Alarm:
        """Suppress an alarm by design, or end that."""
        ...

    async def take_out(self, number: int, *, by: Principal, reason: str, out: bool) -> Alarm:
        """Take an alarm out of service for maintenance, or back into it."""
        ...


class Performance(Protocol):
    """KPIs of machines and lines, the states behind them, and the shifts they are gathered by."""

    async def kpis(self, unit: str, *, start_ns: int, end_ns: int, bucket: KpiBucket) -> KpiReport:
        """Return the KPIs of a machine, or of all below a path, by whole buckets that touch [start, end).

        Raises `NotFoundError` where no machine is there, `NotConnectedError` or `StorageError`.
        """
        ...

    async def intervals(
        self, machine: str, *, start_ns: int, end_ns: int, limit: int
    ) -> Sequence[StateInterval]:
        """Return the states of a machine that touch [start, end), oldest first; raises as `kpis`."""
        ...

    def shifts(self, day: date) -> Sequence[ShiftTime]:
        """Return the shifts of every calendar that begin on a local day."""
        ...


class Backtests(Protocol):
    """Rules tried over history, as jobs: one runs at a time, the newest few are kept until the gateway ends."""

    def start(self, request: BacktestRequest, *, by: Principal) -> Backtest:
        """Queue a backtest; raises `InvalidRequestError` for settings that cannot be, `ConflictError` when full."""
        ...

    def get(self, key: str) -> Backtest:
        """Return one; raises `NotFoundError`."""
        ...

    def list(self) -> Sequence[Backtest]:
        """Return those that are kept, newest first, without their reports."""
        ...

    async def cancel(self, key: str) -> Backtest:
        """End one that waits or runs; raises `NotFoundError`."""
        ...


class RuleBook(Protocol):
    """The rules that run now."""

    def rules(self) -> Sequence[RuleStatus]:
        """Return every configured rule, the disabled ones included."""
        ...

    async def versions(self, rule: str) -> Sequence[RuleVersion]:
        """Return every change of a rule's settings, newest first; raises `NotFoundError`."""
        ...

    async def explain(self, issue: Issue) -> Explanation:
        """Replay an issue's evidence with the settings its rule had, step by step."""
        ...


__all__ = [
    "Alarms",
    "Backtests",
    "Buckets",
    "Catalogue",
    "Chunk",
    "Connector",
    "HealthSource",
    "History",
    "Intake",
    "Issues",
    "Latest",
    "LatestValues",
    "Ledger",
    "Performance",
    "Presence",
    "Progress",
    "RuleBook",
    "Session",
    "Sink",
    "Tail",
]
