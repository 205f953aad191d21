"""Issues, rules and the gateway's own state, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from web.api.models import Document, Number


class Evidence(Document):
    """Samples around the onset, frozen when the issue opened; `quality` are OPC UA status codes."""

    path: str
    unit: str
    time_ms: list[float]
    value: list[Number]
    quality: list[int]


class IssueChildDocument(Document):
    """A deviation along the line that the issue's own brought with it."""

    cause: str
    rule: str
    rule_version: str
    asset: str
    signal: str
    severity: str
    type: str
    title: str
    explanation: str
    onset_ms: float
    value: Number
    limits: dict[str, Number]
    relation: str
    consequence: str
    active: bool
    cleared_ms: float | None


class IssueDocument(Document):
    """One deviation with its cause; `evidence` is filled when one issue is asked for."""

    number: int
    state: str
    title: str
    severity: str
    type: str
    cause: str
    rule: str
    rule_version: str
    asset: str
    signal: str
    onset_ms: float
    opened_ms: float
    active: bool
    cleared_ms: float | None
    closed_ms: float | None
    occurrences: int
    value: Number
    limits: dict[str, Number]
    explanation: str
    evidence: list[Evidence]
    revision: int
    children: list[IssueChildDocument]
    stage_ms: float
    acknowledged_ms: float | None
    team: str
    owner: str
    recurrence: str
    repeat: int
    previous: int | None
    duplicate_of: int | None
    version: int
    verified: bool


class IssuePage(Document):
    """A page of issues, newest first; `next_before` is null on the last; `revision` is the newest change."""

    items: list[IssueDocument]
    next_before: int | None
    revision: int


class IssueEventDocument(Document):
    """One entry of an issue's history, also sent as `event` by the live feed."""

    seq: int
    issue: int
    time_ms: float
    action: str
    by: str
    detail: dict[str, Any]


class IssueEventPage(Document):
    """A page of an issue's history, oldest first; `next_after` is null on the last."""

    items: list[IssueEventDocument]
    next_after: int | None


class RuleDocument(Document):
    """One rule as configured and how it is doing."""

    id: str
    type: str
    version: str
    title: str
    severity: str
    issue_type: str
    signals: list[str]
    active: int
    enabled: bool
    error: str
    settings: dict[str, Any]


class RuleList(Document):
    """Every configured rule."""

    items: list[RuleDocument]


class Trouble(Document):
    """A configured source that does not deliver."""

    source: str
    signal_path: str
    reason: str
    since_ms: float


class Figures(Document):
    """What a connector counts by itself."""

    queue_depth: int
    queue_limit: int
    drops: int
    unknown: int
    extra: dict[str, Number]


class ConnectorDocument(Document):
    """One connector."""

    name: str
    kind: str
    target: str
    state: str
    since_ms: float
    last_error: str
    last_error_ms: float | None
    next_try_ms: float | None
    attempts: int
    samples: int
    samples_per_s: Number
    batches: int
    dead_letters: int
    losses: int
    lag_s: Number
    silent_s: Number
    signals: int
    stale_signals: int
    figures: Figures
    troubles: list[Trouble]
    off: str


class ConnectorList(Document):
    """Every connector."""

    items: list[ConnectorDocument]


class RemarkDocument(Document):
    """What somebody decided about an entry, and why."""

    mark: str
    reason: str
    by: str
    time_ms: float


class Unknown(Document):
    """A topic or node that sends data without being configured; `sample` is its start, made printable."""

    source: str
    count: int
    first_ms: float
    last_ms: float
    sample: str
    remark: RemarkDocument | None


class UnknownList(Document):
    """What sent a connector data without being configured, most frequent first."""

    items: list[Unknown]


class DeadLetterDocument(Document):
    """A payload that could not be used; `payload` is base64, cut where `payload_size` says more."""

    id: int
    time_ms: float
    connector: str
    source: str
    reason: str
    payload: str
    excerpt: str
    payload_size: int
    remark: RemarkDocument | None


class DeadLetterPage(Document):
    """A page of dead letters, newest first; `total` are kept, `waiting` of them nobody has decided on.

    `next_before` is null on the last page.
    """

    items: list[DeadLetterDocument]
    total: int
    waiting: int
    next_before: int | None


class GapDocument(Document):
    """An interval of one signal without data."""

    id: int
    signal: str
    start_ms: float
    end_ms: float | None
    state: str
    cause: str
    remark: RemarkDocument | None


class GapList(Document):
    """Gaps that touch the range, newest first."""

    items: list[GapDocument]
    truncated: bool


class Stage(Document):
    """A stage behind the journal, or the journal itself."""

    name: str
    kind: str
    state: str
    since_ms: float
    last_error: str
    behind_rows: int
    behind_s: Number
    rows: int
    rows_per_s: Number
    figures: dict[str, Number]


class HealthDocument(Document):
    """The whole gateway at one moment; `problems` are sentences, worst first."""

    time_ms: float
    ready: bool
    problems: list[str]
    connectors: list[ConnectorDocument]
    stages: list[Stage]
    event_loop_lag_s: Number
    memory_bytes: int
