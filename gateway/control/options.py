"""What may be written to machines, as people write it under `control`; what is not written there is refused."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from gateway.access.rights import RIGHTS, Right, Role
from gateway.command import Approval, CommandKind, Value
from gateway.control.interlock import parse
from gateway.model import path_problem
from gateway.options import Options

SignalName = Annotated[
    str, StringConstraints(max_length=255, pattern=r"^[\w\-.]+(/[\w\-.]+){0,4}$")
]
Words = Annotated[str, StringConstraints(min_length=1, max_length=120)]
_OPERATING: Final = frozenset(role for role in Role if Right.SETPOINT_PROPOSE in RIGHTS[role])
_RECIPE_NAME: Final = 64


class Source(StrEnum):
    """Who, other than a person, may ask for a command; `service` is whoever holds a token of that kind."""

    SCHEDULER = "scheduler"
    RULES = "rules"
    SERVICE = "service"


class ParameterOptions(Options):
    """One signal that a command sets, and how far."""

    signal: SignalName = Field(
        description="What is written: its name on the command's machine, or its path."
    )
    low: float | None = Field(
        None, description="Least value that may be written, in the signal's unit."
    )
    high: float | None = Field(
        None, description="Greatest value that may be written, in the signal's unit."
    )
    max_step: float | None = Field(
        None,
        gt=0,
        description="Largest change from the present value; none allows the whole range.",
    )
    reason_above: float | None = Field(
        None, ge=0, description="Change from the present value above which a reason must be given."
    )
    tolerance: float = Field(
        0.0,
        ge=0,
        description="How far the value read back may be off and still counts as confirmed.",
    )

    @model_validator(mode="after")
    def _range(self) -> Self:
        given = (self.low, self.high, self.max_step, self.reason_above, self.tolerance)
        if not all(each is None or math.isfinite(each) for each in given):
            msg = "limits must be finite"
            raise ValueError(msg)
        if (self.low is None) != (self.high is None):
            msg = "low and high belong together"
            raise ValueError(msg)
        if self.low is not None and self.high is not None and self.low > self.high:
            msg = f"low {self.low:g} is above high {self.high:g}"
            raise ValueError(msg)
        return self


class InterlockOptions(Options):
    """What must hold, on good and fresh values, before anything is sent."""

    name: Words = Field(
        description="What it asks for, as people read it: the guard door is closed."
    )
    when: str = Field(
        max_length=500,
        description="Condition that must hold, such as: mode == 1 and motor_temp < 70.",
    )
    max_age_s: float = Field(
        10.0,
        gt=0,
        le=3600,
        description="Oldest value that counts, where the machine cannot be asked.",
    )


class ReadBackOptions(Options):
    """How it is known that the machine did what was asked."""

    signal: SignalName | None = Field(
        None, description="Signal that shows the effect; without it the written one."
    )
    expect: dict[int, list[int]] = Field(
        default_factory=dict,
        description="Values of `signal` that confirm a choice, by choice, such as 2: [3, 6].",
    )
    within_s: float = Field(
        5.0, ge=0.1, le=120, description="How long the machine has to show the effect."
    )
    max_age_s: float = Field(
        10.0, gt=0, le=3600, description="Oldest present value on which a selection may stand."
    )
    correlation: SignalName | None = Field(
        None,
        description="Text signal in which the machine repeats the id of the command it carried out.",
    )


class CommandOptions(Options):
    """One thing that may be asked of one machine."""

    title: Words = Field(description="What people read on the page.")
    kind: CommandKind = Field(
        description="`setpoint` and `recipe` set values, `command` writes one of its choices, `method` calls one, `job` sends job orders."
    )
    machine: str = Field(description="Path site/area/line/machine.")
    parameters: list[ParameterOptions] = Field(
        min_length=1, max_length=200, description="What is written; only a recipe has several."
    )
    choices: dict[int, Words] = Field(
        default_factory=dict,
        description="Numbers that a command or method may be asked for, and their words, such as 2: Start.",
    )
    recipes: dict[Annotated[str, StringConstraints(max_length=_RECIPE_NAME)], dict[str, Value]] = (
        Field(
            default_factory=dict,
            description="Recipes by name: a value for each parameter, by its `signal`. None lets people enter values.",
        )
    )
    roles: list[Role] = Field(
        default_factory=list,
        description="Roles that may ask for it, out of those with the right setpoint.propose; empty is all of these.",
    )
    rate_per_min: int = Field(
        6, ge=1, le=600, description="How often it may be sent within a minute, by all together."
    )
    interlocks: list[InterlockOptions] = Field(
        default_factory=list, max_length=50, description="What must hold before it is sent."
    )
    approval: Approval = Field(
        Approval.NONE,
        description="`second_person`: another person with the right setpoint.approve must agree first.",
    )
    approval_s: float = Field(
        600.0,
        ge=10,
        le=86_400,
        description="How long a proposal waits, and how long an approval is good.",
    )
    expires_s: float = Field(
        10.0, ge=1, le=60, description="How long a selection may wait for its operate."
    )
    read_back: ReadBackOptions = Field(
        default_factory=lambda: ReadBackOptions.model_validate({}),
        description="How the effect is confirmed.",
    )
    automatic: list[Source] = Field(
        default_factory=list,
        description="Who may have it carried out without a person; all others only propose it.",
    )

    @field_validator("machine")
    @classmethod
    def _machine(cls, path: str) -> str:
        if path_problem(f"{path}/x") is not None:
            msg = f"{path!r} is no machine: want site/area/line/machine"
            raise ValueError(msg)
        return path

    @field_validator("roles")
    @classmethod
    def _may(cls, roles: list[Role]) -> list[Role]:
        for role in roles:
            if role not in _OPERATING:
                wanted = ", ".join(sorted(_OPERATING))
                msg = f"{role} lacks the right setpoint.propose; want of {wanted}"
                raise ValueError(msg)
        return roles

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for each in self.parameters:
            path = self.path(each.signal)
            if path_problem(path) is not None or not path.startswith(f"{self.machine}/"):
                msg = f"parameter {each.signal!r} is no signal of {self.machine}"
                raise ValueError(msg)
        paths = [self.path(each.signal) for each in self.parameters]
        if len(set(paths)) < len(paths):
            msg = "two parameters set the same signal"
            raise ValueError(msg)
        if self.kind is not CommandKind.RECIPE and len(paths) > 1:
            msg = f"a {self.kind} has one parameter"
            raise ValueError(msg)
        self._check_choices()
        self._check_recipes()
        if self.approval is Approval.SECOND_PERSON and self.automatic:
            msg = "what a second person must approve cannot be automatic"
            raise ValueError(msg)
        for lock in self.interlocks:
            try:
                parse(lock.when, machine=self.machine)
            except ValueError as error:
                msg = f"interlock {lock.name!r}: {error}"
                raise ValueError(msg) from error
        return self

    def _check_choices(self) -> None:
        chosen = self.kind in {CommandKind.COMMAND, CommandKind.METHOD}
        if chosen != bool(self.choices):
            msg = (
                f"a {self.kind} needs choices, such as 2: Start"
                if chosen
                else f"a {self.kind} has no choices; want low and high"
            )
            raise ValueError(msg)
        unknown = sorted(set(self.read_back.expect) - set(self.choices))
        if unknown:
            msg = f"read_back.expect names {unknown[0]}, which is no choice"
            raise ValueError(msg)
        if chosen and set(self.read_back.expect) != set(self.choices):
            lacking = min(set(self.choices) - set(self.read_back.expect))
            msg = f"read_back.expect lacks {lacking}: which values confirm {self.choices[lacking]}?"
            raise ValueError(msg)
        if chosen and self.read_back.signal is None:
            msg = "read_back.signal: which signal shows what the machine did?"
            raise ValueError(msg)
        if not chosen and self.read_back.signal is not None and len(self.parameters) > 1:
            msg = "read_back.signal is for one parameter; a recipe is read back signal by signal"
            raise ValueError(msg)

    def _check_recipes(self) -> None:
        if self.recipes and self.kind is not CommandKind.RECIPE:
            msg = f"a {self.kind} has no recipes"
            raise ValueError(msg)
        names = {each.signal for each in self.parameters}
        for name, values in self.recipes.items():
            if set(values) != names:
                odd = min(set(values) ^ names)
                msg = f"recipe {name!r} must give each parameter one value; see {odd!r}"
                raise ValueError(msg)

    def path(self, signal: str) -> str:
        """Return the path of a signal written by its name."""
        return signal if "/" in signal else f"{self.machine}/{signal}"


class ControlOptions(Options):
    """Writing to machines: nothing is possible but what stands here. Safety functions stay in the PLC."""

    off_file: Path | None = Field(
        None,
        description="While this file exists nothing is sent to any machine; none means `control-off` in `data_dir`.",
    )
    commands: dict[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")],
        CommandOptions,
    ] = Field(
        default_factory=dict, max_length=5000, description="What may be asked of machines, by name."
    )
