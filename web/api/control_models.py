"""The documents of commands to machines."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.command import Approval, CommandKind, OperationState
from web.api.models import Document, Number

Value = bool | int | float | str
Text = Annotated[str, StringConstraints(max_length=255)]
Values = Annotated[
    dict[Text, Annotated[bool | int | float | Text, Field(union_mode="smart")]],
    Field(
        min_length=1, max_length=200, description="Value by signal: its path, or its last level."
    ),
]
Reason = Annotated[str, Field(max_length=1000, description="Why; may be asked for.")]

SPEED: Final = "plant/bottling/line1/filler/target_speed"
OPERATION: Final[dict[str, Any]] = {
    "id": "9f2c41aa07d3e815",
    "command": "filler-speed",
    "title": "Target speed",
    "machine": "plant/bottling/line1/filler",
    "kind": "setpoint",
    "state": "ok",
    "values": {SPEED: 110.0},
    "present": {SPEED: 120.0},
    "reason": "Bottles tip over at the capper.",
    "by": "anna",
    "by_kind": "person",
    "approved_by": "",
    "explanation": "Good; target_speed shows 110",
    "created_ms": 1767247200000.0,
    "changed_ms": 1767247204000.0,
    "sent_ms": 1767247203900.0,
    "expires_ms": 1767247210000.0,
}
COMMAND: Final[dict[str, Any]] = {
    "name": "filler-speed",
    "title": "Target speed",
    "kind": "setpoint",
    "machine": "plant/bottling/line1/filler",
    "parameters": [
        {
            "signal": SPEED,
            "shown": SPEED,
            "unit": "1/min",
            "data_type": "float",
            "decimals": 0,
            "low": 60.0,
            "high": 130.0,
            "max_step": 30.0,
            "reason_above": 15.0,
            "labels": {},
            "present": {"value": 120.0, "age_s": 0.2, "problem": ""},
        }
    ],
    "choices": {},
    "recipes": {},
    "interlocks": [{"name": "in production", "when": "mode == 1", "problem": ""}],
    "roles": ["operator", "supervisor"],
    "approval": "none",
    "rate_per_min": 6,
    "expires_s": 10.0,
    "why_not": [],
    "last": OPERATION,
}


class OperationDocument(Document):
    """One attempt at a command, and what became of it."""

    id: str
    command: str
    title: str
    machine: str
    kind: CommandKind
    state: OperationState
    values: dict[str, Value]
    present: dict[str, Value]
    reason: str
    by: str
    by_kind: str
    approved_by: str
    explanation: str
    created_ms: float
    changed_ms: float
    sent_ms: Number
    expires_ms: Number


class StepDocument(Document):
    """One entry of an operation's history."""

    n: int
    state: OperationState
    time_ms: float
    by: str
    explanation: str


class SelectionDocument(Document):
    """A selection: `nonce` carries it out, once, by the session that made it."""

    operation: OperationDocument
    nonce: str


class PresentDocument(Document):
    """What a machine holds now; `problem` says why it cannot be relied on."""

    value: Value | None
    age_s: Number
    problem: str


class ParameterDocument(Document):
    """One parameter of a command."""

    signal: str
    shown: str
    unit: str
    data_type: str
    decimals: int
    low: Number
    high: Number
    max_step: Number
    reason_above: Number
    labels: dict[str, str]
    present: PresentDocument


class InterlockDocument(Document):
    """One interlock; `problem` says why it blocks."""

    name: str
    when: str
    problem: str


class CommandDocument(Document):
    """One command as the caller sees it; `why_not` is empty where it may be sent now."""

    name: str
    title: str
    kind: CommandKind
    machine: str
    parameters: list[ParameterDocument]
    choices: dict[str, str]
    recipes: dict[str, dict[str, Value]]
    interlocks: list[InterlockDocument]
    roles: list[str]
    approval: Approval
    rate_per_min: int
    expires_s: float
    why_not: list[str]
    last: OperationDocument | None


class LockDocument(Document):
    """Who keeps a machine from being operated; an empty machine is the whole plant."""

    machine: str
    by: str
    why: str
    since_ms: float


class ControlDocument(Document):
    """What may be asked of machines, and what stands above it all."""

    off: str
    trouble: str
    locks: list[LockDocument]
    items: list[CommandDocument]


class OperationPage(Document):
    """Operations, newest first."""

    items: list[OperationDocument]
    next_before_ms: Number


class OperationDetail(Document):
    """One operation with its history."""

    operation: OperationDocument
    history: list[StepDocument]


class Asked(BaseModel):
    """What is to be set, and why."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"values": {SPEED: 110.0}, "reason": ""}}
    )
    values: Values
    reason: Reason = ""


class Selected(Asked):
    """The same, and the proposal it stands on where it needs one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"values": {SPEED: 110.0}, "reason": "", "proposal": ""}},
    )
    proposal: str = Field("", max_length=32, description="Id of an approved proposal.")


class Operated(BaseModel):
    """What carries a selection out: its nonce, and the present values that the person saw."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"nonce": "q3Jk…", "expected": {SPEED: 120.0}}},
    )
    nonce: str = Field(min_length=1, max_length=100)
    expected: Values


class Why(BaseModel):
    """Why something is locked, released or declined."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"why": "Changing nozzle 3."}}
    )
    why: str = Field("", max_length=1000)
