"""Backtests: what a rule would have done over history, before anybody enables it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class BacktestState(StrEnum):
    """The life cycle of a backtest."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Sweep(StrEnum):
    """What is tried beside the rule itself."""

    NONE = "none"
    PARAMETER = "parameter"
    NUISANCE = "nuisance"


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRequest:
    """What to try: a configured rule with changes, or whole settings, over [start, end) of history.

    `sweep` tries `values` of the setting `parameter`, or the deadbands and delays that usually quiet a nuisance.
    A real issue counts as hit where an alarm of its machine began within `tolerance_s` of the time it lasted.
    `shift_starts` are local times of day, as (hour, minute).
    """

    rule: str
    changes: Mapping[str, object] = field(default_factory=dict)
    start_ns: int
    end_ns: int
    sweep: Sweep = Sweep.NONE
    parameter: str = ""
    values: tuple[float, ...] = ()
    tolerance_s: float = 600.0
    shift_starts: tuple[tuple[int, int], ...] = ((6, 0), (14, 0), (22, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestAlarm:
    """One alarm that the rule would have raised; `issue` is the real one it belongs to, `lead_s` how much earlier."""

    signal: str
    side: str
    onset_ns: int
    raised_ns: int
    cleared_ns: int | None
    value: float | None
    issue: int | None
    lead_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodCount:
    """How many alarms began in a shift or a day."""

    start_ns: int
    end_ns: int
    alarms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What settings would have done: `changes` is what differs from the rule that was asked for.

    `truncated` says that only the first alarms were compared with real issues.
    """

    changes: Mapping[str, object]
    alarms: int
    alarms_per_day: float
    real_issues: int
    hits: int
    misses: int
    false_alarms: int
    false_alarms_per_day: float
    median_lead_s: float | None
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestReport:
    """What came of a backtest; `curve` has one outcome a variation, `suggestion` the one worth taking, if any."""

    version: str
    settings: Mapping[str, object]
    rows: int
    signals: int
    outcome: Outcome
    alarms: tuple[BacktestAlarm, ...]
    missed_issues: tuple[int, ...]
    per_shift: tuple[PeriodCount, ...]
    per_day: tuple[PeriodCount, ...]
    curve: tuple[Outcome, ...]
    suggestion: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """One backtest and how far it is; `rows_total` is None until it is known."""

    id: str
    state: BacktestState
    request: BacktestRequest
    by: str
    created_ns: int
    rows_done: int
    rows_total: int | None
    error: str
    report: BacktestReport | None
