"""Workflow design: versions of routings with their map, reviewed by somebody else."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.production.model import Operation, Routing
from gateway.production.office.port import RoutingDiff, RoutingView
from web.api.docs import answers
from web.api.models import Document
from web.api.planning.shared import MaybeVersion, Office, Product, Version
from web.api.resource import Resource
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/routings", tags=["planning"])
_READ: Final[Any] = needs(Right.ROUTING_READ)
_PROPOSE: Final[Any] = needs(Right.ROUTING_PROPOSE)
_APPROVE: Final[Any] = needs(Right.ROUTING_APPROVE)
_OPERATION: Final[dict[str, Any]] = document(
    Operation(op="10", work_centre="mill", role="operator")
)
_ROUTING: Final[dict[str, Any]] = document(Routing(product="P1", operations=(), author="anna")) | {
    "operations": [_OPERATION]
}
_VIEW: Final[dict[str, Any]] = {
    "routing": _ROUTING,
    "map": {
        "lanes": ["operator"],
        "nodes": [
            {
                "op": "10",
                "role": "operator",
                "lane": 0,
                "layer": 0,
                "slot": 0,
                "work_centre": "mill",
            }
        ],
        "edges": [],
    },
    "flaws": [
        {
            "kind": "no machine",
            "steps": ["10"],
            "message": "step 10 has no machine in service (mill)",
        }
    ],
    "versions": [1],
}
_DIFF: Final = {"added": ["30"], "removed": [], "changed": [["10", ["machines"]]]}


class RoutingList(Document):
    """The newest version of every product's routing."""

    items: list[Routing]


class NewRouting(BaseModel):
    """The steps of the next version."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"operations": [_OPERATION]}}
    )
    operations: list[Operation] = Field(max_length=500)


@router.get(
    "", response_model=RoutingList, responses=answers({"items": [_ROUTING]}), dependencies=[_READ]
)
async def list_routings(office: Office) -> Response:
    """List the newest version of every product's routing."""
    return JsonResponse({"items": document(await office.routings.routings())})


@router.get(
    "/{product}",
    response_model=RoutingView,
    responses=answers(_VIEW, 404),
    dependencies=[_READ],
)
async def get_routing(office: Office, product: Product, version: MaybeVersion = None) -> Response:
    """Give a version with its map in role lanes, and what is wrong with it today."""
    return JsonResponse(document(await office.routings.view(product, version)))


@router.post(
    "/{product}/versions",
    status_code=201,
    response_model=RoutingView,
    responses=answers(_VIEW, 403, 404, 409, status=201),
    dependencies=[_PROPOSE],
)
async def draft_routing(office: Office, who: Who, product: Product, body: NewRouting) -> Response:
    """Draft the next version; one's own newest draft is replaced."""
    view = await office.routings.draft(product, body.operations, by=who.name)
    return JsonResponse(document(view), status_code=201)


@router.post(
    "/{product}/versions/{version}/submit",
    response_model=RoutingView,
    responses=answers(_VIEW, 403, 404, 409),
    dependencies=[_PROPOSE],
)
async def submit_routing(office: Office, who: Who, product: Product, version: Version) -> Response:
    """Put a draft up for review; refused with every flaw by name."""
    view = await office.routings.submit(product, version, by=who.name)
    return JsonResponse(document(view))


@router.post(
    "/{product}/versions/{version}/return",
    response_model=RoutingView,
    responses=answers(_VIEW, 403, 404, 409),
    dependencies=[_APPROVE],
)
async def return_routing(office: Office, who: Who, product: Product, version: Version) -> Response:
    """Give a version under review back to its author."""
    view = await office.routings.give_back(product, version, by=who.name)
    return JsonResponse(document(view))


@router.post(
    "/{product}/versions/{version}/approve",
    response_model=RoutingView,
    responses=answers(_VIEW, 403, 404, 409),
    dependencies=[_APPROVE],
)
async def approve_routing(office: Office, who: Who, product: Product, version: Version) -> Response:
    """Put a version in force with the times that came with it; refused to its author."""
    view = await office.routings.approve(product, version, by=who.name)
    return JsonResponse(document(view))


@router.get(
    "/{product}/diff",
    response_model=RoutingDiff,
    responses=answers(_DIFF, 404),
    dependencies=[_READ],
)
async def compare_routings(
    office: Office,
    product: Product,
    old: Annotated[int, Query(ge=1, le=10**6)],
    new: Annotated[int, Query(ge=1, le=10**6)],
) -> Response:
    """Say what differs between two versions."""
    return JsonResponse(document(await office.routings.compare(product, old, new)))
