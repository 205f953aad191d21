"""A small shop with a published schedule, put into the archive without planning it: two orders of two steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from gateway.access.port import Identity
from gateway.access.rights import Grant, Role
from gateway.production.archive import Archive
from gateway.production.lifecycle import RoutingState, ScheduleState, WorkOrderState
from gateway.production.model import (
    Calendar,
    Crew,
    Equipment,
    Handover,
    JobOrder,
    MaterialLot,
    Operation,
    Person,
    Product,
    Routing,
    Schedule,
    ScheduleCause,
    Shift,
    Skill,
    StandardTime,
    Tool,
    WorkOrder,
)

ANNA = Identity(name="anna", kind="person", grants=(Grant(Role.ADMINISTRATOR),))
OTTO = Identity(name="otto", kind="person", grants=(Grant(Role.OPERATOR),))
LATHE = "plant/cell/line1/m1"
ZONE = "Europe/Berlin"
QTY = 250
_DAY = tuple(Shift(weekday=each, start_min=0, end_min=1440) for each in range(7))


def things(now_min: int) -> dict[str, Any]:
    """Return the shop by name; a test may replace any of it before it is kept."""
    turn = Operation(
        op="turn", work_centre="turning", role="operator", crew=Crew(skill="machining", level=2),
        tool_class="insert", checklist="first piece",
        handover=Handover(what="250 bodies", accepted_by="quality"),
    )  # fmt: skip
    test = Operation(op="test", work_centre="lab", after=("turn",), role="quality")
    jobs = tuple(
        JobOrder(
            id=f"{order}/{op}", order=order, op=op, machine=machine,
            start_at_min=now_min + start, end_at_min=now_min + start + 120,
        )
        for order, op, machine, start in (
            ("W-1", "turn", "M1", 0), ("W-1", "test", "L1", 130),
            ("W-2", "turn", "M2", 60), ("W-2", "test", "L1", 300),
        )
    )  # fmt: skip
    return {
        "calendar": Calendar(id="always", zone=ZONE, shifts=_DAY),
        "m1": Equipment(id="M1", work_centre="turning", calendar="always", path=LATHE),
        "m2": Equipment(id="M2", work_centre="turning", calendar="always"),
        "l1": Equipment(id="L1", work_centre="lab", calendar="always"),
        "product": Product(id="P", materials={"bar": 0.8}),
        "routing": Routing(product="P", operations=(turn, test), state=RoutingState.ACTIVE),
        "turn time": StandardTime(product="P", op="turn", run_s=25.0),
        "test time": StandardTime(product="P", op="test", run_s=5.0),
        "person": Person(
            id="201", calendar="always",
            skills=(Skill(skill="machining", level=3, valid_to=date(2027, 1, 4)),),
        ),
        "tool": Tool(
            id="T-1", tool_class="insert", life_cycles=1000, used_cycles=100,
            calibration_due=date(2027, 6, 1),
        ),
        "lot": MaterialLot(lot="L-1", material="bar", qty=900.0),
        "order 1": _order("W-1", now_min),
        "order 2": _order("W-2", now_min),
        "schedule": Schedule(
            jobs=jobs, cause=ScheduleCause.MANUAL, frozen_until_min=now_min + 60, cost=0.0,
            state=ScheduleState.PUBLISHED,
        ),
    }  # fmt: skip


def _order(name: str, now_min: int) -> WorkOrder:
    return WorkOrder(
        id=name, product="P", qty=QTY, due_at_min=now_min + 1440, state=WorkOrderState.RELEASED
    )


async def fill(archive: Archive, shop: dict[str, Any]) -> None:
    """Keep a shop."""
    await archive.add(list(shop.values()), by="test")


async def changed(archive: Archive, kind: type[Any], name: str, **values: Any) -> None:
    """Keep the next version of a thing with other values."""
    held = await archive.get(kind, name)
    await archive.add([replace(held, version=held.version + 1, **values)], by="test")
