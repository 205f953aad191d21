"""Stations: machines as the people at them see them, holds, stops with their reasons, andon calls."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.clock import NS_PER_MS
from gateway.production.execution.port import CallKind
from web.api.docs import answers
from web.api.execution.models import (
    CallDocument,
    HoldDocument,
    StationDocument,
    StationList,
    StopDocument,
    StopList,
)
from web.api.execution.shared import (
    CALL,
    HOLD,
    STATION,
    STOP,
    Desk,
    Machine,
    Why,
    known_machine,
    machine_zone,
)
from web.api.resource import Resource
from web.auth import Me, Who, needs
from web.jsontext import JsonResponse, document

router = Resource(tags=["execution"])
_READ: Final[Any] = needs(Right.JOB_READ)
_HOLD: Final[Any] = needs(Right.JOB_HOLD, machine_zone)
_REASON: Final = {"code": "jam", "words": "Jam"}
_Kind = Annotated[CallKind, Path(description="What is called for.", examples=["material"])]


class NewReason(BaseModel):
    """Why a machine stood still in [start, end); without an end as long as the stop lasts."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"start_ms": 1799647200000, "end_ms": 1799647500000, "code": "jam"}
        },
    )
    start_ms: float = Field(ge=0, le=2**53, allow_inf_nan=False)
    end_ms: float | None = Field(None, ge=0, le=2**53, allow_inf_nan=False)
    code: str = Field(min_length=1, max_length=64)
    note: str = Field("", max_length=500)


class NewCall(BaseModel):
    """What is called for, and a word about it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"kind": "material", "note": "steel bars"}}
    )
    kind: CallKind
    note: str = Field("", max_length=300)


@router.get(
    "/stations",
    response_model=StationList,
    responses=answers({"items": [STATION]}),
    dependencies=[_READ],
)
async def list_stations(desk: Desk) -> Response:
    """List every machine with its current job: state, order, pieces against expected, what is left."""
    return JsonResponse({"items": document(await desk.stations())})


@router.get(
    "/stations/{machine}",
    response_model=StationDocument,
    responses=answers(STATION, 404),
    dependencies=[_READ],
)
async def get_station(desk: Desk, machine: Machine) -> Response:
    """Describe one machine: current job, the next ones with their readiness, stops, calls."""
    return JsonResponse(document(await desk.station(machine)))


@router.put(
    "/stations/{machine}/hold",
    response_model=HoldDocument,
    responses=answers(document(HOLD), 403, 404),
    dependencies=[_HOLD],
)
async def hold_station(desk: Desk, who: Who, machine: Machine, body: Why) -> Response:
    """Give a machine no work from now on; what runs goes on."""
    name = await known_machine(desk, machine)
    return JsonResponse(document(await desk.hold(name, why=body.why, by=who.name)))


@router.delete(
    "/stations/{machine}/hold", status_code=204, responses=answers(None, 403, 404) | {204: {"description": "It is done."}},
    dependencies=[_HOLD],
)  # fmt: skip
async def release_station(desk: Desk, who: Who, machine: Machine) -> Response:
    """Give a machine work again."""
    await desk.release(machine, by=who.name)
    return Response(status_code=204)


@router.get(
    "/stations/{machine}/downtime",
    response_model=StopList,
    responses=answers({"items": [document(STOP)], "reasons": [_REASON]}, 404),
    dependencies=[needs(Right.DOWNTIME_READ)],
)
async def list_downtime(
    desk: Desk,
    machine: Machine,
    start_ms: Annotated[float, Query(ge=0, le=2**53, description="UTC milliseconds.")],
    end_ms: Annotated[float, Query(ge=0, le=2**53, description="UTC milliseconds.")],
) -> Response:
    """List when a machine stood still in a time, each with the reason given for it."""
    name = await known_machine(desk, machine)
    found = await desk.stops(
        name, start_ns=round(start_ms * NS_PER_MS), end_ns=round(end_ms * NS_PER_MS)
    )
    return JsonResponse({"items": document(found), "reasons": document(desk.reasons())})


@router.post(
    "/stations/{machine}/downtime",
    status_code=201,
    response_model=StopDocument,
    responses=answers(document(STOP), 403, 404, status=201),
    dependencies=[needs(Right.DOWNTIME_PROPOSE, machine_zone)],
)
async def give_reason(desk: Desk, me: Me, machine: Machine, body: NewReason) -> Response:
    """Give a reason for a stop or a part of it; what was said before stays in the record."""
    name = await known_machine(desk, machine)
    made = await desk.give_reason(
        name,
        start_ns=round(body.start_ms * NS_PER_MS),
        end_ns=None if body.end_ms is None else round(body.end_ms * NS_PER_MS),
        code=body.code,
        note=body.note,
        by=me,
    )
    return JsonResponse(document(made), status_code=201)


@router.post(
    "/stations/{machine}/calls",
    status_code=201,
    response_model=CallDocument,
    responses=answers(document(CALL), 403, 404, 409, status=201),
    dependencies=[needs(Right.ISSUE_PROPOSE, machine_zone)],
)
async def call_for_help(desk: Desk, me: Me, machine: Machine, body: NewCall) -> Response:
    """Call for somebody: it is an issue, shown on the wall and told to who is on duty."""
    name = await known_machine(desk, machine)
    made = await desk.call(name, body.kind, note=body.note, by=me)
    return JsonResponse(document(made), status_code=201)


@router.delete(
    "/stations/{machine}/calls/{kind}",
    status_code=204,
    responses=answers(None, 403, 404) | {204: {"description": "It is done."}},
    dependencies=[needs(Right.ISSUE_PROPOSE, machine_zone)],
)
async def end_call(desk: Desk, me: Me, machine: Machine, kind: _Kind) -> Response:
    """End a call: somebody came."""
    await desk.clear_call(machine, kind, by=me)
    return Response(status_code=204)
