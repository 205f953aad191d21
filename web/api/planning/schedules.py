"""The scheduling board: versions, searches, moves by hand, breakdowns, publishing."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.production.model import Pin, Schedule, ScheduleCause
from gateway.production.office.port import Bar, Board, Drag, JobState, Lane, ScheduleDiff
from web.api.docs import answers
from web.api.models import Document
from web.api.planning.shared import JOB, SCHEDULE, Key, MaybeVersion, Office, Version
from web.api.resource import Resource
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/schedules", tags=["planning"])
_READ: Final[Any] = needs(Right.SCHEDULE_READ)
_PROPOSE: Final[Any] = needs(Right.SCHEDULE_PROPOSE)
_APPROVE: Final[Any] = needs(Right.SCHEDULE_APPROVE)
_SCHEDULE: Final[dict[str, Any]] = document(SCHEDULE)
_BOARD: Final[dict[str, Any]] = document(
    Board(
        schedule=SCHEDULE,
        now_min=29994150,
        lanes=(Lane(machine="M1", work_centre="mill", closures=((29994480, 29995080),)),),
        bars=(
            Bar(
                job=JOB,
                product="P1",
                qty=500,
                due_at_min=29995200,
                projected_start_min=29994150,
                projected_end_min=29994450,
                late_min=0,
                pinned=False,
                frozen=True,
            ),
        ),
        late={},
        faults=(),
        unplanned=("W-A-1007",),
        assumed=1,
    )
)
_SEARCH: Final[dict[str, Any]] = {
    "id": "4f1c2a9e0b7d6c35",
    "cause": "new order",
    "by": "anna",
    "created_ms": 1767852001000.0,
    "seconds": 5.0,
    "state": "running",
    "share": 0.4,
    "cost": 1186.0,
    "phase": "annealing",
    "version": None,
    "error": "",
}
_DRAG: Final[dict[str, Any]] = {
    "bar_start_min": 29994200,
    "bar_end_min": 29994500,
    "faults": ["W-A-1001/10 and W-A-1002/10 overlap on M1"],
    "cost_before": 1186.0,
    "cost_after": 1240.0,
    "late_after": {"W-A-1002": 35},
}
_DIFF: Final[dict[str, Any]] = {
    "moves": [{"job": "W-A-1001/10", "before": document(JOB), "after": document(JOB)}],
    "machine_changes": [],
    "newly_late": [],
    "newly_on_time": ["W-A-1002"],
    "in_frozen_zone": [],
}
_MINUTE: Final = Field(ge=0, le=2**40, description="UTC minutes since 1970.")


class SearchDocument(Document):
    """One search for a schedule; `version` is what it proposed, once done."""

    id: str
    cause: ScheduleCause
    by: str
    created_ms: float
    seconds: float
    state: JobState
    share: float
    cost: float | None
    phase: str
    version: int | None
    error: str


class ScheduleList(Document):
    """Versions, newest first, without their jobs."""

    items: list[Schedule]


class NewPin(BaseModel):
    """A job to keep on a machine, and at a time where one is given."""

    model_config = ConfigDict(extra="forbid")
    job: str = Field(max_length=400)
    machine: str = Field(max_length=200)
    start_at_min: int | None = Field(None, ge=0, le=2**40)


class NewSearch(BaseModel):
    """What to look for."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"cause": "new order", "seconds": 5}}
    )
    cause: ScheduleCause = ScheduleCause.MANUAL
    seconds: float | None = Field(None, ge=0.1, le=600, allow_inf_nan=False)
    pins: list[NewPin] | None = Field(
        None, max_length=1000, description="Jobs to keep; those of the present version without."
    )


class NewPlace(BaseModel):
    """Where a job is to be put."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"job": "W-A-1001/10", "machine": "M2", "start_at_min": 29994200}
        },
    )
    job: str = Field(max_length=400)
    machine: str = Field(max_length=200)
    start_at_min: int = _MINUTE


class NewBreakdown(BaseModel):
    """A machine that is down from now on."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"machine": "M1", "minutes": 240}}
    )
    machine: str = Field(max_length=200)
    minutes: int = Field(ge=1, le=43_200)


@router.get(
    "",
    response_model=ScheduleList,
    responses=answers({"items": [_SCHEDULE]}),
    dependencies=[_READ],
)
async def list_schedules(office: Office) -> Response:
    """List the newest versions of the schedule."""
    return JsonResponse({"items": document(await office.schedules.schedules())})


@router.get("/board", response_model=Board, responses=answers(_BOARD, 404), dependencies=[_READ])
async def get_board(office: Office, version: MaybeVersion = None) -> Response:
    """Give a version on its machines, as planned and as things go; the published one without a number."""
    return JsonResponse(document(await office.schedules.board(version)))


@router.post(
    "/searches",
    status_code=202,
    response_model=SearchDocument,
    responses=answers(_SEARCH, 403, 409, status=202),
    dependencies=[_PROPOSE],
)
async def search_schedule(office: Office, who: Who, body: NewSearch) -> Response:
    """Look for a schedule of all open work orders; what it finds is a proposal."""
    pins = None
    if body.pins is not None:
        pins = [
            Pin(job=each.job, machine=each.machine, start_at_min=each.start_at_min, by=who.name)
            for each in body.pins
        ]
    job = office.schedules.search(cause=body.cause, seconds=body.seconds, pins=pins, by=who.name)
    place = {"location": f"/api/v1/schedules/searches/{job.id}"}
    return JsonResponse(document(job), status_code=202, headers=place)


@router.get(
    "/searches/{search_id}",
    response_model=SearchDocument,
    responses=answers(_SEARCH | {"state": "done", "version": 3}, 404),
    dependencies=[_READ],
)
async def get_search(office: Office, search_id: Key) -> Response:
    """Tell how far a search is, and which version it proposed."""
    return JsonResponse(document(office.schedules.found(search_id)))


@router.delete(
    "/searches/{search_id}",
    response_model=SearchDocument,
    responses=answers(_SEARCH | {"state": "cancelled"}, 403, 404),
    dependencies=[_PROPOSE],
)
async def cancel_search(office: Office, _who: Who, search_id: Key) -> Response:
    """End a search."""
    return JsonResponse(document(await office.schedules.cancel(search_id)))


@router.post(
    "/breakdowns",
    status_code=201,
    response_model=Schedule,
    responses=answers(_SCHEDULE | {"cause": "breakdown"}, 403, 404, 409, status=201),
    dependencies=[_PROPOSE],
)
async def report_breakdown(office: Office, who: Who, body: NewBreakdown) -> Response:
    """Propose the published schedule shifted right around a machine that is down from now on."""
    found = await office.schedules.breakdown(body.machine, minutes=body.minutes, by=who.name)
    return JsonResponse(document(found), status_code=201)


@router.get(
    "/diff", response_model=ScheduleDiff, responses=answers(_DIFF, 404), dependencies=[_READ]
)
async def compare_schedules(
    office: Office,
    old: Annotated[int, Query(ge=1, le=10**6)],
    new: Annotated[int, Query(ge=1, le=10**6)],
) -> Response:
    """Say what one version changes of another."""
    found = await office.schedules.diff(old, new)
    alone = {"may_publish_alone": found.may_publish_alone}
    return JsonResponse(document(found) | alone)


@router.post(
    "/{version}/drag",
    response_model=Drag,
    responses=answers(_DRAG, 403, 404, 409),
    dependencies=[_PROPOSE],
)
async def try_move(office: Office, _who: Who, version: Version, body: NewPlace) -> Response:
    """Judge a job put elsewhere; nothing is kept."""
    found = await office.schedules.drag(
        version, job=body.job, machine=body.machine, start_at_min=body.start_at_min
    )
    return JsonResponse(document(found))


@router.post(
    "/{version}/move",
    status_code=201,
    response_model=Schedule,
    responses=answers(_SCHEDULE | {"cause": "manual"}, 403, 404, 409, status=201),
    dependencies=[_PROPOSE],
)
async def move_job(office: Office, who: Who, version: Version, body: NewPlace) -> Response:
    """Propose a version in which a job is elsewhere and pinned there; refused where that breaks a rule."""
    found = await office.schedules.move(
        version, job=body.job, machine=body.machine, start_at_min=body.start_at_min, by=who.name
    )
    return JsonResponse(document(found), status_code=201)


@router.post(
    "/{version}/approve",
    response_model=Schedule,
    responses=answers(_SCHEDULE | {"state": "approved"}, 403, 404, 409),
    dependencies=[_APPROVE],
)
async def approve_schedule(office: Office, who: Who, version: Version) -> Response:
    """Approve a proposal; refused to its proposer."""
    return JsonResponse(document(await office.schedules.approve(version, by=who.name)))


@router.post(
    "/{version}/publish",
    response_model=Schedule,
    responses=answers(_SCHEDULE | {"state": "published"}, 403, 404, 409),
    dependencies=[_APPROVE],
)
async def publish_schedule(office: Office, who: Who, version: Version) -> Response:
    """Publish what the checker passes."""
    return JsonResponse(document(await office.schedules.publish(version, by=who.name)))
