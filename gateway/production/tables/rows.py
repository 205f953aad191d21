"""Things as the rows that describe them: what `entities` reads, the other way round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gateway.production.model import Routing, StandardTime
from gateway.production.tables.importing import Record


def of_products(things: Sequence[Any]) -> list[Record]:
    """Return products without what they are made of."""
    return [
        {"id": each.id, "uom": each.uom, "family": each.family, "scrap": each.scrap_fraction}
        for each in things
    ]


def of_materials(things: Sequence[Any]) -> list[Record]:
    """Return what products are made of."""
    return [
        {"product": each.id, "material": material, "qty_per": qty}
        for each in things
        for material, qty in each.materials.items()
    ]


def of_machines(things: Sequence[Any]) -> list[Record]:
    """Return machines."""
    names = ("id", "work_centre", "calendar", "family", "path", "mtbf_min", "mttr_min")
    return [{name: getattr(each, name) for name in names} for each in things]


def of_calendars(things: Sequence[Any]) -> list[Record]:
    """Return the weekly shifts of calendars; ends past midnight as the wall time of the next day."""
    return [
        {
            "resource": each.id,
            "weekday": shift.weekday,
            "from": shift.start_min,
            "to": shift.end_min if shift.end_min <= 1440 else shift.end_min - 1440,
            "break": " ".join(f"{_clock(a)}-{_clock(b)}" for a, b in shift.breaks),
        }
        for each in things
        for shift in each.shifts
    ]


def _clock(minute: int) -> str:
    return f"{minute % 1440 // 60:02}:{minute % 60:02}"


def of_setups(things: Sequence[Any]) -> list[Record]:
    """Return set-up matrices pair by pair."""
    return [
        {"work_centre": each.work_centre, "from": before, "to": after, "min": minutes}
        for each in things
        for (before, after), minutes in each.minutes.items()
    ]


def of_lots(things: Sequence[Any]) -> list[Record]:
    """Return material lots."""
    return [
        {"material": each.material, "lot": each.lot, "qty": each.qty, "status": each.state.value}
        for each in things
    ]


def of_people(things: Sequence[Any]) -> list[Record]:
    """Return people, a row for each skill."""
    return [
        {
            "id": each.id,
            "skill": has.skill,
            "level": has.level,
            "valid_to": has.valid_to,
            "calendar": each.calendar,
        }
        for each in things
        for has in each.skills
    ]


def of_tools(things: Sequence[Any]) -> list[Record]:
    """Return tools."""
    return [
        {
            "id": each.id,
            "class": each.tool_class,
            "life_cycles": each.life_cycles,
            "used_cycles": each.used_cycles,
            "calibration_due": each.calibration_due,
        }
        for each in things
    ]


def of_orders(things: Sequence[Any]) -> list[Record]:
    """Return demand lines."""
    return [
        {name: getattr(each, name) for name in ("id", "product", "qty", "due", "priority")}
        for each in things
    ]


def of_history(things: Sequence[Any]) -> list[Record]:
    """Return past demand by day."""
    return [
        {"product": each.product, "date": day, "qty": qty}
        for each in things
        for day, qty in sorted(each.days.items())
    ]


def of_routings(routings: Sequence[Routing], times: Sequence[StandardTime]) -> list[Record]:
    """Return routings, a row for each machine of a step that has a time of its own."""
    found: list[Record] = []
    for routing in routings:
        for step in routing.operations:
            mine = [each for each in times if (each.product, each.op) == (routing.product, step.op)]
            found += [
                {
                    "product": routing.product,
                    "op": step.op,
                    "after": " ".join(step.after),
                    "work_centre": step.work_centre,
                    "machine": time.machine,
                    "run_s": time.run_s,
                    "setup_min": time.setup_min,
                    "skill": step.crew.skill if step.crew else "",
                    "heads": step.crew.heads if step.crew else 1,
                    "tool": step.tool_class,
                    "lot": step.transfer_lot,
                    "checklist": step.checklist,
                    "role": step.role,
                    "accepts": step.handover.accepted_by if step.handover else "",
                }
                for time in mine
            ]
    return found


OF: Final[Mapping[str, Callable[[Sequence[Any]], list[Record]]]] = {
    "calendar": of_calendars,
    "products": of_products,
    "materials": of_materials,
    "machines": of_machines,
    "setup": of_setups,
    "people": of_people,
    "tools": of_tools,
    "lots": of_lots,
    "orders": of_orders,
    "history": of_history,
}
"""How the things of each table are told, routings aside."""
