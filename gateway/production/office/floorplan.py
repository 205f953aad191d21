"""The floor as the archive holds it now: what plans and schedules rest on."""

from __future__ import annotations

from dataclasses import replace

from gateway.production.archive import Archive
from gateway.production.floor import Floor
from gateway.production.lifecycle import RoutingState, StandardState
from gateway.production.model import (
    Calendar,
    Equipment,
    MaterialLot,
    Person,
    Product,
    Routing,
    SetupMatrix,
    StandardTime,
    Tool,
)


async def load_floor(archive: Archive) -> Floor:
    """Return the newest resources and definitions, with the routings in force and the approved times."""
    return Floor(
        calendars={each.id: each for each in await archive.newest(Calendar)},
        machines=await archive.newest(Equipment),
        products={each.id: each for each in await archive.newest(Product)},
        routings={
            each.product: each for each in await archive.newest(Routing, state=RoutingState.ACTIVE)
        },
        standards=await archive.newest(StandardTime, state=StandardState.APPROVED),
        people=await archive.newest(Person),
        tools=await archive.newest(Tool),
        lots=await archive.newest(MaterialLot),
        setups={each.work_centre: each for each in await archive.newest(SetupMatrix)},
    )


async def floor_for_review(archive: Archive, product: str) -> Floor:
    """Return the floor in which a product's proposed times count: they are approved with its routing."""
    floor = await load_floor(archive)
    proposed = tuple(
        replace(each, state=StandardState.APPROVED)
        for each in await archive.newest(StandardTime, state=StandardState.PROPOSED)
        if each.product == product
    )
    return replace(floor, standards=(*floor.standards, *proposed))
