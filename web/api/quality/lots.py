"""Lots in production, what goes into them, and where everything went."""

from __future__ import annotations

from typing import Annotated, Any, Final

import orjson
from fastapi import Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.model import MAX_PATH_LENGTH
from gateway.production.quality.model import Direction, NewLot, Thing
from web.api.docs import answers
from web.api.models import Body, Document
from web.api.quality.shared import LOT, Desks, Machine, Most, Number, lot_zone
from web.api.resource import Resource
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(tags=["quality"])


async def _machine_zone(request: Request) -> str:
    """Return the machine that a body names; where it names none only the whole plant's right will do."""
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return ""
    machine = body.get("machine") if isinstance(body, dict) else None
    return machine if isinstance(machine, str) and len(machine) <= MAX_PATH_LENGTH else ""


_READ: Final[Any] = needs(Right.JOB_READ)
_TRACE: Final[Any] = needs(Right.DISPOSITION_READ)
_AT_MACHINE: Final[Any] = needs(Right.JOB_APPROVE, _machine_zone)
_OF_LOT: Final[Any] = needs(Right.JOB_APPROVE, lot_zone)
Path255 = Annotated[
    str, Field(max_length=MAX_PATH_LENGTH, examples=["plant/bottling/line1/filler"])
]
_TRACED: Final[dict[str, Any]] = {
    "kind": "lot",
    "id": "L-77",
    "direction": "from",
    "nodes": [
        {"kind": "lot", "id": "L-77", "what": "P1", "depth": 0},
        {"kind": "lot", "id": "PF-9", "what": "preform", "depth": 1},
    ],
    "edges": [
        {
            "source_kind": "lot",
            "source": "PF-9",
            "target_kind": "lot",
            "target": "L-77",
            "qty": 250.0,
            "machine": "plant/bottling/line1/filler",
            "time_ms": 1798866000000.0,
        }
    ],
    "cut": False,
}


class LotDocument(Document):
    """A lot on one machine; positions are null until the readings of that time are in."""

    id: int
    lot: str
    machine: str
    product: str
    order: str
    op: str
    job: str
    checklist: str
    wanted: int | None
    begun_by: str
    start_ms: float
    end_ms: float | None
    start_pos: float | None
    end_pos: float | None
    pieces: float


class LotList(Document):
    """Lots on machines, newest first."""

    items: list[LotDocument]


class TraceDocument(Document):
    """A lot or serial number with all that went into it, or all that it went into."""

    kind: str
    id: str
    direction: str
    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]
    cut: bool


class Material(Body):
    """A lot of a material."""

    material: str = Field(min_length=1, max_length=200, examples=["preform"])
    lot: str = Field(min_length=1, max_length=100, examples=["PF-9"])


class Beginning(Body):
    """A lot that begins now."""

    lot: str = Field(min_length=1, max_length=100, examples=["L-77"])
    machine: Path255
    product: str = Field(min_length=1, max_length=200, examples=["P1"])
    order: str = Field("", max_length=200)
    op: str = Field("", max_length=100)
    job: str = Field(
        "", max_length=400, description="A job gives one lot, however often it begins."
    )
    checklist: str = Field("", max_length=100, description="The checklist its step names.")
    wanted: int | None = Field(
        None, ge=1, le=10**9, description="Pieces; the last of them is checked."
    )
    materials: list[Material] = Field(default_factory=list, max_length=100)

    model_config = Body.model_config | {
        "json_schema_extra": {
            "example": {
                "lot": "L-77",
                "machine": "plant/bottling/line1/filler",
                "product": "P1",
                "wanted": 250,
                "materials": [{"material": "preform", "lot": "PF-9"}],
            }
        }
    }


class Mounting(Body):
    """A lot of a material that goes into what a machine makes from now on."""

    machine: Path255
    material: str = Field(min_length=1, max_length=200, examples=["preform"])
    lot: str = Field(min_length=1, max_length=100, examples=["PF-10"])


class Part(Body):
    """What was built into a piece."""

    kind: Thing
    id: str = Field(min_length=1, max_length=100)


class Serial(Body):
    """A serial number of a lot."""

    serial: str = Field(min_length=1, max_length=100, examples=["SN-1001"])
    parts: list[Part] = Field(default_factory=list, max_length=200)

    model_config = Body.model_config | {
        "json_schema_extra": {
            "example": {"serial": "SN-1001", "parts": [{"kind": "lot", "id": "PF-9"}]}
        }
    }


@router.get(
    "/lots", response_model=LotList, responses=answers({"items": [LOT]}), dependencies=[_READ]
)
async def list_lots(
    *,
    desks: Desks,
    machine: Machine = "",
    running: Annotated[bool, Query(description="Those that run now.")] = False,
    limit: Most = 200,
) -> Response:
    """List lots on machines, newest first."""
    found = await desks.lots.lots(machine=machine, running=running, limit=limit)
    return JsonResponse({"items": document(found)})


@router.post(
    "/lots",
    status_code=201,
    response_model=LotDocument,
    responses=answers(LOT, 403, 404, 409, status=201),
    dependencies=[_AT_MACHINE],
)
async def begin_lot(desks: Desks, who: Who, body: Beginning) -> Response:
    """Begin a lot on a machine: from here on its pieces are counted and its checks fall due."""
    fields = body.model_dump(exclude={"materials"})
    materials = tuple((each.material, each.lot) for each in body.materials)
    begun = await desks.lots.begin(NewLot(**fields, materials=materials), by=who.name)
    return JsonResponse(document(begun), status_code=201)


@router.post(
    "/lots/{number}/end",
    response_model=LotDocument,
    responses=answers(LOT | {"end_pos": 1450.0}, 403, 404, 409),
    dependencies=[_OF_LOT],
)
async def end_lot(desks: Desks, who: Who, number: Number) -> Response:
    """End a lot on its machine."""
    return JsonResponse(document(await desks.lots.end(number, by=who.name)))


@router.post(
    "/lots/{number}/serials", status_code=204, responses=answers({}, 403, 404, 409, status=204),
    dependencies=[_OF_LOT],
)  # fmt: skip
async def add_serial(desks: Desks, who: Who, number: Number, body: Serial) -> Response:
    """Say a serial number of a lot, and what was built into it."""
    parts = [(each.kind, each.id) for each in body.parts]
    await desks.lots.serial(number, serial=body.serial, parts=parts, by=who.name)
    return Response(status_code=204)


@router.post(
    "/materials/mounted", status_code=204, responses=answers({}, 403, 404, 409, status=204),
    dependencies=[_AT_MACHINE],
)  # fmt: skip
async def mount_material(desks: Desks, who: Who, body: Mounting) -> Response:
    """Say that another lot of a material goes into what a machine makes."""
    await desks.lots.mount(body.machine, material=body.material, lot=body.lot, by=who.name)
    return Response(status_code=204)


@router.get(
    "/trace/{kind}/{name}",
    response_model=TraceDocument,
    responses=answers(_TRACED, 404),
    dependencies=[_TRACE],
)
async def trace(
    desks: Desks,
    kind: Thing,
    name: Annotated[
        str, Path(max_length=100, description="Lot or serial number.", examples=["L-77"])
    ],
    direction: Direction = Direction.FROM,
) -> Response:
    """Follow a lot or serial number: what went into it (`from`), or where it went (`to`)."""
    return JsonResponse(document(await desks.lots.trace(kind, name, direction)))
