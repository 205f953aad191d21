"""Preventive maintenance as it is written under `maintenance`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gateway.options import Options
from gateway.production.kpi.options import Name
from gateway.workorder import Priority

MachinePath = Annotated[str, StringConstraints(max_length=255, pattern=r"^[\w\-.]+(/[\w\-.]+){3}$")]
Item = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class TriggerOptions(Options):
    """What a trigger opens."""

    title: str = Field(min_length=1, max_length=200, description="Title of the work orders.")
    description: str = Field("", max_length=4000, description="What is to be done.")
    priority: Priority = Field(Priority.MEDIUM, description="Priority of the work orders.")
    team: str = Field("", max_length=64, description="Team that does it.")
    checklist: list[Item] = Field(
        default_factory=list, max_length=100, description="What to do or look at, in order."
    )
    estimated_min: float | None = Field(
        None, gt=0, le=100_000, description="Estimated working time in minutes."
    )
    due_after_s: float | None = Field(
        None, gt=0, le=31_536_000, description="Due so long after it was opened."
    )


class HoursOptions(TriggerOptions):
    """A work order for every so many running hours, by the machine's states."""

    type: Literal["running_hours"] = Field("running_hours", description="By running hours.")
    machines: list[MachinePath] = Field(
        min_length=1, max_length=200, description="Machines it is for."
    )
    every_h: float = Field(gt=0, le=1_000_000, description="Running hours from one to the next.")


class CyclesOptions(TriggerOptions):
    """A work order for every so many pieces, by the machine's counters."""

    type: Literal["cycles"] = Field("cycles", description="By pieces made.")
    machines: list[MachinePath] = Field(
        min_length=1, max_length=200, description="Machines it is for."
    )
    every: float = Field(ge=1, le=1e12, description="Pieces, good or not, from one to the next.")


class DriftOptions(TriggerOptions):
    """A work order for an issue of certain rules, one at a time for each machine."""

    type: Literal["drift"] = Field("drift", description="By issues of rules that see wear.")
    rules: list[Name] = Field(min_length=1, max_length=100, description="Ids of the rules.")


AnyTrigger = Annotated[HoursOptions | CyclesOptions | DriftOptions, Field(discriminator="type")]


class MaintenanceOptions(Options):
    """What opens work orders by itself."""

    triggers: dict[Name, AnyTrigger] = Field(
        default_factory=dict, description="Preventive triggers by name."
    )
    look_every_s: float = Field(60.0, gt=0, le=3600, description="How often meters are read.")
    lateness_s: float = Field(
        900.0,
        ge=0,
        le=86_400,
        description="How long counters may come late; younger hours are not counted yet.",
    )
