"""Corrective action as people meet it: the 8D form and its gates, actions, attachments, verification, learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.deviation import Issue, IssueState

Fields = Mapping[str, object]
"""The 8D form by field name; what is empty is not there."""


class ActionKind(StrEnum):
    """What an action is for (ISO 9001: react; act on the cause; act on others like it)."""

    CONTAINMENT = "containment"
    CORRECTIVE = "corrective"
    PREVENTIVE = "preventive"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistStep:
    """One step of an action."""

    text: str
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What somebody is to do about an issue by a date; `version` rises with every change."""

    issue: int
    id: int
    kind: ActionKind
    title: str
    owner: str
    due_ns: int
    checklist: Sequence[ChecklistStep]
    done_ns: int | None
    done_by: str
    created_ns: int
    created_by: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of an issue; `media` is what its content was found to be."""

    issue: int
    id: int
    name: str
    media: str
    size: int
    sha256: str
    added_by: str
    added_ns: int


class Template(StrEnum):
    """How effectiveness is proven (rules.md §5)."""

    NO_RECURRENCE = "no_recurrence"
    CAPABILITY = "capability"
    LOSS = "loss"
    DEFECTS = "defects"


class VerificationState(StrEnum):
    """How far a proof has come; `withdrawn` where another was chosen or the issue went back."""

    CHOSEN = "chosen"
    WATCHING = "watching"
    MET = "met"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


ENDED_VERIFICATIONS = frozenset(
    {VerificationState.MET, VerificationState.FAILED, VerificationState.WITHDRAWN}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A criterion and how the data stands to it; `progress` holds its figures, `part` of 1, and a sentence.

    `watched_ns` is time in which the data could have shown a failure.
    """

    issue: int
    round: int
    template: Template
    settings: Mapping[str, object]
    state: VerificationState
    chosen_by: str
    chosen_ns: int
    started_ns: int | None
    watched_ns: int
    looked_ns: int | None
    ended_ns: int | None
    progress: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What a gate still wants: the field or thing, and a sentence."""

    what: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A state that somebody may ask for now, and what is missing for it."""

    action: str
    to: IssueState
    missing: Sequence[Missing] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarMachine:
    """A machine with the same kind of signal; `seen` counts the pattern there within the window of repeats."""

    asset: str
    signal: str
    seen: int
    issues: Sequence[int]
    finding: str
    checked_by: str
    checked_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An issue with all that people and data added to it; `context` is what was so when it opened."""

    issue: Issue
    fields: Fields
    moves: Sequence[Move]
    actions: Sequence[Action]
    attachments: Sequence[Attachment]
    verifications: Sequence[Verification]
    similar: Sequence[SimilarMachine]
    repeats: Sequence[int]
    context: Mapping[str, object] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a Pareto: how many issues, how long their conditions held, pieces and money lost."""

    name: str
    issues: int
    hours: float
    pieces: float | None
    cost: float | None
    numbers: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """One week (from Monday, plant time): issues opened and closed, mean time to acknowledge and to resolve, seconds."""

    start_ns: int
    opened: int
    closed: int
    mtta_s: float | None
    mttr_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """A place in the improvement backlog: what one recurrence key lost, and what a proven fix changed."""

    recurrence: str
    title: str
    asset: str
    issues: Sequence[int]
    hours: float
    cost: float | None
    per_week_before: float
    effect: Mapping[str, object] | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """What issues of a range of time teach."""

    start_ns: int
    end_ns: int
    by: str
    bars: Sequence[Bar]
    trend: Sequence[TrendPoint]
    backlog: Sequence[Improvement]
    currency: str
    remarks: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAction:
    """An action of a person with the issue it belongs to."""

    action: Action
    title: str
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A comment that names a person."""

    issue: int
    time_ns: int
    by: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MyWork:
    """What waits for a person."""

    issues: Sequence[Issue]
    actions: Sequence[OwnAction]
    mentions: Sequence[Mention]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A practice that the data shows (production.md §3): what set it off, its evidence and where to look."""

    practice: str
    title: str
    trigger: str
    evidence: Sequence[str]
    link: str
    assets: Sequence[str] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
