"""Nonconformances: exact suspect quantity, a disposition, signatures of those who answer for it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.production.quality.model import Disposition, NcState
from web.api.docs import answers
from web.api.models import Body, Document
from web.api.quality.shared import NC, Desks, Machine, Most, Number, Version, nc_zone
from web.api.resource import Resource
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/ncs", tags=["quality"])
_READ: Final[Any] = needs(Right.DISPOSITION_READ)
_PROPOSE: Final[Any] = needs(Right.DISPOSITION_PROPOSE, nc_zone)
_APPROVE: Final[Any] = needs(Right.DISPOSITION_APPROVE, nc_zone)


class NcDocument(Document):
    """A nonconformance with what is suspect, and who still has to sign what is proposed."""

    number: int
    check: int
    checklist: str
    machine: str
    title: str
    items: list[str]
    gate: str
    state: str
    suspects: dict[str, Any]
    opened_ms: float
    disposition: str | None
    reason: str
    proposer: str
    signatures: list[dict[str, Any]]
    needs: list[str]
    outcome: dict[str, float]
    closed_ms: float | None
    version: int


class NcList(Document):
    """Nonconformances, newest first."""

    items: list[NcDocument]


class Proposing(Body):
    """What is proposed, and why."""

    disposition: Disposition
    reason: str = Field(
        min_length=3, max_length=1000, examples=["sorted by weight, 3 to be refilled"]
    )
    version: Version

    model_config = Body.model_config | {
        "json_schema_extra": {
            "example": {"disposition": "rework", "reason": "refill by hand", "version": 1}
        }
    }


class Signing(Body):
    """The version that was seen and is signed."""

    version: Version


class Refusing(Body):
    """Why what is proposed is not done."""

    reason: str = Field(min_length=3, max_length=1000, examples=["first measure 20 more"])
    version: Version


class Closing(Body):
    """What came of the suspect pieces; both together are all of them."""

    good: float = Field(ge=0, le=1e9, allow_inf_nan=False)
    scrapped: float = Field(ge=0, le=1e9, allow_inf_nan=False)
    version: Version

    model_config = Body.model_config | {
        "json_schema_extra": {"example": {"good": 58, "scrapped": 3, "version": 3}}
    }


@router.get(
    "",
    response_model=NcList,
    responses=answers({"items": [NC]}),
    dependencies=[_READ],
)
async def list_ncs(
    desks: Desks,
    state: Annotated[
        list[NcState] | None, Query(max_length=4, description="May be repeated; any without.")
    ] = None,
    machine: Machine = "",
    limit: Most = 200,
) -> Response:
    """List nonconformances, newest first."""
    found = await desks.ncs.ncs(states=state or (), machine=machine, limit=limit)
    return JsonResponse({"items": document(found)})


@router.get(
    "/{number}", response_model=NcDocument, responses=answers(NC, 404), dependencies=[_READ]
)
async def get_nc(desks: Desks, number: Number) -> Response:
    """Give one nonconformance with its suspect lots."""
    return JsonResponse(document(await desks.ncs.nc(number)))


@router.post(
    "/{number}/propose",
    response_model=NcDocument,
    responses=answers(NC | {"state": "proposed"}, 403, 404, 409),
    dependencies=[_PROPOSE],
)
async def propose_disposition(desks: Desks, who: Who, number: Number, body: Proposing) -> Response:
    """Propose a disposition; the suspect quantity is fixed from here on."""
    found = await desks.ncs.propose(
        number, disposition=body.disposition, reason=body.reason, version=body.version, by=who.name
    )
    return JsonResponse(document(found))


@router.post(
    "/{number}/sign",
    response_model=NcDocument,
    responses=answers(NC | {"state": "decided"}, 403, 404, 409),
    dependencies=[_APPROVE],
)
async def sign_disposition(desks: Desks, who: Who, number: Number, body: Signing) -> Response:
    """Sign what is proposed; refused to who made, checked or proposed it."""
    return JsonResponse(document(await desks.ncs.sign(number, version=body.version, by=who)))


@router.post(
    "/{number}/return",
    response_model=NcDocument,
    responses=answers(NC, 403, 404, 409),
    dependencies=[_APPROVE],
)
async def return_disposition(desks: Desks, who: Who, number: Number, body: Refusing) -> Response:
    """Refuse what is proposed, with a reason."""
    found = await desks.ncs.give_back(number, reason=body.reason, version=body.version, by=who.name)
    return JsonResponse(document(found))


@router.post(
    "/{number}/close",
    response_model=NcDocument,
    responses=answers(NC | {"state": "closed"}, 403, 404, 409),
    dependencies=[_PROPOSE],
)
async def close_nc(desks: Desks, who: Who, number: Number, body: Closing) -> Response:
    """Say that what was decided is done, and account for every suspect piece."""
    found = await desks.ncs.close(
        number, good=body.good, scrapped=body.scrapped, version=body.version, by=who.name
    )
    return JsonResponse(document(found))
