"""What a plan asks of every resource in every week: set-up plus quantity times run time over yield."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import numpy as np

from gateway.production.capacity.available import Availability, Minutes
from gateway.production.floor import Floor, run_minutes
from gateway.production.model import Equipment, Operation, Routing


class ResourceKind(StrEnum):
    """What can be short."""

    MACHINE = "machine"
    WORK_CENTRE = "work centre"
    CREW = "crew"
    TOOL = "tool"
    MATERIAL = "material"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Pieces of a product to be made in a week; `orders` are who asked, `priority` 1 goes first."""

    product: str
    week: date
    qty: float
    orders: tuple[str, ...] = ()
    priority: int = 5


Key = tuple[ResourceKind, str]


@dataclass(slots=True, eq=False)
class Row:
    """One resource: load and available by week (minutes; quantity for material), who causes it, run seconds a piece."""

    load: Minutes
    available: Minutes
    causes: dict[int, list[str]] = field(default_factory=dict)
    piece_s: dict[int, float] = field(default_factory=dict)

    def add(self, week: int, amount: float, wanted: Wanted, run_s: float = 0.0) -> None:
        """Book an amount in a week."""
        self.load[week] += amount
        self.causes.setdefault(week, []).extend(wanted.orders or (wanted.product,))
        self.piece_s[week] = max(self.piece_s.get(week, 0.0), run_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Something a step cannot do without, and that is not there at all."""

    what: str
    name: str
    week: date
    message: str
    orders: tuple[str, ...]
    level: int = 0


@dataclass(slots=True, eq=False, kw_only=True)
class Loads:
    """Every resource's row, and what is missing altogether."""

    weeks: tuple[date, ...]
    rows: dict[Key, Row]
    missing: list[Missing]


def loads(floor: Floor, wanted: Sequence[Wanted], *, weeks: Sequence[date]) -> Loads:
    """Return what the wanted pieces load, each step on the machine that is least full in its week."""
    booking = _Booking(floor, tuple(weeks))
    for each in sorted(wanted, key=lambda one: (one.week, one.priority, one.orders)):
        if each.qty > 0:
            booking.book(each)
    return booking.done()


class _Booking:
    def __init__(self, floor: Floor, weeks: tuple[date, ...]) -> None:
        self._floor, self._weeks = floor, weeks
        self._at = {monday: number for number, monday in enumerate(weeks)}
        self._free = Availability(floor, weeks)
        self._rows: dict[Key, Row] = {}
        self._missing: dict[tuple[str, str, date], Missing] = {}
        self._candidates: dict[int, tuple[Equipment, ...]] = {}
        for machine in floor.machines:
            self._row(ResourceKind.MACHINE, machine.id, self._free.of_calendar(machine.calendar))
            centre = self._row(ResourceKind.WORK_CENTRE, machine.work_centre, None)
            centre.available += self._free.of_calendar(machine.calendar)

    def _row(self, kind: ResourceKind, name: str, available: Minutes | None) -> Row:
        key = (kind, name)
        if key not in self._rows:
            zeros = np.zeros(len(self._weeks))
            self._rows[key] = Row(zeros, zeros.copy() if available is None else available)
        return self._rows[key]

    def _miss(self, wanted: Wanted, what: str, name: str, message: str, level: int = 0) -> None:
        key = (what, name, wanted.week)
        held = self._missing.get(key)
        orders = (*(held.orders if held else ()), *(wanted.orders or (wanted.product,)))
        self._missing[key] = Missing(
            what=what, name=name, week=wanted.week, message=message, level=level,
            orders=tuple(dict.fromkeys(orders)),
        )  # fmt: skip

    def book(self, wanted: Wanted) -> None:
        if wanted.week not in self._at:
            return
        routing = self._floor.routings.get(wanted.product)
        if routing is None:
            self._miss(
                wanted, "routing", wanted.product, f"{wanted.product} has no routing in force"
            )
            return
        self._material(wanted)
        for operation in routing.operations:
            self._operation(wanted, routing, operation)

    def _material(self, wanted: Wanted) -> None:
        product = self._floor.products.get(wanted.product)
        if product is None:
            return
        for material, each in product.materials.items():
            stock = np.full(len(self._weeks), self._floor.released(material))
            row = self._row(ResourceKind.MATERIAL, material, stock)
            row.add(self._at[wanted.week], wanted.qty * each / (1 - product.scrap_fraction), wanted)

    def _operation(self, wanted: Wanted, routing: Routing, operation: Operation) -> None:
        if id(operation) not in self._candidates:
            self._candidates[id(operation)] = self._floor.candidates(operation)
        step = f"{routing.product} step {operation.op}"
        options = []
        for machine in self._candidates[id(operation)]:
            standard = self._floor.standard(routing.product, operation.op, machine.id)
            if standard is not None:
                minutes = run_minutes(
                    qty=wanted.qty, run_s=standard.run_s, setup_min=standard.setup_min,
                    scrap_fraction=self._scrap(wanted.product),
                )  # fmt: skip
                options.append((machine, minutes, standard.run_s))
        if not self._candidates[id(operation)]:
            centre = operation.work_centre
            self._miss(wanted, "machine", centre, f"{step}: no machine in service at {centre}")
        elif not options:
            self._miss(wanted, "standard time", step, f"{step} has no approved standard time")
        else:
            self._place(wanted, operation, options)

    def _scrap(self, product: str) -> float:
        known = self._floor.products.get(product)
        return known.scrap_fraction if known else 0.0

    def _place(
        self, wanted: Wanted, operation: Operation, options: list[tuple[Equipment, float, float]]
    ) -> None:
        week = self._at[wanted.week]

        def fullness(option: tuple[Equipment, float, float]) -> tuple[float, float]:
            row = self._rows[ResourceKind.MACHINE, option[0].id]
            after = row.load[week] + option[1]
            return (after / row.available[week] if row.available[week] else np.inf, option[1])

        machine, minutes, run_s = min(options, key=fullness)
        self._rows[ResourceKind.MACHINE, machine.id].add(week, minutes, wanted, run_s)
        self._rows[ResourceKind.WORK_CENTRE, machine.work_centre].add(week, minutes, wanted, run_s)
        self._crew(wanted, operation, minutes, run_s)
        self._tool(wanted, operation, minutes, run_s)

    def _crew(self, wanted: Wanted, operation: Operation, minutes: float, run_s: float) -> None:
        crew, week = operation.crew, self._at[wanted.week]
        if crew is None:
            return
        name = f"{crew.skill} level {crew.level}"
        key = (ResourceKind.CREW, name)
        if key not in self._rows:
            self._row(*key, self._free.of_crew(crew.skill, crew.level))
        row = self._rows[key]
        if not self._floor.skilled(crew.skill, crew.level, wanted.week) or not row.available[week]:
            self._miss(
                wanted, "skill", crew.skill, level=crew.level,
                message=f"nobody holds {name} in the week of {wanted.week}",
            )  # fmt: skip
            return
        row.add(week, minutes * crew.heads, wanted, run_s)

    def _tool(self, wanted: Wanted, operation: Operation, minutes: float, run_s: float) -> None:
        name, week = operation.tool_class, self._at[wanted.week]
        if not name:
            return
        key = (ResourceKind.TOOL, name)
        if key not in self._rows:
            self._row(*key, self._free.of_tools(name))
        if self._rows[key].available[week]:
            self._rows[key].add(week, minutes, wanted, run_s)
            return
        expired = [
            f"{each.id} on {each.calibration_due}"
            for each in self._floor.tools
            if each.tool_class == name and each.calibration_due is not None
        ]
        if expired:
            message = (
                f"{name}: calibration expires before {wanted.week} ends ({', '.join(expired)})"
            )
            self._miss(wanted, "calibration", name, message)
        else:
            self._miss(wanted, "tool", name, f"there is no usable tool of class {name}")

    def done(self) -> Loads:
        return Loads(weeks=self._weeks, rows=self._rows, missing=list(self._missing.values()))


def stock_lines(
    demand: Mapping[date, float], *, weeks: Sequence[date], opening: float
) -> tuple[tuple[date, float, float, float, float], ...]:
    """Return (week, opening, demand, output, closing) by week: made is what the stock does not cover."""
    lines, stock = [], opening
    for monday in weeks:
        asked = demand.get(monday, 0.0)
        output = max(0.0, asked - stock)
        lines.append((monday, stock, asked, output, stock + output - asked))
        stock = stock + output - asked
    return tuple(lines)
