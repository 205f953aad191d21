"""Checklists: when a check falls due, what is checked, reviewed by somebody else."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.production.quality.model import Checklist, ChecklistItem, Sampling
from web.api.docs import answers
from web.api.models import Body, Document
from web.api.quality.shared import CHECKLIST, REVIEWED, Desks, Name, Revision
from web.api.resource import Resource
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/checklists", tags=["quality"])
_READ: Final[Any] = needs(Right.CHECKLIST_READ)
_PROPOSE: Final[Any] = needs(Right.CHECKLIST_PROPOSE)
_APPROVE: Final[Any] = needs(Right.CHECKLIST_APPROVE)


class ChecklistList(Document):
    """The newest version of every checklist."""

    items: list[Checklist]


class NewChecklist(Body):
    """The next version of a checklist."""

    title: str = Field(min_length=1, max_length=200)
    items: list[ChecklistItem] = Field(max_length=100)
    sampling: list[Sampling] = Field(max_length=20)
    machines: list[Annotated[str, Field(max_length=255)]] = Field(
        default_factory=list, max_length=500, description="Paths of machines it always holds on."
    )
    products: list[Annotated[str, Field(max_length=200)]] = Field(
        default_factory=list, max_length=1000, description="Products it holds for; empty: any."
    )
    due_within_min: float = Field(
        15.0, allow_inf_nan=False, description="Minutes after which it is late."
    )

    model_config = Body.model_config | {
        "json_schema_extra": {
            "example": {
                name: CHECKLIST[name] for name in ("title", "items", "sampling", "machines")
            }
        }
    }


@router.get(
    "",
    response_model=ChecklistList,
    responses=answers({"items": [CHECKLIST]}),
    dependencies=[_READ],
)
async def list_checklists(desks: Desks) -> Response:
    """List the newest version of every checklist."""
    return JsonResponse({"items": document(await desks.checklists.checklists())})


@router.get(
    "/{name}",
    response_model=Checklist,
    responses=answers(CHECKLIST, 404),
    dependencies=[_READ],
)
async def get_checklist(
    desks: Desks,
    name: Name,
    version: Annotated[int | None, Query(ge=1, le=10**6, description="The newest without.")] = None,
) -> Response:
    """Give one version of a checklist."""
    return JsonResponse(document(await desks.checklists.checklist(name, version)))


@router.post(
    "/{name}/versions",
    status_code=201,
    response_model=Checklist,
    responses=answers(CHECKLIST, 403, 409, status=201),
    dependencies=[_PROPOSE],
)
async def draft_checklist(desks: Desks, who: Who, name: Name, body: NewChecklist) -> Response:
    """Draft the next version; one's own newest draft is replaced, and every flaw is named."""
    wanted = Checklist(
        id=name,
        title=body.title,
        items=tuple(body.items),
        sampling=tuple(body.sampling),
        machines=tuple(body.machines),
        products=tuple(body.products),
        due_within_min=body.due_within_min,
    )
    made = await desks.checklists.draft(wanted, by=who.name)
    return JsonResponse(document(made), status_code=201)


@router.post(
    "/{name}/versions/{version}/submit",
    response_model=Checklist,
    responses=answers(REVIEWED, 403, 404, 409),
    dependencies=[_PROPOSE],
)
async def submit_checklist(desks: Desks, who: Who, name: Name, version: Revision) -> Response:
    """Put a draft up for review."""
    return JsonResponse(document(await desks.checklists.submit(name, version, by=who.name)))


@router.post(
    "/{name}/versions/{version}/return",
    response_model=Checklist,
    responses=answers(CHECKLIST, 403, 404, 409),
    dependencies=[_APPROVE],
)
async def return_checklist(desks: Desks, who: Who, name: Name, version: Revision) -> Response:
    """Give a version under review back to its author."""
    return JsonResponse(document(await desks.checklists.give_back(name, version, by=who.name)))


@router.post(
    "/{name}/versions/{version}/approve",
    response_model=Checklist,
    responses=answers(CHECKLIST | {"state": "active"}, 403, 404, 409),
    dependencies=[_APPROVE],
)
async def approve_checklist(desks: Desks, who: Who, name: Name, version: Revision) -> Response:
    """Put a version in force at once; refused to its author."""
    return JsonResponse(document(await desks.checklists.approve(name, version, by=who.name)))


@router.post(
    "/{name}/retire",
    response_model=Checklist,
    responses=answers(CHECKLIST | {"state": "retired"}, 403, 404, 409),
    dependencies=[_APPROVE],
)
async def retire_checklist(desks: Desks, who: Who, name: Name) -> Response:
    """Take a checklist out of force; checks that are due stay due."""
    return JsonResponse(document(await desks.checklists.retire(name, by=who.name)))
