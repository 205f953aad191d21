"""The shop floor as planning sees it: resources and definitions that are in force, looked up by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from gateway.errors import NotFoundError
from gateway.production.lifecycle import (
    EquipmentState,
    LotState,
    PersonState,
    StandardState,
    ToolState,
)
from gateway.production.model import (
    Calendar,
    Equipment,
    MaterialLot,
    Operation,
    Person,
    Product,
    Routing,
    SetupMatrix,
    StandardTime,
    Tool,
)

MIN_PER_H = 60


@dataclass(frozen=True, kw_only=True)
class Floor:
    """Everything a plan rests on; `routings` are the versions in force by product."""

    calendars: Mapping[str, Calendar]
    machines: tuple[Equipment, ...]
    products: Mapping[str, Product]
    routings: Mapping[str, Routing]
    standards: tuple[StandardTime, ...]
    people: tuple[Person, ...] = ()
    tools: tuple[Tool, ...] = ()
    lots: tuple[MaterialLot, ...] = ()
    setups: Mapping[str, SetupMatrix] = field(default_factory=dict)

    @cached_property
    def _times(self) -> dict[tuple[str, str, str], StandardTime]:
        newest: dict[tuple[str, str, str], StandardTime] = {}
        for each in self.standards:
            key = (each.product, each.op, each.machine)
            if each.state is StandardState.APPROVED and (
                key not in newest or newest[key].version < each.version
            ):
                newest[key] = each
        return newest

    def standard(self, product: str, op: str, machine: str) -> StandardTime | None:
        """Return the approved standard time on a machine, else the one for any machine."""
        return self._times.get((product, op, machine)) or self._times.get((product, op, ""))

    def candidates(self, operation: Operation) -> tuple[Equipment, ...]:
        """Return the machines in service that an operation may run on."""
        return tuple(
            each
            for each in self.machines
            if each.state is EquipmentState.ACTIVE
            and (
                each.id in operation.machines
                if operation.machines
                else each.work_centre == operation.work_centre
            )
        )

    def skilled(self, skill: str, level: int, on: date) -> tuple[Person, ...]:
        """Return the people whose skill is high enough and valid on a day."""
        return tuple(
            each
            for each in self.people
            if each.state is PersonState.ACTIVE
            and any(
                has.skill == skill
                and has.level >= level
                and (has.valid_to is None or has.valid_to >= on)
                for has in each.skills
            )
        )

    def usable_tools(self, tool_class: str, on: date) -> tuple[Tool, ...]:
        """Return the tools of a class that are neither worn nor blocked, and calibrated on a day."""
        return tuple(
            each
            for each in self.tools
            if each.tool_class == tool_class
            and each.state in {ToolState.READY, ToolState.IN_USE}
            and (each.life_cycles is None or each.used_cycles < each.life_cycles)
            and (each.calibration_due is None or each.calibration_due >= on)
        )

    def released(self, material: str) -> float:
        """Return how much of a material may be used."""
        return sum(
            each.qty
            for each in self.lots
            if each.material == material and each.state is LotState.RELEASED
        )

    def calendar(self, name: str) -> Calendar:
        """Return a calendar; raises `NotFoundError`."""
        if name not in self.calendars:
            raise NotFoundError(f"there is no calendar {name[:60]!r}")
        return self.calendars[name]


def run_minutes(*, qty: float, run_s: float, setup_min: float, scrap_fraction: float) -> float:
    """Return the minutes that good pieces take: the set-up, and the run of all pieces with those that fail."""
    return setup_min + qty * run_s / 60 / (1 - scrap_fraction)
