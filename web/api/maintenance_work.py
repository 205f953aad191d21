"""Working on a work order: moving it on, its checklist, labour, parts, downtime and notes."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.workorder import Labour, Part, WorkAction
from web.api.access import Use
from web.api.docs import answers
from web.api.maintenance import Order, ns
from web.api.maintenance_models import (
    ORDER_EXAMPLE,
    Action,
    Downtime,
    NewLabour,
    NewPart,
    Note,
    OrderChange,
    OrderDocument,
    Tick,
)
from web.api.resource import Resource
from web.api.text import clean
from web.api.zones import work_zone
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/maintenance/orders/{number}", tags=["maintenance"])
_ANSWERS: Final[Any] = answers(ORDER_EXAMPLE, 401, 403, 404, 409)
_PROPOSE: Final[Any] = [needs(Right.MAINTENANCE_PROPOSE, work_zone)]
_APPROVE: Final[Any] = [needs(Right.MAINTENANCE_APPROVE, work_zone)]


@router.patch("", response_model=OrderDocument, responses=_ANSWERS, dependencies=_APPROVE)
async def change_work_order(services: Use, who: Who, number: Order, body: OrderChange) -> Response:
    """Change what an order says; what is not named stays."""
    given = body.model_dump(exclude={"version"}, exclude_unset=True)
    if "due_ms" in given:
        given["due_ns"] = ns(given.pop("due_ms"))
    if body.priority is not None:
        given["priority"] = body.priority.value
    kept = {
        name: clean(value) if isinstance(value, str) else value for name, value in given.items()
    }
    empty = {
        name for name in ("title", "priority", "team", "assignees") if kept.get(name, "") is None
    }
    changes = {name: value for name, value in kept.items() if name not in empty}
    changed = await services.maintenance.change(number, changes, by=who.name, version=body.version)
    return JsonResponse(document(changed))


@router.post(
    "/act/{action}", response_model=OrderDocument, responses=_ANSWERS, dependencies=_APPROVE
)
async def move_work_order(
    services: Use,
    who: Who,
    number: Order,
    action: Annotated[WorkAction, Path(examples=["start"])],
    body: Action,
) -> Response:
    """Move an order on by its transition table."""
    moved = await services.maintenance.act(
        number, action, by=who.name, version=body.version, note=clean(body.note)
    )
    return JsonResponse(document(moved))


@router.post(
    "/checklist/{item}", response_model=OrderDocument, responses=_ANSWERS, dependencies=_PROPOSE
)
async def tick_work_order(
    services: Use,
    who: Who,
    number: Order,
    item: Annotated[
        int, Path(ge=0, le=1000, description="Place in the list, from 0.", examples=[0])
    ],
    body: Tick,
) -> Response:
    """Tick an item of the checklist, or take that back."""
    ticked = await services.maintenance.check(number, item, by=who.name, done=body.done)
    return JsonResponse(document(ticked))


@router.post("/labour", response_model=OrderDocument, responses=_ANSWERS, dependencies=_APPROVE)
async def add_work_order_labour(
    services: Use, who: Who, number: Order, body: NewLabour
) -> Response:
    """Add working time."""
    labour = Labour(
        person=clean(body.person) or who.name,
        minutes=body.minutes,
        time_ns=services.clock.now_ns(),
        note=clean(body.note),
    )
    return JsonResponse(
        document(await services.maintenance.add_labour(number, labour, by=who.name))
    )


@router.post("/parts", response_model=OrderDocument, responses=_ANSWERS, dependencies=_APPROVE)
async def add_work_order_part(services: Use, who: Who, number: Order, body: NewPart) -> Response:
    """Add a part that was used."""
    part = Part(part=clean(body.part), quantity=body.quantity, unit_cost=body.unit_cost)
    return JsonResponse(document(await services.maintenance.add_part(number, part, by=who.name)))


@router.post("/notes", response_model=OrderDocument, responses=_ANSWERS, dependencies=_PROPOSE)
async def note_on_work_order(services: Use, who: Who, number: Order, body: Note) -> Response:
    """Add a note."""
    noted = await services.maintenance.note(number, clean(body.text), by=who.name)
    return JsonResponse(document(noted))


@router.put("/downtime", response_model=OrderDocument, responses=_ANSWERS, dependencies=_APPROVE)
async def set_work_order_downtime(
    services: Use, who: Who, number: Order, body: Downtime
) -> Response:
    """Record when the machine stood still."""
    start_ns, end_ns = ns(body.start_ms), ns(body.end_ms)
    assert start_ns is not None
    changed = await services.maintenance.set_downtime(
        number, start_ns=start_ns, end_ns=end_ns, by=who.name, version=body.version
    )
    return JsonResponse(document(changed))
