"""The documents of maintenance."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from gateway.workorder import Priority, WorkKind
from web.api.models import Document

_STRICT: Final = ConfigDict(extra="forbid")
ORDER_EXAMPLE: Final[dict[str, Any]] = {
    "number": 4,
    "key": "wo-4",
    "kind": "corrective",
    "state": "in_progress",
    "title": "Replace valve 3",
    "description": "It sticks below 5 °C.",
    "priority": "high",
    "asset": "plant/bottling/line1/filler",
    "team": "line1",
    "assignees": ["ben"],
    "issue": 17,
    "trigger": "",
    "external": "",
    "created_by": "anna",
    "created_ms": 1767247203000.0,
    "raised_ms": 1767247200000.0,
    "due_ms": 1767268800000.0,
    "reacted_ms": 1767247500000.0,
    "completed_ms": None,
    "closed_ms": None,
    "estimated_min": 45.0,
    "downtime_start_ms": 1767247200000.0,
    "downtime_end_ms": None,
    "hold_reason": "",
    "completion_note": "",
    "checklist": [{"text": "Lock out", "done": True, "by": "ben", "time_ms": 1767247600000.0}],
    "labour": [{"person": "ben", "minutes": 20.0, "time_ms": 1767249000000.0, "note": ""}],
    "parts": [{"part": "valve V3", "quantity": 1.0, "unit_cost": 42.5}],
    "version": 5,
}


class ChecklistDocument(Document):
    """One thing to do or look at."""

    text: str
    done: bool
    by: str
    time_ms: float | None


class LabourDocument(Document):
    """Somebody's working time."""

    person: str
    minutes: float
    time_ms: float
    note: str


class PartDocument(Document):
    """A part that was used."""

    part: str
    quantity: float
    unit_cost: float | None


class OrderDocument(Document):
    """One work order."""

    number: int
    key: str
    kind: str
    state: str
    title: str
    description: str
    priority: str
    asset: str
    team: str
    assignees: list[str]
    issue: int | None
    trigger: str
    external: str
    created_by: str
    created_ms: float
    raised_ms: float
    due_ms: float | None
    reacted_ms: float | None
    completed_ms: float | None
    closed_ms: float | None
    estimated_min: float | None
    downtime_start_ms: float | None
    downtime_end_ms: float | None
    hold_reason: str
    completion_note: str
    checklist: list[ChecklistDocument]
    labour: list[LabourDocument]
    parts: list[PartDocument]
    version: int


class OrderPage(Document):
    """Work orders, newest first."""

    items: list[OrderDocument]
    next_before: int | None


class WorkEventDocument(Document):
    """One entry of a work order's history."""

    seq: int
    order: int
    time_ms: float
    action: str
    by: str
    detail: dict[str, Any]


class WorkEventList(Document):
    """A work order's history, oldest first."""

    items: list[WorkEventDocument]


class TriggerDocument(Document):
    """One preventive trigger at one machine."""

    trigger: str
    type: str
    title: str
    machine: str
    unit: str
    every: float | None
    total: float
    used: float | None
    last_order: int | None
    as_of_ms: float | None


class TriggerList(Document):
    """All preventive triggers."""

    items: list[TriggerDocument]


class ReliabilityDocument(Document):
    """How an asset holds up."""

    asset: str
    start_ms: float
    end_ms: float
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


class ImportedDocument(Document):
    """What an import did or would do."""

    created: int
    changed: int
    unchanged: int
    mistakes: list[str]
    dry_run: bool


class NewOrder(BaseModel):
    """A work order to open, or a request to write down."""

    model_config = _STRICT
    title: str = Field(min_length=1, max_length=200, examples=["Replace valve 3"])
    asset: str = Field(min_length=1, max_length=255, examples=["plant/bottling/line1/filler"])
    kind: WorkKind = WorkKind.REQUEST
    description: str = Field("", max_length=4000)
    priority: Priority = Priority.MEDIUM
    team: str = Field("", max_length=64)
    assignees: list[str] = Field(default_factory=list, max_length=50)
    issue: int | None = Field(None, ge=1, le=2**31 - 1)
    due_ms: float | None = Field(None, ge=0, le=4e12)
    estimated_min: float | None = Field(None, ge=0, le=100_000)
    checklist: list[str] = Field(default_factory=list, max_length=100)


class OrderChange(BaseModel):
    """What is to change; `version` is the one that was read."""

    model_config = _STRICT
    version: int = Field(ge=1, le=2**31 - 1)
    title: str | None = Field(None, min_length=1, max_length=200)
    description: str | None = Field(None, max_length=4000)
    priority: Priority | None = None
    team: str | None = Field(None, max_length=64)
    assignees: list[str] | None = Field(None, max_length=50)
    due_ms: float | None = Field(None, ge=0, le=4e12)
    estimated_min: float | None = Field(None, ge=0, le=100_000)


class Action(BaseModel):
    """Moves an order on; `note` is the reason where one is asked for."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"version": 5, "note": "Valve replaced."}}
    )
    version: int = Field(ge=1, le=2**31 - 1)
    note: str = Field("", max_length=4000)


class Tick(BaseModel):
    """Whether an item is done."""

    model_config = _STRICT
    done: bool


class NewLabour(BaseModel):
    """Working time; of oneself unless a person is named."""

    model_config = _STRICT
    minutes: float = Field(gt=0, le=10_000, examples=[20.0])
    person: str = Field("", max_length=64)
    note: str = Field("", max_length=500)


class NewPart(BaseModel):
    """A part that was used."""

    model_config = _STRICT
    part: str = Field(min_length=1, max_length=200, examples=["valve V3"])
    quantity: float = Field(gt=0, le=1e6, examples=[1.0])
    unit_cost: float | None = Field(None, ge=0, le=1e9)


class Note(BaseModel):
    """What somebody says about an order."""

    model_config = _STRICT
    text: str = Field(min_length=1, max_length=4000, examples=["Part is ordered."])


class Downtime(BaseModel):
    """When the machine stood still; no end while it still does."""

    model_config = _STRICT
    version: int = Field(ge=1, le=2**31 - 1)
    start_ms: float = Field(ge=0, le=4e12, examples=[1767247200000.0])
    end_ms: float | None = Field(None, ge=0, le=4e12)
