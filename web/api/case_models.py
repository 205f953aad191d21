"""Corrective action, as the OpenAPI document describes it."""

from __future__ import annotations

from typing import Any

from web.api.issue_models import IssueDocument
from web.api.models import Document, Number


class StepDocument(Document):
    """One step of an action."""

    text: str
    done: bool


class ActionDocument(Document):
    """What somebody is to do by a date; `version` rises with every change."""

    issue: int
    id: int
    kind: str
    title: str
    owner: str
    due_ms: float
    checklist: list[StepDocument]
    done_ms: float | None
    done_by: str
    created_ms: float
    created_by: str
    version: int


class AttachmentDocument(Document):
    """A file of an issue; `media` is what its content was found to be."""

    issue: int
    id: int
    name: str
    media: str
    size: int
    sha256: str
    added_by: str
    added_ms: float


class VerificationDocument(Document):
    """A round of proof; `progress` holds its part of 1, a sentence and its figures."""

    issue: int
    round: int
    template: str
    settings: dict[str, Any]
    state: str
    chosen_by: str
    chosen_ms: float
    started_ms: float | None
    watched_ms: float
    looked_ms: float | None
    ended_ms: float | None
    progress: dict[str, Any]


class MissingDocument(Document):
    """What a gate still wants."""

    what: str
    text: str


class MoveDocument(Document):
    """A state that may be asked for now, and what is missing for it."""

    action: str
    to: str
    missing: list[MissingDocument]


class SimilarDocument(Document):
    """A machine with the same kind of signal."""

    asset: str
    signal: str
    seen: int
    issues: list[int]
    finding: str
    checked_by: str
    checked_ms: float | None


class CaseDocument(Document):
    """An issue with all that people and data added to it."""

    issue: IssueDocument
    fields: dict[str, Any]
    moves: list[MoveDocument]
    actions: list[ActionDocument]
    attachments: list[AttachmentDocument]
    verifications: list[VerificationDocument]
    similar: list[SimilarDocument]
    repeats: list[int]
    context: dict[str, Any] | None


class OwnActionDocument(Document):
    """An action with the issue it belongs to."""

    action: ActionDocument
    title: str
    severity: str


class MentionDocument(Document):
    """A comment that names a person."""

    issue: int
    time_ms: float
    by: str
    text: str


class MyWorkDocument(Document):
    """What waits for a person."""

    name: str
    issues: list[IssueDocument]
    actions: list[OwnActionDocument]
    mentions: list[MentionDocument]


class BarDocument(Document):
    """One bar of a Pareto."""

    name: str
    issues: int
    hours: float
    pieces: Number
    cost: Number
    numbers: list[int]


class TrendPointDocument(Document):
    """One week."""

    start_ms: float
    opened: int
    closed: int
    mtta_s: Number
    mttr_s: Number


class ImprovementDocument(Document):
    """A place in the improvement backlog."""

    recurrence: str
    title: str
    asset: str
    issues: list[int]
    hours: float
    cost: Number
    per_week_before: float
    effect: dict[str, Any] | None
    state: str


class LearningDocument(Document):
    """What the issues of a range of time teach."""

    start_ms: float
    end_ms: float
    by: str
    bars: list[BarDocument]
    trend: list[TrendPointDocument]
    backlog: list[ImprovementDocument]
    currency: str
    remarks: list[str]


class HintDocument(Document):
    """A practice that the records show."""

    practice: str
    title: str
    trigger: str
    evidence: list[str]
    link: str
    assets: list[str]
    figures: dict[str, float]


class HintList(Document):
    """Every practice that the records show now."""

    items: list[HintDocument]


class BaselineDocument(Document):
    """Settings that the data before the fix suggests."""

    template: str
    settings: dict[str, Any]
