"""What people ask of machines: the commands there are, where one stands, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = "bool | int | float | str"
"""What one parameter of a command may be."""


class CommandKind(StrEnum):
    """What is asked of a machine."""

    SETPOINT = "setpoint"
    RECIPE = "recipe"
    COMMAND = "command"
    METHOD = "method"
    JOB = "job"


class OperationState(StrEnum):
    """Where one attempt at a command stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    SELECTED = "selected"
    SENDING = "sending"
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Approval(StrEnum):
    """Whether one person is enough."""

    NONE = "none"
    SECOND_PERSON = "second_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What a machine holds now of one signal; `problem` says why it cannot be relied on, "" means it can.

    `age_s` counts from when the gateway received it; 0 for a value that was just read from the machine.
    """

    value: Value | None
    age_s: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One attempt at a command: what was frozen at its selection, who asked, and what became of it.

    `values` and `present` are by signal path; `expires_ns` is when a waiting one runs out.
    """

    id: str
    command: str
    title: str
    machine: str
    kind: CommandKind
    state: OperationState
    values: Mapping[str, Value]
    present: Mapping[str, Value]
    reason: str
    by: str
    by_kind: str
    approved_by: str
    explanation: str
    created_ns: int
    changed_ns: int
    sent_ns: int | None
    expires_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """What a part of the gateway that is no person asks of a machine, and what for.

    One of three says what: `value` for a command of one signal, `values` by signal, or the name of a `recipe`.
    `key` names the occasion, such as "job 4711 start": asked again with the same key, the first answer stands.
    `cause` stands behind the asker's name where people read it, such as the rule's id.
    """

    command: str
    key: str
    reason: str
    value: Value | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    recipe: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationStep:
    """One entry of an operation's history."""

    n: int
    state: OperationState
    time_ns: int
    by: str
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """An operation that may be carried out once, by who selected it, with this nonce."""

    operation: Operation
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterView:
    """One parameter as the page shows it; `present` is of the signal `shown`, by which its effect is seen."""

    signal: str
    shown: str
    unit: str
    data_type: str
    decimals: int
    low: float | None
    high: float | None
    max_step: float | None
    reason_above: float | None
    labels: Mapping[int, str]
    present: Present


@dataclass(frozen=True, slots=True, kw_only=True)
class InterlockView:
    """One interlock now; `problem` says why it blocks, "" means that it does not."""

    name: str
    when: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandView:
    """One command as somebody sees it: `why_not` are the reasons for which it is refused now, empty means allowed."""

    name: str
    title: str
    kind: CommandKind
    machine: str
    parameters: tuple[ParameterView, ...]
    choices: Mapping[int, str]
    recipes: Mapping[str, Mapping[str, Value]]
    interlocks: tuple[InterlockView, ...]
    roles: tuple[str, ...]
    approval: Approval
    rate_per_min: int
    expires_s: float
    why_not: tuple[str, ...]
    last: Operation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Who keeps a machine from being operated, and why; an empty machine is the kill switch of the whole plant."""

    machine: str
    by: str
    why: str
    since_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlState:
    """What stands above every command: kill switch, lock-outs, and whether the audit takes entries.

    `off` is why nothing is operated at all, `trouble` what keeps it from being recorded; "" where there is nothing.
    """

    off: str
    trouble: str
    locks: tuple[Lock, ...]
    commands: int
    figures: Mapping[str, float] = field(default_factory=dict)
