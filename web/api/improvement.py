"""Continuous improvement: backlog by loss over effort, trials with their effect, standard times from measured cycles."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Path
from pydantic import Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.errors import InvalidRequestError
from gateway.production.improvement.model import (
    Aim,
    Improvement,
    ImprovementState,
    LossFound,
    Metric,
    StandardProposal,
)
from gateway.production.improvement.port import Improving
from gateway.production.model import StandardTime
from web.api.access import Use
from web.api.case_examples import HINT
from web.api.case_models import HintList
from web.api.docs import answers
from web.api.models import Body, Document
from web.api.resource import Resource
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(tags=["improvement"])
_READ: Final[Any] = needs(Right.ISSUE_READ)
_PROPOSE: Final[Any] = needs(Right.ISSUE_PROPOSE)
_ACT: Final[Any] = needs(Right.ISSUE_APPROVE)
_VERIFY: Final[Any] = needs(Right.VERIFY_APPROVE)
_TIME_READ: Final[Any] = needs(Right.STANDARD_TIME_READ)
_TIME_PROPOSE: Final[Any] = needs(Right.STANDARD_TIME_PROPOSE)
_TIME_APPROVE: Final[Any] = needs(Right.STANDARD_TIME_APPROVE)
_METRIC: Final = Metric(kpi="availability", unit="plant/bottling/line1/filler", aim=Aim.UP)
_IMPROVEMENT: Final[dict[str, Any]] = document(
    Improvement(
        id="filler-jams", title="Fewer jams at the filler", owner="Maintenance", effort_days=3.0,
        hypothesis="A wider guide rail halves the short stops", metric=_METRIC,
        loss_h_per_week=4.5, source="books", author="anna",
    )
) | {"score": 1.5}  # fmt: skip
_LOSS: Final[dict[str, Any]] = document(
    LossFound(
        title="breakdown", unit="plant/bottling/line1/filler", kpi="loss.breakdown",
        hours_per_week=4.5, source="books",
    )
)  # fmt: skip
_TIME: Final = StandardTime(product="P1", op="10", machine="M1", run_s=66.0)
_PROPOSAL: Final[dict[str, Any]] = document(
    StandardProposal(
        proposed=_TIME, current_s=60.0, change=0.1, low=64.8, high=67.1, by="taktline"
    )
)  # fmt: skip


def _improving(services: Use) -> Improving:
    return services.improving


Desks = Annotated[Improving, Depends(_improving)]
Name = Annotated[
    str, Path(max_length=100, description="Id of an improvement.", examples=["filler-jams"])
]


class ImprovementDocument(Document):
    """An improvement; `score` are hours lost a week for each day of effort."""

    id: str
    title: str
    hypothesis: str
    owner: str
    effort_days: float
    metric: dict[str, Any]
    guards: list[dict[str, Any]]
    loss_h_per_week: float | None
    source: str
    author: str
    approver: str
    before_ms: list[float] | None
    trial_ms: list[float | None] | None
    effect: dict[str, Any] | None
    guarded: list[dict[str, Any]]
    reason: str
    state: str
    version: int
    score: float | None


class ImprovementList(Document):
    """Improvements, the greatest loss for its effort first."""

    items: list[ImprovementDocument]


class LossList(Document):
    """What was lost in the last week, the most first."""

    items: list[LossFound]


class ProposalList(Document):
    """Measured standard times that wait for a person."""

    items: list[StandardProposal]


class TimeList(Document):
    """Standard times."""

    items: list[StandardTime]


class NewImprovement(Body):
    """An idea: what is tried, what it should change, and what must not get worse."""

    id: str = Field(min_length=1, max_length=100, pattern=r"^[\w.\-]+$", examples=["filler-jams"])
    title: str = Field(min_length=1, max_length=200)
    hypothesis: str = Field(min_length=1, max_length=1000)
    owner: str = Field(min_length=1, max_length=64)
    effort_days: float = Field(gt=0, le=10_000, allow_inf_nan=False)
    metric: Metric
    guards: list[Metric] = Field(default_factory=list, max_length=10)
    loss_h_per_week: float | None = Field(None, ge=0, le=168, allow_inf_nan=False)
    source: str = Field("", max_length=200)

    model_config = Body.model_config | {
        "json_schema_extra": {
            "example": {
                name: _IMPROVEMENT[name]
                for name in ("id", "title", "hypothesis", "owner", "effort_days", "metric")
            }
        }
    }


class Moving(Body):
    """Where an improvement goes next, and why."""

    state: ImprovementState
    version: int = Field(ge=1, le=10**6)
    reason: str = Field("", max_length=1000)

    model_config = Body.model_config | {
        "json_schema_extra": {"example": {"state": "selected", "version": 1}}
    }


class Verdict(Body):
    """Whether an improvement is adopted."""

    adopt: bool
    version: int = Field(ge=1, le=10**6)
    reason: str = Field("", max_length=1000)

    model_config = Body.model_config | {
        "json_schema_extra": {"example": {"adopt": True, "version": 4}}
    }


class Decision(Body):
    """Which standard time is approved or set aside."""

    product: str = Field(max_length=200)
    op: str = Field(max_length=100)
    machine: str = Field(max_length=200)
    version: int = Field(ge=1, le=10**6)
    approve: bool

    model_config = Body.model_config | {
        "json_schema_extra": {
            "example": {"product": "P1", "op": "10", "machine": "M1", "version": 2, "approve": True}
        }
    }


def _shown(each: Improvement) -> dict[str, Any]:
    return {**document(each), "score": each.score}


@router.get(
    "/improvements",
    response_model=ImprovementList,
    responses=answers({"items": [_IMPROVEMENT]}),
    dependencies=[_READ],
)
async def list_improvements(desks: Desks) -> Response:
    """List improvements, the greatest measured loss for its effort first."""
    found = await desks.improvements.improvements()
    return JsonResponse({"items": [_shown(each) for each in found]})


@router.get(
    "/improvements/losses",
    response_model=LossList,
    responses=answers({"items": [_LOSS]}),
    dependencies=[_READ],
)
async def list_losses(desks: Desks) -> Response:
    """List what machines and recurring issues lost in the last week."""
    return JsonResponse({"items": document(await desks.improvements.losses())})


@router.get(
    "/improvements/practices",
    response_model=HintList,
    responses=answers({"items": [HINT]}),
    dependencies=[_READ],
)
async def list_all_practices(desks: Desks) -> Response:
    """List the practices that the records of production and issues show."""
    return JsonResponse({"items": document(await desks.improvements.hints())})


@router.post(
    "/improvements",
    status_code=201,
    response_model=ImprovementDocument,
    responses=answers(_IMPROVEMENT, 403, 404, 409, status=201),
    dependencies=[_PROPOSE],
)
async def add_improvement(desks: Desks, who: Who, body: NewImprovement) -> Response:
    """Write an idea down."""
    fields = {name: getattr(body, name) for name in NewImprovement.model_fields}
    wanted = Improvement(**fields | {"guards": tuple(body.guards)})
    made = await desks.improvements.add(wanted, by=who.name)
    return JsonResponse(_shown(made), status_code=201)


@router.post(
    "/improvements/{name}/moves",
    response_model=ImprovementDocument,
    responses=answers(_IMPROVEMENT | {"state": "selected"}, 403, 404, 409),
    dependencies=[_ACT],
)
async def move_improvement(desks: Desks, who: Who, name: Name, body: Moving) -> Response:
    """Select one, begin its trial, measure it, or reject it; adopting takes another right."""
    if body.state is ImprovementState.ADOPTED:
        raise InvalidRequestError("state: adopted is a verdict, send it to /verdict")
    found = await desks.improvements.move(
        name, body.state, by=who.name, version=body.version, reason=body.reason
    )
    return JsonResponse(_shown(found))


@router.post(
    "/improvements/{name}/verdict",
    response_model=ImprovementDocument,
    responses=answers(_IMPROVEMENT | {"state": "adopted"}, 403, 404, 409),
    dependencies=[_VERIFY],
)
async def decide_improvement(desks: Desks, who: Who, name: Name, body: Verdict) -> Response:
    """Adopt what was measured, or reject it; not by its owner, and not where a guard got worse."""
    reached = ImprovementState.ADOPTED if body.adopt else ImprovementState.REJECTED
    found = await desks.improvements.move(
        name, reached, by=who.name, version=body.version, reason=body.reason
    )
    return JsonResponse(_shown(found))


@router.get(
    "/standards/proposals",
    response_model=ProposalList,
    responses=answers({"items": [_PROPOSAL]}),
    dependencies=[_TIME_READ],
)
async def list_proposals(desks: Desks) -> Response:
    """List measured standard times that wait for a person."""
    return JsonResponse({"items": document(await desks.standards.proposals())})


@router.post(
    "/standards/proposals",
    status_code=201,
    response_model=TimeList,
    responses=answers({"items": [document(_TIME)]}, 403, 409, status=201),
    dependencies=[_TIME_PROPOSE],
)
async def look_for_standards(desks: Desks, who: Who) -> Response:
    """Look through the lots that ran, and propose times that their cycles contradict."""
    made = await desks.standards.look(by=who.name)
    return JsonResponse({"items": document(made)}, status_code=201)


@router.post(
    "/standards/decisions",
    response_model=StandardTime,
    responses=answers(document(_TIME) | {"state": "approved"}, 403, 404, 409),
    dependencies=[_TIME_APPROVE],
)
async def decide_standard(desks: Desks, who: Who, body: Decision) -> Response:
    """Approve a proposed time, never one's own, or set it aside."""
    found = await desks.standards.decide(
        body.product, body.op, body.machine, body.version, approve=body.approve, by=who.name
    )
    return JsonResponse(document(found))
