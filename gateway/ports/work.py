"""What people work with: issues, alarms, rules, backtests, performance, health."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from gateway.alarm import (
    Alarm,
    AlarmEvent,
    AlarmLetter,
    AlarmMetrics,
    JournalEntry,
    Nuisance,
    Shelving,
)
from gateway.backtest import Backtest, BacktestRequest
from gateway.deviation import (
    ChangePoints,
    Explanation,
    Issue,
    IssueEvent,
    IssueState,
    RuleStatus,
    RuleVersion,
    Severity,
)
from gateway.flow import FlowForecast, LineFlow, LineInfo
from gateway.model import Principal
from gateway.performance import (
    KpiBucket,
    KpiReport,
    ShiftPick,
    ShiftTime,
    Standing,
    StateInterval,
)
from gateway.status import (
    ConnectorStatus,
    Health,
    StageStatus,
    UnknownSource,
)


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
        severities: Sequence[Severity] = (),
        team: str = "",
        owner: str = "",
        text: str = "",
    ) -> Sequence[Issue]:
        """Return issues in these states (all where empty), newest number first, without their evidence.

        `asset` keeps those whose asset is that path or lies below it, `text` those that speak of it; what is empty
        keeps all.
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

    async def reject(self, number: int, *, by: Principal, reason: str) -> Issue:
        """End an issue that needs no corrective action; raises `NotFoundError`, `ConflictError`, `InvalidRequestError`."""
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

    async def nuisances(
        self, *, start_ns: int, end_ns: int, asset: str = "", limit: int = 20
    ) -> Sequence[Nuisance]:
        """Rank the alarms of a path by how often they came over [start, end), each with what would quiet it.

        Raises `InvalidRequestError`, and history's errors.
        """
        ...

    async def raised_since(self, time_ns: int) -> Mapping[str, int]:
        """Return how many alarms each rule has raised since a time, out of operators' sight included."""
        ...

    async def recent(
        self, *, limit: int, before: int | None = None, asset: str = ""
    ) -> Sequence[JournalEntry]:
        """Return the journal newest first, of the alarms on a path or below it, before a number where given."""
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

    async def standings(self, pick: ShiftPick) -> Sequence[Standing]:
        """Return how the plant, each line and each machine stand in their shift, in this order; raises as `kpis`."""
        ...


class Flow(Protocol):
    """How lines flow: bottleneck, starved and blocked machines, pace and forecasts."""

    def lines(self) -> Sequence[LineInfo]:
        """Return the lines that can be asked for: configured ones, then paths with machines below them."""
        ...

    async def flow(
        self, line: str, *, start_ns: int | None = None, end_ns: int | None = None
    ) -> LineFlow:
        """Return a line over [start, end): the shift that is worked and now, unless given.

        `line` is its name or path. The start is moved back to a full hour or a change of the plan, because sums
        have these edges. Raises `NotFoundError`, `InvalidRequestError`, `NotConnectedError`, `StorageError`.
        """
        ...

    async def forecast(self, line: str, *, wanted: float, done: float) -> FlowForecast:
        """Return when an order of `wanted` good pieces, `done` of them made, will have left the line.

        Raises as `flow`, `NotFoundError` too where its last machine has run for too short a time.
        """
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

    async def newest(self) -> Mapping[str, RuleVersion]:
        """Return the newest version of every rule there ever was, by id."""
        ...

    async def versions(self, rule: str) -> Sequence[RuleVersion]:
        """Return every change of a rule's settings, newest first; raises `NotFoundError`."""
        ...

    async def explain(self, issue: Issue) -> Explanation:
        """Replay an issue's evidence with the settings its rule had, step by step."""
        ...

    async def change_points(self, issue: Issue) -> ChangePoints:
        """Search an issue's evidence for changes of its mean; raises `InvalidRequestError`, `StorageError`."""
        ...
