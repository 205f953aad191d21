"""Imported rows as the things they describe; the rows were checked cell by cell before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from gateway.errors import InvalidRequestError
from gateway.production.lifecycle import LotState
from gateway.production.model import (
    Calendar,
    Crew,
    DemandLine,
    Equipment,
    Handover,
    MaterialLot,
    Operation,
    Person,
    Product,
    Routing,
    SetupMatrix,
    Shift,
    Skill,
    StandardTime,
    Tool,
)
from gateway.production.tables.cells import break_pairs
from gateway.production.tables.importing import Record

Records = Sequence[Record]


def to_demand(records: Records) -> tuple[DemandLine, ...]:
    """Return the demand lines of `orders`."""
    return tuple(
        DemandLine(id=row["id"], product=row["product"], qty=row["qty"], due=row["due"],
                   priority=row["priority"])
        for row in _typed(records)
    )  # fmt: skip


def to_history(records: Records) -> dict[str, dict[date, float]]:
    """Return what was wanted on each day, by product."""
    history: dict[str, dict[date, float]] = {}
    for row in _typed(records):
        history.setdefault(row["product"], {})[row["date"]] = row["qty"]
    return history


def to_products(records: Records, materials: Records = ()) -> tuple[Product, ...]:
    """Return the products with what a piece of them is made of."""
    needs: dict[str, dict[str, float]] = {}
    for row in _typed(materials):
        needs.setdefault(row["product"], {})[row["material"]] = row["qty_per"]
    return tuple(
        Product(id=row["id"], uom=row["uom"], family=row["family"], scrap_fraction=row["scrap"],
                materials=needs.get(row["id"], {}))
        for row in _typed(records)
    )  # fmt: skip


def to_machines(records: Records, *, calendar: str) -> tuple[Equipment, ...]:
    """Return the machines; `calendar` holds where none is named."""
    return tuple(
        Equipment(id=row["id"], work_centre=row["work_centre"], family=row["family"], path=row["path"],
                  calendar=row["calendar"] or calendar, mtbf_min=row["mtbf_min"],
                  mttr_min=row["mttr_min"])
        for row in _typed(records)
    )  # fmt: skip


def to_calendars(records: Records, *, zone: str) -> tuple[Calendar, ...]:
    """Return the calendars of a zone; an end before its start lies on the next day."""
    shifts: dict[str, list[Shift]] = {}
    for row in _typed(records):
        begins, ends = row["from"], row["to"]
        ends += 1440 * (ends <= begins)
        shifts.setdefault(row["resource"], []).append(
            Shift(
                weekday=row["weekday"],
                start_min=begins,
                end_min=ends,
                breaks=_pairs(begins, row["break"]),
            )
        )
    return tuple(Calendar(id=name, zone=zone, shifts=tuple(each)) for name, each in shifts.items())


def _pairs(begins: int, text: str) -> tuple[tuple[int, int], ...]:
    """Return breaks on the shift's own scale: a wall time before its start lies after midnight."""
    return tuple(
        (at + 1440 * (at < begins), to + 1440 * (to < begins)) for at, to in break_pairs(text)
    )


def to_setups(records: Records) -> tuple[SetupMatrix, ...]:
    """Return the set-up times of each work centre."""
    minutes: dict[str, dict[tuple[str, str], int]] = {}
    for row in _typed(records):
        minutes.setdefault(row["work_centre"], {})[row["from"], row["to"]] = row["min"]
    return tuple(SetupMatrix(work_centre=name, minutes=each) for name, each in minutes.items())


def to_lots(records: Records) -> tuple[MaterialLot, ...]:
    """Return the material lots."""
    return tuple(
        MaterialLot(lot=row["lot"], material=row["material"], qty=row["qty"],
                    state=LotState(row["status"]))
        for row in _typed(records)
    )  # fmt: skip


def to_people(records: Records, *, calendar: str) -> tuple[Person, ...]:
    """Return the people, with a row for each skill; `calendar` holds where none is named."""
    skills: dict[str, list[Skill]] = {}
    works: dict[str, str] = {}
    for row in _typed(records):
        skill = Skill(skill=row["skill"], level=row["level"], valid_to=row["valid_to"])
        skills.setdefault(row["id"], []).append(skill)
        works[row["id"]] = row["calendar"] or works.get(row["id"], calendar)
    return tuple(
        Person(id=name, calendar=works[name], skills=tuple(each)) for name, each in skills.items()
    )


def to_tools(records: Records) -> tuple[Tool, ...]:
    """Return the tools."""
    return tuple(
        Tool(id=row["id"], tool_class=row["class"], life_cycles=row["life_cycles"],
             used_cycles=row["used_cycles"], calibration_due=row["calibration_due"])
        for row in _typed(records)
    )  # fmt: skip


def to_routings(
    records: Records, *, author: str
) -> tuple[tuple[Routing, ...], tuple[StandardTime, ...]]:
    """Return draft routings and the estimated times of their steps; rows of one step name its machines.

    Raises `InvalidRequestError` where rows of one step differ in anything but machine and times.
    """
    steps: dict[str, dict[str, tuple[Operation, list[str]]]] = {}
    times = []
    for row in _typed(records):
        made = _operation(row)
        product = steps.setdefault(row["product"], {})
        first, machines = product.setdefault(row["op"], (made, []))
        if first != made:
            raise InvalidRequestError(
                f"routing of {row['product']}, step {row['op']}: its rows differ in more than machine"
                " and times"
            )
        machines += [row["machine"]] * bool(row["machine"])
        times.append(
            StandardTime(product=row["product"], op=row["op"], machine=row["machine"],
                         run_s=row["run_s"], setup_min=row["setup_min"])
        )  # fmt: skip
    routings = tuple(
        Routing(
            product=name,
            author=author,
            operations=tuple(_with_machines(first, machines) for first, machines in each.values()),
        )
        for name, each in steps.items()
    )
    return routings, tuple(times)


def _operation(row: dict[str, Any]) -> Operation:
    accepts = row["accepts"]
    return Operation(
        op=row["op"],
        work_centre=row["work_centre"],
        after=tuple(row["after"].split()),
        role=row["role"],
        handover=Handover(what="pieces", accepted_by=accepts) if accepts else None,
        crew=Crew(skill=row["skill"], heads=row["heads"]) if row["skill"] else None,
        tool_class=row["tool"],
        transfer_lot=row["lot"],
        checklist=row["checklist"],
    )


def _with_machines(operation: Operation, machines: Sequence[str]) -> Operation:
    return replace(operation, machines=tuple(machines))


def _typed(records: Records) -> list[dict[str, Any]]:
    return [dict(each) for each in records]
