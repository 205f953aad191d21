"""How people are told, as it is written under `notify`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from gateway.deviation import Severity
from gateway.notice import SCREEN
from gateway.notify.channels.options import AnyChannel, address_problem, checked_host
from gateway.notify.teams.options import Person, TeamOptions
from gateway.options import Options
from gateway.production.kpi.options import Name


class Level(StrEnum):
    """Whom a step of the escalation tells."""

    OWNER = "owner"
    ON_DUTY = "on_duty"
    TEAM = "team"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"


class StepOptions(Options):
    """One step: told unless somebody has acknowledged by then."""

    after_s: float = Field(
        ge=0, le=604_800, description="How long after the issue opened (or was raised)."
    )
    tell: list[Level] = Field(
        min_length=1,
        description="`owner` (who is on duty where nobody owns it), `on_duty`, `team`, `supervisor`, `manager`.",
    )


class LadderOptions(Options):
    """The steps of one severity."""

    steps: list[StepOptions] = Field(
        min_length=1,
        max_length=20,
        description="Steps in their order; the first is usually after 0 s.",
    )
    repeat_s: float = Field(
        0.0,
        ge=0,
        le=604_800,
        description="The last step comes again after so long, until somebody acknowledges; 0: never.",
    )

    @model_validator(mode="after")
    def _rising(self) -> Self:
        times = [step.after_s for step in self.steps]
        if times != sorted(set(times)):
            msg = "each step comes later than the one before"
            raise ValueError(msg)
        if 0 < self.repeat_s < 60:
            msg = "repeat_s is 0 or 60 and more"
            raise ValueError(msg)
        return self


_MINUTE, _HOUR = 60.0, 3600.0
_LADDERS: dict[Severity, tuple[list[tuple[float, str]], float]] = {
    Severity.P1: ([(0, "owner"), (15 * _MINUTE, "supervisor"), (_HOUR, "manager")], 4 * _HOUR),
    Severity.P2: ([(0, "owner"), (_HOUR, "supervisor"), (4 * _HOUR, "manager")], 0),
    Severity.P3: ([(0, "owner"), (4 * _HOUR, "supervisor")], 0),
    Severity.P4: ([(0, "owner")], 0),
}
"""15 min, 1 h and 4 h from owner over supervisor to manager, later the milder an issue is (rules.md §5)."""


def default_ladders() -> dict[Severity, LadderOptions]:
    """Return the escalation that holds where none is written."""
    return {
        severity: LadderOptions.model_validate(
            {"steps": [{"after_s": s, "tell": [who]} for s, who in steps], "repeat_s": repeat_s}
        )
        for severity, (steps, repeat_s) in _LADDERS.items()
    }


def default_overdue() -> LadderOptions:
    """Return how overdue actions climb where nothing is written: owner, supervisor a day later, manager after three."""
    steps = [(0.0, "owner"), (86_400.0, "supervisor"), (259_200.0, "manager")]
    return LadderOptions.model_validate(
        {"steps": [{"after_s": s, "tell": [who]} for s, who in steps]}
    )


Address = Annotated[str, StringConstraints(min_length=1, max_length=254)]


class NotifyOptions(Options):
    """Channels, teams, and how what nobody acknowledges climbs."""

    allowed_hosts: list[str] = Field(
        default_factory=list,
        max_length=200,
        description="The only hosts that messages may be sent to; every other one is refused.",
    )
    channels: dict[Name, AnyChannel] = Field(
        default_factory=dict,
        description="Ways to tell people, by name; `screen` (the page) is always there.",
    )
    teams: dict[Name, TeamOptions] = Field(
        default_factory=dict, description="Who is told, by name; without a team nobody is."
    )
    people: dict[Person, dict[Name, Address]] = Field(
        default_factory=dict,
        description="Addresses of people by channel, until they set their own on the page.",
    )
    escalation: dict[Severity, LadderOptions] = Field(
        default_factory=default_ladders,
        description="Steps by severity; a severity that is left out keeps 15 min/1 h/4 h.",
    )
    remind_before_s: float = Field(
        86_400.0,
        ge=0,
        le=2_592_000,
        description="An action's owner is reminded so long before it is due; 0: not before.",
    )
    overdue: LadderOptions = Field(
        default_factory=default_overdue,
        description="Steps for actions that are overdue, counted from when they were due, until they are done;"
        " unless given the owner at once, the supervisor a day later, the manager after three.",
    )
    window_s: float = Field(
        600.0, ge=0, le=86_400, description="At most one message a line and person in this time."
    )
    link_s: float = Field(
        86_400.0, ge=300, le=604_800, description="How long a link to acknowledge is good."
    )
    give_up_s: float = Field(
        86_400.0,
        ge=60,
        le=604_800,
        description="A message that cannot be sent for so long is given up.",
    )
    max_waiting: int = Field(
        10_000,
        ge=100,
        le=1_000_000,
        description="Most messages that may wait; notices wait behind them.",
    )
    keep_days: float = Field(
        90.0, ge=1, le=3650, description="How long the delivery log is kept, in days."
    )

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, hosts: list[str]) -> list[str]:
        return [checked_host(host) for host in hosts]

    @field_validator("escalation")
    @classmethod
    def _complete(cls, given: dict[Severity, LadderOptions]) -> dict[Severity, LadderOptions]:
        return default_ladders() | given

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if SCREEN in self.channels:
            msg = f"channels: {SCREEN!r} is the page itself, choose another name"
            raise ValueError(msg)
        self._declared()
        for name, team in self.teams.items():
            for channel in team.channels:
                if channel not in self.channels:
                    known = ", ".join(self.channels) or "none"
                    msg = f"teams: {name}: no channel {channel!r}; there are: {known}"
                    raise ValueError(msg)
                if self.channels[channel].is_personal:
                    msg = f"teams: {name}: channel {channel!r} wants a person's address"
                    raise ValueError(msg)
        self._addresses()
        return self

    def _declared(self) -> None:
        for name, channel in self.channels.items():
            for host in sorted(channel.hosts - set(self.allowed_hosts)):
                msg = f"channels: {name}: {host} is not declared; add it to notify.allowed_hosts"
                raise ValueError(msg)

    def _addresses(self) -> None:
        for person, addresses in self.people.items():
            for name, address in addresses.items():
                if name not in self.channels:
                    msg = f"people: {person}: no channel {name!r}"
                    raise ValueError(msg)
                problem = address_problem(self.channels[name], address)
                if problem is not None:
                    msg = f"people: {person}: {name}: {problem}"
                    raise ValueError(msg)
