"""Work orders as people meet them: what is to be done to a machine, by whom, until when, and what it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class WorkState(StrEnum):
    """The life of a work order; a request waits for approval first."""

    REQUESTED = "requested"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    COMPLETE = "complete"
    CLOSED = "closed"
    REJECTED = "rejected"


class WorkAction(StrEnum):
    """What moves a work order on."""

    APPROVE = "approve"
    REJECT = "reject"
    START = "start"
    HOLD = "hold"
    COMPLETE = "complete"
    CLOSE = "close"
    REOPEN = "reopen"
    CANCEL = "cancel"


class WorkKind(StrEnum):
    """Why work is done; `corrective` after a failure, `preventive` before one."""

    REQUEST = "request"
    CORRECTIVE = "corrective"
    PREVENTIVE = "preventive"
    INSPECTION = "inspection"


class Priority(StrEnum):
    """How soon."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """One thing to do or look at."""

    text: str
    done: bool = False
    by: str = ""
    time_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Labour:
    """Somebody's working time, in minutes."""

    person: str
    minutes: float
    time_ns: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part that was used; `unit_cost` in the plant's currency, None where nobody said."""

    part: str
    quantity: float
    unit_cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """One work order; `external` is its key in a CMMS, `trigger` what opened it by itself, `version` rises by change.

    `raised_ns` is when the need began (the linked issue's onset, else when it was written), `reacted_ns` when
    somebody first took it, `downtime` when the machine stood still because of it.
    """

    number: int
    key: str
    kind: WorkKind
    state: WorkState
    title: str
    description: str
    priority: Priority
    asset: str
    team: str
    assignees: Sequence[str]
    issue: int | None
    trigger: str
    external: str
    created_by: str
    created_ns: int
    raised_ns: int
    due_ns: int | None
    reacted_ns: int | None
    completed_ns: int | None
    closed_ns: int | None
    estimated_min: float | None
    downtime_start_ns: int | None
    downtime_end_ns: int | None
    hold_reason: str
    completion_note: str
    checklist: Sequence[ChecklistItem] = ()
    labour: Sequence[Labour] = ()
    parts: Sequence[Part] = ()
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkEvent:
    """One entry of a work order's history."""

    seq: int
    order: int
    time_ns: int
    action: str
    by: str
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWork:
    """A work order to open, or a request."""

    title: str
    asset: str
    kind: WorkKind = WorkKind.REQUEST
    description: str = ""
    priority: Priority = Priority.MEDIUM
    team: str = ""
    assignees: Sequence[str] = ()
    issue: int | None = None
    due_ns: int | None = None
    estimated_min: float | None = None
    checklist: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkWanted:
    """Which work orders a search wants, newest first; empty texts want all."""

    states: Sequence[WorkState] = ()
    kinds: Sequence[WorkKind] = ()
    priorities: Sequence[Priority] = ()
    asset: str = ""
    team: str = ""
    assignee: str = ""
    issue: int | None = None
    text: str = ""
    before: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How an asset holds up over a time, from its work orders: means in seconds, None where nothing was counted.

    `operating_s` is the machines' run and set-up time, None where it is not measured.
    """

    asset: str
    start_ns: int
    end_ns: int
    failures: int
    operating_s: float | None
    mtbf_s: float | None
    mttr_s: float | None
    mtta_s: float | None
    availability: float | None
    orders: int
    labour_min: float
    parts_cost: float
    overdue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerStatus:
    """One preventive trigger at one machine: how much of its interval is used, and what it opened last."""

    trigger: str
    type: str
    title: str
    machine: str
    unit: str
    every: float | None
    total: float
    used: float | None
    last_order: int | None
    as_of_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did, or would do; `mistakes` empty unless nothing was imported."""

    created: int
    changed: int
    unchanged: int
    mistakes: Sequence[str]
    dry_run: bool
