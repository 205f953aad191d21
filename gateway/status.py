"""What each part of the gateway says of itself: states, figures and troubles, for health page and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ConnectorState(StrEnum):
    """The life cycle of a connector, as the supervisor drives it."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    LIVE = "live"
    DEGRADED = "degraded"
    BACKING_OFF = "backing_off"
    REFUSED = "refused"
    HELD = "held"
    ENDED = "ended"


class StageState(StrEnum):
    """How a stage behind the journal is doing."""

    STARTING = "starting"
    WORKING = "working"
    FAILING = "failing"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownSource:
    """A topic or node that sent data which no mapping wants: how often, when, and a sample of it (cut at 256 bytes)."""

    source: str
    count: int
    first_ns: int
    last_ns: int
    sample: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTrouble:
    """A configured source that does not deliver: which, since when and why."""

    source: str
    signal_path: str
    reason: str
    since_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorFigures:
    """What a connector counts by itself since it was built.

    `queue_depth` and `queue_limit` in rows or messages of its own buffer, `drops` what that buffer dropped
    (every drop is also a declared loss), `unknown` messages from sources that no mapping wants.
    """

    queue_depth: int = 0
    queue_limit: int = 0
    drops: int = 0
    unknown: int = 0
    extra: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorStatus:
    """One connector as health page, metrics and REST show it; rates are per second over the last 10 s.

    `lag_s` is received time minus source time of the newest row, `silent_s` the time since the last row; `off` says
    who switched it off and why, and is empty while it is on.
    """

    name: str
    kind: str
    target: str
    state: ConnectorState
    since_ns: int
    last_error: str
    last_error_ns: int | None
    next_try_ns: int | None
    attempts: int
    samples: int
    samples_per_s: float
    batches: int
    dead_letters: int
    losses: int
    lag_s: float | None
    silent_s: float | None
    signals: int
    stale_signals: int
    figures: ConnectorFigures
    troubles: tuple[SourceTrouble, ...]
    off: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStatus:
    """A stage behind the journal (historian, rules, live hub) or the journal itself.

    `behind_rows` and `behind_s` say how far its cursor lies behind the head; `figures` are its own counts.
    """

    name: str
    kind: str
    state: StageState
    since_ns: int
    last_error: str
    behind_rows: int
    behind_s: float
    rows: int
    rows_per_s: float
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The whole gateway at one moment; `problems` are sentences a person can act on, worst first."""

    time_ns: int
    ready: bool
    problems: tuple[str, ...]
    connectors: tuple[ConnectorStatus, ...]
    stages: tuple[StageStatus, ...]
    event_loop_lag_s: float
    memory_bytes: int
