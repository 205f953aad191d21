"""Deviations as people meet them: rules and how they are doing, issues with their evidence and history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """How much an issue matters; P1 is worst (ISA-18.2 priorities as shown on screens)."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class IssueType(StrEnum):
    """What kind of deviation opened an issue."""

    QUALITY = "quality"
    THROUGHPUT = "throughput"
    MAINTENANCE = "maintenance"
    SAFETY = "safety"
    DATA = "data"


class IssueState(StrEnum):
    """The life cycle of an issue (8D, ISO 9001:2015 10.2): each stage names the work that goes on in it.

    `open` and `reopened` wait for somebody; `rejected` and `duplicate` ended without corrective action.
    """

    OPEN = "open"
    TRIAGE = "triage"
    CONTAINED = "contained"
    ROOT_CAUSE = "root_cause"
    ACTION_PLANNED = "action_planned"
    IMPLEMENTED = "implemented"
    VERIFYING = "verifying"
    CLOSED = "closed"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    REOPENED = "reopened"


ENDED: Final = frozenset({IssueState.CLOSED, IssueState.REJECTED, IssueState.DUPLICATE})
"""States in which nobody works on an issue any more: a new onset opens another."""

LIVING: Final = tuple(state for state in IssueState if state not in ENDED)
UNACKNOWLEDGED: Final = frozenset({IssueState.OPEN, IssueState.REOPENED})
"""States in which nobody has taken note yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSeries:
    """Samples of one signal around the onset, frozen when the issue opened; columns of equal length.

    `time_ns` UTC source times, `value` None where it was not a number, `quality` OPC UA status codes.
    """

    path: str
    unit: str
    time_ns: Sequence[int]
    value: Sequence[float | None]
    quality: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueEvent:
    """One entry of an issue's history; `detail` holds what changed."""

    seq: int
    issue: int
    time_ns: int
    action: str
    by: str
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueChild:
    """A deviation that belongs to an issue which another one began, further up or down the line.

    `relation` is where its machine lies as seen from the one that began (`same_machine`, `upstream`,
    `downstream`); `consequence` is `starved` or `blocked` where it is a loss of throughput that follows from it.
    """

    cause: str
    rule: str
    rule_version: str
    asset: str
    signal: str
    severity: Severity
    type: IssueType
    title: str
    explanation: str
    onset_ns: int
    value: float | None
    limits: Mapping[str, float]
    relation: str
    consequence: str
    active: bool
    cleared_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One deviation with its cause, from the rule that opened it to its closing.

    `cause` is the key (rule, asset) that at most one open issue has; `onset_ns` when it began, `active` whether
    the condition holds now, `occurrences` how often it came while open; `limits` what the rule compared with.
    `children` are deviations along the line that this one brought with it; `severity` is the worst of them all.
    `stage_ns` since when it is in its state; `acknowledged_ns` when somebody first took note. `team` was on duty by
    the rules of opening, `owner` is the person. `repeat` counts this recurrence key within its window, `previous`
    is the issue before. `version` rises with every change that a person makes; `verified` once data proved the fix.
    """

    number: int
    state: IssueState
    title: str
    severity: Severity
    type: IssueType
    cause: str
    rule: str
    rule_version: str
    asset: str
    signal: str
    onset_ns: int
    opened_ns: int
    active: bool
    cleared_ns: int | None
    closed_ns: int | None
    occurrences: int
    value: float | None
    limits: Mapping[str, float]
    explanation: str
    evidence: Sequence[EvidenceSeries] = ()
    revision: int = 0
    children: Sequence[IssueChild] = ()
    stage_ns: int = 0
    acknowledged_ns: int | None = None
    team: str = ""
    owner: str = ""
    recurrence: str = ""
    repeat: int = 1
    previous: int | None = None
    duplicate_of: int | None = None
    version: int = 0
    verified: bool = False

    @property
    def ended(self) -> bool:
        """Tell whether nobody works on it any more."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStatus:
    """One rule as configured and how it is doing; `error` is empty unless the rule had to be disabled."""

    id: str
    type: str
    version: str
    title: str
    severity: Severity
    issue_type: IssueType
    signals: Sequence[str]
    active: int
    enabled: bool
    error: str
    settings: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One change of a rule's settings; `settings` is None where the rule was removed, `version` what issues name."""

    rule: str
    revision: int
    version: str
    settings: Mapping[str, object] | None
    by: str
    reason: str
    time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationStep:
    """One step of the arithmetic, at the machine's own time."""

    time_ns: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an issue was opened: samples, settings and every step, by a replay that shares no code with the engine.

    `reproduced` tells whether the replay of the kept samples raised it again; `difference` why not.
    """

    issue: int
    rule: str
    rule_version: str
    settings: Mapping[str, object] | None
    limits: Mapping[str, float]
    text: str
    samples: Sequence[EvidenceSeries]
    steps: Sequence[ExplanationStep]
    reproduced: bool
    difference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineChange:
    """A change of the mean: at the first sample of the new level, from what to what."""

    time_ns: int
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePoints:
    """Where the mean of an issue's signal changed, by a search over all kept samples at once.

    `onset_ns` is what was estimated live, to be compared with.
    """

    issue: int
    signal: str
    samples: int
    onset_ns: int
    found: Sequence[OfflineChange]
