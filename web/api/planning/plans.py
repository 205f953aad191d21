"""Production plans: drafted, checked against capacity, decided, approved by somebody else, released."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.production.model import WorkOrder
from gateway.production.office.port import ProductionPlan, RemedyKind
from web.api.docs import answers
from web.api.models import Document
from web.api.planning.shared import MaybeVersion, Office
from web.api.resource import Resource
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(tags=["planning"])
_READ: Final[Any] = needs(Right.PLAN_READ)
_PROPOSE: Final[Any] = needs(Right.PLAN_PROPOSE)
_APPROVE: Final[Any] = needs(Right.PLAN_APPROVE)
_PLAN: Final[dict[str, Any]] = {
    "id": 1,
    "version": 1,
    "weeks": ["2027-01-11"],
    "lines": [
        {
            "product": "P1",
            "week": "2027-01-11",
            "opening": 0.0,
            "demand": 500.0,
            "output": 500.0,
            "closing": 0.0,
        }
    ],
    "wanted": [
        {"product": "P1", "week": "2027-01-11", "qty": 500.0, "orders": ["A-1001"], "priority": 5}
    ],
    "resources": [{"kind": "machine", "resource": "M1", "load": [4620.0], "available": [4200.0]}],
    "gaps": [
        {
            "id": "machine/M1/2027-01-11",
            "kind": "overload",
            "resource": "M1",
            "week": "2027-01-11",
            "short": 420.0,
            "message": "M1 is loaded to 110.0 % in the week of 2027-01-11: 420 min are missing",
            "orders": ["A-1001"],
            "remedies": [{"kind": "overtime", "text": "420 min of overtime", "amount": 420.0}],
        }
    ],
    "decisions": [],
    "proposer": "anna",
    "approver": "",
    "state": "checked",
}
_ORDER: Final[dict[str, Any]] = {
    "id": "W-A-1001",
    "product": "P1",
    "qty": 500,
    "due_at_min": 29995200,
    "release_at_min": 0,
    "weight": 5,
    "routing_version": 1,
    "demand": ["A-1001"],
    "state": "created",
    "version": 1,
}
Number = Annotated[int, Path(ge=1, le=10**9, description="Number of a plan.", examples=[1])]


class PlanList(Document):
    """Plans, newest first."""

    items: list[ProductionPlan]


class WorkOrderList(Document):
    """Work orders by due time."""

    items: list[WorkOrder]


class NewPlan(BaseModel):
    """What a plan is drafted for."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"weeks": 8, "opening": {"P1": 120}}}
    )
    weeks: int | None = Field(None, ge=1, le=104, description="Weeks from this one on.")
    opening: dict[str, Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]] = Field(
        default_factory=dict, max_length=10_000, description="Stock in pieces by product."
    )


class NewDecision(BaseModel):
    """What a person decides on one gap."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "gap": "machine/M1/2027-01-11",
                "remedy": "overtime",
                "reason": "Saturday shift agreed with the crew",
            }
        },
    )
    gap: str = Field(max_length=300)
    remedy: RemedyKind
    reason: str = Field(min_length=3, max_length=500)


@router.get(
    "/plans", response_model=PlanList, responses=answers({"items": [_PLAN]}), dependencies=[_READ]
)
async def list_plans(office: Office) -> Response:
    """List the newest version of every plan."""
    return JsonResponse({"items": document(await office.plans.plans())})


@router.post(
    "/plans",
    status_code=201,
    response_model=ProductionPlan,
    responses=answers(_PLAN | {"state": "draft"}, 403, 404, 409, status=201),
    dependencies=[_PROPOSE],
)
async def draft_plan(office: Office, who: Who, body: NewPlan) -> Response:
    """Draft a plan from open orders and accepted forecasts."""
    plan = await office.plans.draft(weeks=body.weeks, opening=body.opening, by=who.name)
    return JsonResponse(document(plan), status_code=201)


@router.get(
    "/plans/{number}",
    response_model=ProductionPlan,
    responses=answers(_PLAN, 404),
    dependencies=[_READ],
)
async def get_plan(office: Office, number: Number, version: MaybeVersion = None) -> Response:
    """Give one plan."""
    return JsonResponse(document(await office.plans.plan(number, version)))


@router.post(
    "/plans/{number}/check",
    response_model=ProductionPlan,
    responses=answers(_PLAN, 403, 404, 409),
    dependencies=[_PROPOSE],
)
async def check_plan(office: Office, who: Who, number: Number) -> Response:
    """Load every resource week by week, and name the gaps with their remedies."""
    return JsonResponse(document(await office.plans.check(number, by=who.name)))


@router.post(
    "/plans/{number}/decisions",
    response_model=ProductionPlan,
    responses=answers(_PLAN, 403, 404, 409),
    dependencies=[_PROPOSE],
)
async def decide_gap(office: Office, who: Who, number: Number, body: NewDecision) -> Response:
    """Decide on one gap, with a reason."""
    plan = await office.plans.decide(
        number, gap=body.gap, remedy=body.remedy, reason=body.reason, by=who.name
    )
    return JsonResponse(document(plan))


@router.post(
    "/plans/{number}/approve",
    response_model=ProductionPlan,
    responses=answers(_PLAN | {"state": "approved", "gaps": []}, 403, 404, 409),
    dependencies=[_APPROVE],
)
async def approve_plan(office: Office, who: Who, number: Number) -> Response:
    """Approve a plan; refused while a gap is undecided, and to its proposer."""
    return JsonResponse(document(await office.plans.approve(number, by=who.name)))


@router.post(
    "/plans/{number}/versions",
    status_code=201,
    response_model=ProductionPlan,
    responses=answers(_PLAN | {"version": 2, "state": "draft"}, 403, 404, 409, status=201),
    dependencies=[_PROPOSE],
)
async def revise_plan(office: Office, who: Who, number: Number) -> Response:
    """Make the next version of a plan; the one before is superseded."""
    return JsonResponse(document(await office.plans.revise(number, by=who.name)), status_code=201)


@router.post(
    "/plans/{number}/release",
    status_code=201,
    response_model=WorkOrderList,
    responses=answers({"items": [_ORDER]}, 403, 404, 409, status=201),
    dependencies=[_APPROVE],
)
async def release_plan(office: Office, who: Who, number: Number) -> Response:
    """Make work orders of an approved plan; what was made before is not made again."""
    made = await office.plans.release(number, by=who.name)
    return JsonResponse({"items": document(made)}, status_code=201)


@router.get(
    "/work-orders",
    response_model=WorkOrderList,
    responses=answers({"items": [_ORDER]}),
    dependencies=[_READ],
)
async def list_work_orders(office: Office) -> Response:
    """List every work order by due time."""
    return JsonResponse({"items": document(await office.plans.orders())})
