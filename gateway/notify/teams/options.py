"""Teams as people write them under `notify.teams`: members, calendar, on-call rotation, and whom they escalate to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import Field, StringConstraints, field_validator, model_validator

from gateway.deviation import IssueType
from gateway.options import Options
from gateway.production.kpi.options import MINUTES_A_DAY, Name, WallTime, Weekday, minutes

Person = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._@-]*$")
]
ZonePath = Annotated[str, StringConstraints(max_length=255, pattern=r"^[\w\-.]+(/[\w\-.]+){0,3}$")]


class TeamShiftOptions(Options):
    """A shift of the week and who works it; one that ends at or before its start ends on the next day."""

    days: list[Weekday] = Field(
        default_factory=lambda: list(Weekday),
        min_length=1,
        description="On which days it begins; every day unless given.",
    )
    start: WallTime = Field(description="Local time, such as 06:00.")
    end: WallTime = Field(description="Local time, such as 14:00.")
    members: list[Person] = Field(min_length=1, max_length=200, description="Who works it.")

    def span_min(self) -> tuple[int, int]:
        """Return start and end in minutes after the midnight it begins on."""
        begins, ends = minutes(self.start), minutes(self.end)
        return begins, ends if ends > begins else ends + MINUTES_A_DAY


class TeamExceptionOptions(Options):
    """A date on which other shifts work than the week says."""

    day: date = Field(description="Local date, such as 2026-12-25.")
    shifts: list[Name] = Field(
        default_factory=list,
        description="Names of the shifts that begin on it; empty: nobody works.",
    )


class SwapOptions(Options):
    """Somebody else is on call for a while."""

    start: datetime = Field(description="Local time, such as 2026-12-24 07:00.")
    end: datetime = Field(description="Local time, such as 2026-12-27 07:00.")
    person: Person = Field(description="Who is on call instead.")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start.tzinfo is not None or self.end.tzinfo is not None:
            msg = "write local times without a zone: the team's zone holds"
            raise ValueError(msg)
        if self.end <= self.start:
            msg = "a swap ends after it starts"
            raise ValueError(msg)
        return self


class RotationOptions(Options):
    """On call by turns: who is next takes over at the hand-over time."""

    order: list[Person] = Field(min_length=1, max_length=100, description="Who follows whom.")
    start: date = Field(description="Local date of the first hand-over, to the first of the order.")
    hand_over: WallTime = Field("07:00", description="Local time of the hand-over.")
    every_days: int = Field(7, ge=1, le=366, description="Days from hand-over to hand-over.")
    swaps: list[SwapOptions] = Field(
        default_factory=list,
        max_length=1000,
        description="Times in which somebody else is on call.",
    )


class TeamOptions(Options):
    """Who is told of what happens in its zones."""

    title: str = Field("", max_length=100, description="Name that people read; empty: the key.")
    zones: list[ZonePath] = Field(
        default_factory=list,
        max_length=200,
        description="site, site/area, line or machine it looks after; empty: the whole plant.",
    )
    types: list[IssueType] = Field(
        default_factory=list, description="Types of issues it is told of; empty: all."
    )
    time_zone: str = Field("", description="IANA time zone of its calendar; empty: the plant's.")
    members: list[Person] = Field(
        min_length=1, max_length=200, description="User names, told all where nobody is on duty."
    )
    shifts: dict[Name, TeamShiftOptions] = Field(
        default_factory=dict, description="Shifts of the week by name: who works is on duty."
    )
    exceptions: list[TeamExceptionOptions] = Field(
        default_factory=list, max_length=1000, description="Dates that differ from the week."
    )
    rotation: RotationOptions | None = Field(
        None, description="Who is on call while no shift works."
    )
    supervisors: list[Person] = Field(
        default_factory=list, max_length=50, description="Second step of the escalation."
    )
    managers: list[Person] = Field(
        default_factory=list, max_length=50, description="Last step of the escalation."
    )
    channels: list[Name] = Field(
        default_factory=list,
        max_length=20,
        description="Channels of the whole team that take no person's address, such as Teams or a webhook.",
    )

    @field_validator("time_zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if zone and zone not in available_timezones():
            msg = f"{zone!r} is no IANA time zone, want one such as Europe/Paris"
            raise ValueError(msg)
        return zone

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for each in self.exceptions:
            for name in each.shifts:
                if name not in self.shifts:
                    known = ", ".join(self.shifts) or "none"
                    msg = f"exception {each.day}: no shift {name!r}; there are: {known}"
                    raise ValueError(msg)
        strangers = sorted(self._named() - set(self.members))
        if strangers:
            msg = f"{', '.join(strangers)}: in shifts or rotation, but not among the members"
            raise ValueError(msg)
        return self

    def _named(self) -> set[str]:
        found = {person for shift in self.shifts.values() for person in shift.members}
        if self.rotation is not None:
            found |= {*self.rotation.order, *(swap.person for swap in self.rotation.swaps)}
        return found
