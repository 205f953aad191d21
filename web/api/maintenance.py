"""Maintenance: work orders as lists, what opens them, what they say of machines, and their way to and from a CMMS."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Path, Query, Request
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.errors import InvalidRequestError
from gateway.model import MAX_PATH_LENGTH, path_problem
from gateway.workorder import NewWork, Priority, WorkKind, WorkState, WorkWanted
from web.api.access import Limit, Limits, Prefix, Use
from web.api.docs import answers
from web.api.maintenance_models import (
    ORDER_EXAMPLE,
    ImportedDocument,
    NewOrder,
    OrderDocument,
    OrderPage,
    ReliabilityDocument,
    TriggerList,
    WorkEventList,
)
from web.api.resource import Resource
from web.api.text import clean
from web.api.zones import asset_zone
from web.auth import Me, Who, forbidden, needs
from web.jsontext import JsonResponse, document
from web.problems import problem

router = Resource(
    prefix="/maintenance", tags=["maintenance"], dependencies=[needs(Right.MAINTENANCE_READ)]
)
_EVENT: Final[dict[str, Any]] = {
    "seq": 9,
    "order": 4,
    "time_ms": 1767247500000.0,
    "action": "start",
    "by": "ben",
    "detail": {"from": "open", "to": "in_progress", "note": ""},
}
_TRIGGER: Final[dict[str, Any]] = {
    "trigger": "filler-500h",
    "type": "running_hours",
    "title": "Grease the filler's bearings",
    "machine": "plant/bottling/line1/filler",
    "unit": "h",
    "every": 500.0,
    "total": 1240.5,
    "used": 0.481,
    "last_order": 4,
    "as_of_ms": 1767247200000.0,
}
_RELIABILITY: Final[dict[str, Any]] = {
    "asset": "plant/bottling/line1/filler",
    "start_ms": 1767225600000.0,
    "end_ms": 1767312000000.0,
    "failures": 3,
    "operating_s": 72000.0,
    "mtbf_s": 24000.0,
    "mttr_s": 1500.0,
    "mtta_s": 160.0,
    "availability": 0.941,
    "orders": 5,
    "labour_min": 95.0,
    "parts_cost": 42.5,
    "overdue": 0,
}
_IMPORTED: Final[dict[str, Any]] = {
    "created": 2,
    "changed": 1,
    "unchanged": 7,
    "mistakes": [],
    "dry_run": False,
}
Order = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the order.", examples=[4])]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="idempotency-key",
        max_length=80,
        description="The same request with the same key is done once.",
    ),
]
Most = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Keeps smaller numbers.")]


def wanted(
    *,
    state: Annotated[list[WorkState], Query(max_length=7, description="Keeps these states.")] = [],  # noqa: B006 - FastAPI copies the default
    kind: Annotated[list[WorkKind], Query(max_length=4, description="Keeps these kinds.")] = [],  # noqa: B006 - as above
    priority: Annotated[
        list[Priority], Query(max_length=4, description="Keeps these priorities.")
    ] = [],  # noqa: B006 - as above
    asset: Prefix = "",
    team: Annotated[str, Query(max_length=64, description="Keeps this team.")] = "",
    assignee: Annotated[str, Query(max_length=64, description="Keeps this person's.")] = "",
    issue: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Keeps this issue's.")
    ] = None,
    text: Annotated[str, Query(max_length=100, description="Keeps titles that hold this.")] = "",
) -> WorkWanted:
    """Return what the query asks for."""
    return WorkWanted(
        states=state,
        kinds=kind,
        priorities=priority,
        asset=asset,
        team=team,
        assignee=assignee,
        issue=issue,
        text=text,
    )


Wanted = Annotated[WorkWanted, Depends(wanted)]


def ns(time_ms: float | None) -> int | None:
    """Return milliseconds since 1970 as nanoseconds."""
    return None if time_ms is None else round(time_ms * 1e6)


@router.get(
    "/orders",
    response_model=OrderPage,
    responses=answers({"items": [ORDER_EXAMPLE], "next_before": None}, 401, 403),
)
async def list_maintenance_orders(
    services: Use, options: Limits, request: Wanted, before: Most = None, limit: Limit = 200
) -> Response:
    """List work orders, newest first."""
    most = min(limit, options.max_page_rows)
    found = await services.maintenance.orders(replace(request, before=before, limit=most + 1))
    page = found[:most]
    more = page[-1].number if len(found) > most else None
    return JsonResponse({"items": [document(each) for each in page], "next_before": more})


@router.get("/orders/export", responses=answers("key,title,…", 401, 403), response_class=Response)
async def export_work_orders(services: Use, request: Wanted) -> Response:
    """Give work orders to a CMMS as CSV; each has a key that stays the same."""
    content = await services.maintenance.export(replace(request, limit=20_000))
    headers = {"content-disposition": 'attachment; filename="work-orders.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@router.post(
    "/orders/import",
    response_model=ImportedDocument,
    responses=answers(_IMPORTED, 401, 403, 409),
    dependencies=[needs(Right.MAINTENANCE_APPROVE)],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def import_work_orders(
    *,
    request: Request,
    services: Use,
    who: Who,
    name: Annotated[str, Query(max_length=100, description="Name of the file.")] = "orders.csv",
    dry_run: Annotated[bool, Query(description="Says what it would do, and does nothing.")] = False,
    idempotency_key: IdempotencyKey = "",
) -> Response:
    """Take work orders of a CMMS (CSV or XLSX as the body): all or nothing, each mistake with its line."""
    done = await services.maintenance.imports(
        name, await request.body(), by=who.name, key=idempotency_key, dry=dry_run
    )
    if done.mistakes and not dry_run:
        return problem(
            status=422,
            title="Nothing was imported",
            detail=f"{len(done.mistakes)} mistakes; the first: {done.mistakes[0]}",
            errors=[_mistake(each) for each in done.mistakes[:200]],
        )
    return JsonResponse(document(done))


def _mistake(text: str) -> dict[str, str]:
    where, _, rest = text.partition(" ")
    column, _, what = rest.partition(": ")
    return {"where": f"{where} {column}", "what": "", "wanted": what}


@router.post(
    "/orders",
    status_code=201,
    response_model=OrderDocument,
    responses=answers(ORDER_EXAMPLE, 401, 403, 404, 409, status=201),
    dependencies=[needs(Right.MAINTENANCE_PROPOSE, asset_zone)],
)
async def open_work_order(
    services: Use, me: Me, body: NewOrder, idempotency_key: IdempotencyKey = ""
) -> Response:
    """Write a request down; who may approve opens a work order at once."""
    _check_asset(body.asset)
    if body.kind is not WorkKind.REQUEST and not me.may(Right.MAINTENANCE_APPROVE, body.asset):
        raise forbidden(Right.MAINTENANCE_APPROVE, body.asset)
    new = NewWork(
        title=clean(body.title),
        asset=body.asset,
        kind=body.kind,
        description=clean(body.description),
        priority=body.priority,
        team=clean(body.team),
        assignees=tuple(clean(each) for each in body.assignees),
        issue=body.issue,
        due_ns=ns(body.due_ms),
        estimated_min=body.estimated_min,
        checklist=tuple(clean(each)[:300] for each in body.checklist),
    )
    if not new.title:
        raise InvalidRequestError("title: say something, blanks alone are not enough")
    key = f"{me.name}:{idempotency_key}" if idempotency_key else ""
    opened = await services.maintenance.open(new, by=me.name, key=key)
    return JsonResponse(document(opened), status_code=201)


def _check_asset(asset: str) -> None:
    parts = asset.split("/")
    filled = "/".join([*parts, *("x" for _ in range(5 - len(parts)))])
    if len(parts) > 4 or len(asset) > MAX_PATH_LENGTH or path_problem(filled) is not None:
        raise InvalidRequestError(f"asset: {asset[:80]!r} is no site/area/line/machine")


@router.get(
    "/orders/{number}",
    response_model=OrderDocument,
    responses=answers(ORDER_EXAMPLE, 401, 403, 404),
)
async def get_work_order(services: Use, number: Order) -> Response:
    """Describe one work order."""
    return JsonResponse(document(await services.maintenance.order(number)))


@router.get(
    "/orders/{number}/events",
    response_model=WorkEventList,
    responses=answers({"items": [_EVENT]}, 401, 403, 404),
)
async def list_work_order_events(services: Use, number: Order) -> Response:
    """Tell a work order's history, oldest first."""
    found = await services.maintenance.events(number)
    return JsonResponse({"items": [document(each) for each in found]})


@router.get(
    "/triggers", response_model=TriggerList, responses=answers({"items": [_TRIGGER]}, 401, 403)
)
async def list_triggers(services: Use) -> Response:
    """List preventive triggers, and how much of each interval is used."""
    found = await services.maintenance.triggers()
    return JsonResponse({"items": [document(each) for each in found]})


@router.get(
    "/reliability",
    response_model=ReliabilityDocument,
    responses=answers(_RELIABILITY, 401, 403),
)
async def get_reliability(
    services: Use,
    start: Annotated[float, Query(alias="from", ge=0, le=4e12, examples=[1767225600000.0])],
    end: Annotated[float, Query(alias="to", ge=0, le=4e12, examples=[1767312000000.0])],
    asset: Prefix = "",
) -> Response:
    """Tell MTBF, MTTR, MTTA and inherent availability over [from, to), in ms since 1970."""
    found = await services.maintenance.reliability(
        asset, start_ns=round(start * 1e6), end_ns=round(end * 1e6)
    )
    return JsonResponse(document(found))
