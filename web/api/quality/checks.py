"""Checks that fall due by themselves: filled by signals and people, with the chart of each item beside it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.model import MAX_PATH_LENGTH
from gateway.production.quality.model import Block
from web.api.docs import answers
from web.api.models import Body, Document
from web.api.quality.shared import (
    CHECK,
    Desks,
    Machine,
    Most,
    Name,
    Number,
    Version,
    check_zone,
)
from web.api.resource import Resource
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(tags=["quality"])
_READ: Final[Any] = needs(Right.CHECKLIST_READ)
_FILL: Final[Any] = needs(Right.CHECKLIST_PROPOSE, check_zone)
_VOID: Final[Any] = needs(Right.CHECKLIST_APPROVE, check_zone)
_COMING: Final[dict[str, Any]] = {
    "checklist": "filler",
    "title": "Filler",
    "machine": "plant/bottling/line1/filler",
    "lot": "L-77",
    "trigger": "count",
    "in_pieces": 38.0,
    "at_ms": None,
}
_BLOCK: Final[dict[str, Any]] = {
    "stops": "dispatch",
    "machine": "plant/bottling/line1/filler",
    "lot": "",
    "message": "plant/bottling/line1/filler gets no work before a disposition of nonconformance 4",
    "nc": 4,
    "check": 12,
}
_CHART: Final[dict[str, Any]] = {
    "checklist": "filler",
    "item": "weight",
    "machine": "plant/bottling/line1/filler",
    "unit": "g",
    "runs": [11, 12],
    "time_ms": [1798866000000.0, 1798866600000.0],
    "value": [500.2, 507.2],
    "centre": 503.7,
    "lower": 485.1,
    "upper": 522.3,
    "range_upper": 22.9,
    "low": 495.0,
    "high": 505.0,
    "fired": [[], []],
}


At = Annotated[
    str,
    Query(
        max_length=MAX_PATH_LENGTH,
        description="The machine that was checked.",
        examples=["plant/bottling/line1/filler"],
    ),
]
Item = Annotated[str, Path(max_length=60, description="Id of an item.", examples=["weight"])]


class CheckDocument(Document):
    """One check with its checklist and the values said of it; `checklist` is the version that holds for it."""

    number: int
    checklist: dict[str, Any]
    machine: str
    lot_run: int
    lot: str
    product: str
    piece: int
    position: float
    triggers: list[str]
    state: str
    due_ms: float
    late_ms: float
    opened_ms: float | None
    done_ms: float | None
    results: list[dict[str, Any]]
    nonconformance: int | None
    version: int


class CheckList(Document):
    """Checks."""

    items: list[CheckDocument]


class ComingDocument(Document):
    """What falls due next, in pieces or at a time."""

    checklist: str
    title: str
    machine: str
    lot: str
    trigger: str
    in_pieces: float | None
    at_ms: float | None


class ComingList(Document):
    """What falls due next on running lots."""

    items: list[ComingDocument]


class BlockList(Document):
    """What quality holds up."""

    items: list[Block]


class ChartDocument(Document):
    """An individuals chart of an item's values, with the run rules that each point fires."""

    checklist: str
    item: str
    machine: str
    unit: str
    runs: list[int]
    time_ms: list[float]
    value: list[float]
    centre: float | None
    lower: float | None
    upper: float | None
    range_upper: float | None
    low: float | None
    high: float | None
    fired: list[list[str]]


class Saying(Body):
    """The value of an item: a number, true or false, or text."""

    item: str = Field(max_length=60, examples=["weight"])
    value: bool | float | str = Field(union_mode="left_to_right", examples=[500.2])
    version: Version

    model_config = Body.model_config | {
        "json_schema_extra": {"example": {"item": "weight", "value": 500.2, "version": 1}}
    }


class Voiding(Body):
    """Which value is voided, and why."""

    item: str = Field(max_length=60, examples=["weight"])
    reason: str = Field(min_length=1, max_length=1000, examples=["the balance was not levelled"])
    version: Version


@router.get(
    "/checkruns",
    response_model=CheckList,
    responses=answers({"items": [CHECK]}),
    dependencies=[_READ],
)
async def list_checks(
    *,
    desks: Desks,
    machine: Machine = "",
    done: Annotated[bool, Query(description="Those that are done, newest first.")] = False,
    limit: Most = 200,
) -> Response:
    """List checks that wait, the most urgent first."""
    found = await desks.checks.checks(machine=machine, done=done, limit=limit)
    return JsonResponse({"items": document(found)})


@router.get(
    "/checkruns/coming",
    response_model=ComingList,
    responses=answers({"items": [_COMING]}),
    dependencies=[_READ],
)
async def list_coming(desks: Desks) -> Response:
    """List what falls due next on every running lot."""
    return JsonResponse({"items": document(await desks.checks.coming())})


@router.get(
    "/checkruns/{number}",
    response_model=CheckDocument,
    responses=answers(CHECK, 404),
    dependencies=[_READ],
)
async def get_check(desks: Desks, number: Number) -> Response:
    """Give one check."""
    return JsonResponse(document(await desks.checks.check(number)))


@router.post(
    "/checkruns/{number}/values",
    response_model=CheckDocument,
    responses=answers(CHECK, 403, 404, 409),
    dependencies=[_FILL],
)
async def fill_check(desks: Desks, who: Who, number: Number, body: Saying) -> Response:
    """Say the value of an item; what a signal tells is not typed over."""
    found = await desks.checks.fill(
        number, item=body.item, value=body.value, version=body.version, by=who.name
    )
    return JsonResponse(document(found))


@router.post(
    "/checkruns/{number}/void",
    response_model=CheckDocument,
    responses=answers(CHECK, 403, 404, 409),
    dependencies=[_VOID],
)
async def void_value(desks: Desks, who: Who, number: Number, body: Voiding) -> Response:
    """Void a value with a reason; it stays on record, and another may be said."""
    found = await desks.checks.void(
        number, item=body.item, reason=body.reason, version=body.version, by=who.name
    )
    return JsonResponse(document(found))


@router.get(
    "/checklists/{name}/items/{item}/chart",
    response_model=ChartDocument,
    responses=answers(_CHART, 404),
    dependencies=[_READ],
)
async def chart_item(desks: Desks, name: Name, item: Item, machine: At) -> Response:
    """Give the control chart of an item's values at one machine."""
    return JsonResponse(document(await desks.checks.chart(name, item, machine=machine)))


@router.get(
    "/gates",
    response_model=BlockList,
    responses=answers({"items": [_BLOCK]}),
    dependencies=[_READ],
)
async def list_blocks(desks: Desks, machine: Machine = "") -> Response:
    """List what quality holds up: dispatch to machines, handover of lots."""
    return JsonResponse({"items": document(await desks.gates.blocks(machine=machine))})
