"""Jobs: whether they are ready, what is given to them, and what is done with them."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.production.execution.port import Act, Commanded, JobDetail, Readiness
from gateway.production.lifecycle import JobState
from web.api.docs import answers
from web.api.execution.models import JobDocument, ReadinessDocument, RunDocument
from web.api.execution.shared import RUN, STATION_JOB, STEP, Desk, Op, Order, job_zone
from web.api.resource import Resource
from web.auth import Me, needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/jobs", tags=["execution"])
_READ: Final[Any] = needs(Right.JOB_READ)
_RUN: Final[dict[str, Any]] = document(RUN)
_DETAIL: Final[dict[str, Any]] = document(JobDetail(job=STATION_JOB, steps=(STEP,)))
_READY: Final[dict[str, Any]] = {
    "job": "W-A-1001/10",
    "ready": False,
    "checks": [{"aspect": "tool", "problem": "tool T-12 is worn"}],
}
_Pieces = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class JobCommand(BaseModel):
    """What is to be done; `version` is what the asker saw."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"act": "pause", "version": 3, "code": "jam"}},
    )
    act: Act
    version: int | None = Field(None, ge=0, le=10**9)
    good: _Pieces = Field(0.0, description="Good pieces that a person counted.")
    reject: _Pieces = Field(0.0, description="Rejected pieces that a person counted.")
    reason: str = Field("", max_length=500, description="Needed to pause, abort and settle.")
    code: str = Field("", max_length=64, description="A reason for the stop, by its code.")
    state: JobState | None = Field(None, description="Where a person found a job in doubt.")


class Allocation(BaseModel):
    """What a job is given; what is empty is left to the gateway."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"tool": "T-11", "people": ["201"], "lots": ["L-3001"]}},
    )
    tool: str = Field("", max_length=200)
    people: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=50)
    lots: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=200)


@router.get(
    "/{order}/{op}",
    response_model=JobDocument,
    responses=answers(_DETAIL, 404),
    dependencies=[_READ],
)
async def get_job(desk: Desk, order: Order, op: Op) -> Response:
    """Describe a job of the published schedule as it runs, with its history."""
    return JsonResponse(document(await desk.detail(f"{order}/{op}")))


@router.get(
    "/{order}/{op}/readiness",
    response_model=ReadinessDocument,
    responses=answers(_READY, 404),
    dependencies=[_READ],
)
async def get_readiness(desk: Desk, order: Order, op: Op) -> Response:
    """Say what must hold before a job is dispatched, each with its own message where it does not."""
    found: Readiness = await desk.readiness(f"{order}/{op}")
    return JsonResponse(document(found) | {"ready": not found.problems})


@router.post(
    "/{order}/{op}/commands",
    response_model=RunDocument,
    responses=answers(_RUN, 403, 404, 409),
    dependencies=[needs(Right.JOB_APPROVE, job_zone)],
)
async def command_job(desk: Desk, me: Me, order: Order, op: Op, body: JobCommand) -> Response:
    """Dispatch, start, pause, count, finish or abort a job; a machine is called by the guard, once."""
    asked = Commanded(
        act=body.act, version=body.version, good=body.good, reject=body.reject,
        reason=body.reason, code=body.code, state=body.state,
    )  # fmt: skip
    return JsonResponse(document(await desk.command(f"{order}/{op}", asked, by=me)))


@router.post(
    "/{order}/{op}/acceptance",
    response_model=RunDocument,
    responses=answers(_RUN | {"accepted_by": "quinn"}, 403, 404, 409),
    dependencies=[needs(Right.JOB_HOLD, job_zone)],
)
async def accept_job(desk: Desk, me: Me, order: Order, op: Op) -> Response:
    """Take over what a finished step hands on; it takes the role that its routing names."""
    run = await desk.command(f"{order}/{op}", Commanded(act=Act.ACCEPT), by=me)
    return JsonResponse(document(run))


@router.put(
    "/{order}/{op}/allocation",
    response_model=RunDocument,
    responses=answers(_RUN, 403, 404, 409),
    dependencies=[needs(Right.JOB_PROPOSE, job_zone)],
)
async def allocate_job(desk: Desk, me: Me, order: Order, op: Op, body: Allocation) -> Response:
    """Give tool, people and lots to a job; a tool that an overlapping job has is refused."""
    run = await desk.allocate(
        f"{order}/{op}", tool=body.tool, people=body.people, lots=body.lots, by=me
    )
    return JsonResponse(document(run))
