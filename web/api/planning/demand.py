"""Demand: orders, forecasts, and a person's number in place of the forecast's."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.production.lifecycle import DemandState
from gateway.production.model import DemandLine, ForecastRun
from gateway.production.office.port import DemandSeries
from web.api.docs import answers
from web.api.models import Document
from web.api.planning.shared import FORECAST, LINE, Office, Product
from web.api.resource import Resource
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(tags=["planning"])
_READ: Final[Any] = needs(Right.DEMAND_READ)
_PROPOSE: Final[Any] = needs(Right.DEMAND_PROPOSE)
_APPROVE: Final[Any] = needs(Right.DEMAND_APPROVE)
_SERIES: Final[dict[str, Any]] = {
    "product": "P1",
    "weeks": ["2026-12-28", "2027-01-04"],
    "wanted": [460.0, 475.0],
    "orders": {"2027-01-11": 500.0},
    "forecast": FORECAST,
}
Order = Annotated[str, Path(max_length=200, description="Number of an order.", examples=["A-1001"])]


class DemandList(Document):
    """Demand lines by due day."""

    items: list[DemandLine]


class SeriesList(Document):
    """Products with their past, their orders and their forecast."""

    items: list[DemandSeries]


class NewOrder(BaseModel):
    """An order to add."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"id": "A-1001", "product": "P1", "qty": 500, "due": "2027-01-15"}
        },
    )
    id: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
    product: str = Field(min_length=1, max_length=200)
    qty: int = Field(ge=1, le=10**9)
    due: date
    priority: int = Field(5, ge=1, le=9, description="1 is the most urgent.")
    customer: str = Field("", max_length=200)


class NewNumber(BaseModel):
    """A person's number for one week."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"week": "2027-01-11", "qty": 650, "reason": "trade fair in Lyon"}
        },
    )
    week: date = Field(description="A Monday of the forecast.")
    qty: float = Field(ge=0, le=1e9, allow_inf_nan=False)
    reason: str = Field(min_length=3, max_length=500)


@router.get(
    "/demand",
    response_model=DemandList,
    responses=answers({"items": [LINE]}),
    dependencies=[_READ],
)
async def list_demand(
    office: Office,
    product: Annotated[str, Query(max_length=200)] = "",
    state: DemandState | None = None,
) -> Response:
    """List what is wanted, by due day."""
    found = await office.demand.lines(product=product, state=state)
    return JsonResponse({"items": document(found)})


@router.post(
    "/demand",
    status_code=201,
    response_model=DemandLine,
    responses=answers(LINE, 403, 404, 409, status=201),
    dependencies=[_PROPOSE],
)
async def add_order(office: Office, who: Who, body: NewOrder) -> Response:
    """Add an order."""
    line = DemandLine(**body.model_dump())
    return JsonResponse(document(await office.demand.add(line, by=who.name)), status_code=201)


@router.post(
    "/demand/{order}/cancel",
    response_model=DemandLine,
    responses=answers(LINE | {"state": "cancelled"}, 403, 404, 409),
    dependencies=[_PROPOSE],
)
async def cancel_order(office: Office, who: Who, order: Order) -> Response:
    """Cancel an order; its work orders are not touched."""
    return JsonResponse(document(await office.demand.cancel(order, by=who.name)))


@router.get(
    "/forecasts",
    response_model=SeriesList,
    responses=answers({"items": [_SERIES]}),
    dependencies=[_READ],
)
async def list_forecasts(office: Office) -> Response:
    """List every product with its past weeks, its orders, and what is expected."""
    return JsonResponse({"items": document(await office.demand.series())})


@router.post(
    "/forecasts/{product}",
    response_model=ForecastRun,
    responses=answers(FORECAST, 403, 404, 409),
    dependencies=[_PROPOSE],
)
async def make_forecast(office: Office, who: Who, product: Product) -> Response:
    """Forecast a product anew; the method is chosen by how it would have done."""
    return JsonResponse(document(await office.demand.forecast(product, by=who.name)))


@router.post(
    "/forecasts/{product}/overrides",
    response_model=ForecastRun,
    responses=answers(FORECAST, 403, 404, 409),
    dependencies=[_PROPOSE],
)
async def override_forecast(
    office: Office, who: Who, product: Product, body: NewNumber
) -> Response:
    """Put a person's number in place of the forecast's, with a reason."""
    run = await office.demand.override(
        product, week=body.week, qty=body.qty, reason=body.reason, by=who.name
    )
    return JsonResponse(document(run))


@router.post(
    "/forecasts/{product}/accept",
    response_model=ForecastRun,
    responses=answers(FORECAST | {"state": "accepted"}, 403, 404, 409),
    dependencies=[_APPROVE],
)
async def accept_forecast(office: Office, who: Who, product: Product) -> Response:
    """Let a forecast count as demand."""
    return JsonResponse(document(await office.demand.accept(product, by=who.name)))
