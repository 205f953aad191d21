"""Alarms: what asks for an answer now, and the answers people give."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.alarm import AlarmLetter, Shelving
from web.api.access import Limit, Limits, Prefix, Use
from web.api.docs import RULES_PATH, answers
from web.api.models import Document, Number
from web.api.text import clean
from web.api.zones import alarm_zone
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = APIRouter(prefix="/alarms", tags=["alarms"], dependencies=[needs(Right.ISSUE_READ)])

AlarmNumber = Annotated[
    int, Path(alias="number", ge=1, le=2**31 - 1, description="Number of the alarm.", examples=[4])
]
After = Annotated[int, Query(ge=0, le=2**53, description="Keeps later changes.")]

_ALARM: Final[dict[str, Any]] = {
    "number": 4,
    "rule": "fill_weight_high",
    "rule_version": "a1b2c3",
    "signal": RULES_PATH,
    "side": "high",
    "asset": "plant/bottling/line1/filler",
    "title": "Fill weight above its limit",
    "priority": "medium",
    "enabled": True,
    "active": True,
    "acked": False,
    "confirmed": True,
    "latched": False,
    "suppressed": False,
    "out_of_service": False,
    "shelving": "unshelved",
    "shelved_until_ms": None,
    "re_alarm_ms": None,
    "letter": "B",
    "retain": True,
    "suppressed_or_shelved": False,
    "onset_ms": 1767247200000.0,
    "raised_ms": 1767247203000.0,
    "cleared_ms": None,
    "value": 512.7,
    "limits": {"high": 510.0},
    "explanation": "512.7 g has been above 510 g for 3 s.",
    "consequence": "Product is given away.",
    "response": "Check the dosing valve.",
    "issue": 17,
    "first_out": True,
    "occurrences": 1,
    "revision": 9,
}
_EVENT: Final[dict[str, Any]] = {
    "seq": 9,
    "alarm": 4,
    "time_ms": 1767247203000.0,
    "action": "raised",
    "by": "rule:fill_weight_high",
    "reason": "",
    "before": "A",
    "after": "B",
    "detail": {"value": 512.7},
}


class AlarmDocument(Document):
    """One condition of one rule on one signal; `letter` is its ISA-18.2 state."""

    number: int
    rule: str
    rule_version: str
    signal: str
    side: str
    asset: str
    title: str
    priority: str
    enabled: bool
    active: bool
    acked: bool
    confirmed: bool
    latched: bool
    suppressed: bool
    out_of_service: bool
    shelving: str
    shelved_until_ms: float | None
    re_alarm_ms: float | None
    letter: str
    retain: bool
    suppressed_or_shelved: bool
    onset_ms: float
    raised_ms: float
    cleared_ms: float | None
    value: Number
    limits: dict[str, Number]
    explanation: str
    consequence: str
    response: str
    issue: int | None
    first_out: bool
    occurrences: int
    revision: int


class AlarmPage(Document):
    """A page of alarms, highest number first; `next_before` is null on the last."""

    items: list[AlarmDocument]
    next_before: int | None
    revision: int


class AlarmEventDocument(Document):
    """One entry of the alarm journal; `before` and `after` are ISA-18.2 letters."""

    seq: int
    alarm: int
    time_ms: float
    action: str
    by: str
    reason: str
    before: str
    after: str
    detail: dict[str, Any]


class AlarmEventPage(Document):
    """A page of the alarm journal, oldest first; `next_after` is null on the last."""

    items: list[AlarmEventDocument]
    next_after: int | None


class JournalDocument(AlarmEventDocument):
    """An entry of the journal, and its alarm as it is now."""

    of: AlarmDocument


class JournalPage(Document):
    """A page of the journal, newest first; `next_before` is null on the last."""

    items: list[JournalDocument]
    next_before: int | None


class Answer(BaseModel):
    """What a person says when answering an alarm."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "On it."}})
    reason: str = Field("", max_length=1000, description="May be empty.")


class Why(BaseModel):
    """Why an alarm is taken out of the operators' sight, or brought back."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "Sensor is being calibrated."}}
    )
    reason: str = Field(min_length=1, max_length=1000)


class Shelf(StrEnum):
    """How long an alarm is put aside: for a time, or until it ends."""

    TIMED = "timed"
    ONE_SHOT = "one_shot"


class Shelve(BaseModel):
    """How an alarm is put aside, why, and for how long."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"reason": "Door switch flaps.", "how": "timed", "for_s": 1800}
        },
    )
    reason: str = Field(min_length=1, max_length=1000)
    how: Shelf = Shelf.TIMED
    for_s: float | None = Field(
        None, gt=0, le=7 * 86_400, description="Seconds; as long as its rule allows unless given."
    )


_SHELVINGS: Final = {Shelf.TIMED: Shelving.TIMED, Shelf.ONE_SHOT: Shelving.ONE_SHOT}
_ANSWERS: Final = answers(_ALARM, 403, 404, 409)


@router.get(
    "",
    response_model=AlarmPage,
    responses=answers({"items": [_ALARM], "next_before": None, "revision": 9}),
)
async def list_alarms(
    *,
    services: Use,
    options: Limits,
    letter: Annotated[
        list[AlarmLetter],
        Query(max_length=9, description="Keeps these ISA-18.2 states; all unless given."),
    ] = [],  # noqa: B006 - FastAPI copies the default
    asset: Prefix = "",
    retained: Annotated[
        bool, Query(description="Keeps those that still ask for something.")
    ] = True,
    before: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Keeps smaller numbers: the next page.")
    ] = None,
    limit: Limit = 100,
) -> Response:
    """List alarms, highest number first."""
    most = min(limit, options.max_page_rows, 999)
    revision = services.alarms.revision
    found = await services.alarms.list(
        letters=letter, limit=most + 1, before=before, asset=asset, retained=retained
    )
    page = found[:most]
    return JsonResponse(
        {
            "items": [document(alarm) for alarm in page],
            "next_before": page[-1].number if len(found) > most else None,
            "revision": revision,
        }
    )


@router.get(
    "/events",
    response_model=AlarmEventPage,
    responses=answers({"items": [_EVENT], "next_after": None}),
)
async def list_alarm_journal(
    services: Use, options: Limits, after: After = 0, limit: Limit = 200
) -> Response:
    """Tell the whole alarm journal, oldest first."""
    return await _journal(services, options, after, limit, None)


@router.get(
    "/journal",
    response_model=JournalPage,
    responses=answers({"items": [_EVENT | {"of": _ALARM}], "next_before": None}),
)
async def list_newest_alarm_events(
    *,
    services: Use,
    options: Limits,
    asset: Prefix = "",
    before: Annotated[
        int | None, Query(ge=1, le=2**53, description="Keeps earlier changes: the next page.")
    ] = None,
    limit: Limit = 200,
) -> Response:
    """Tell the alarm journal newest first, each entry with its alarm as it is now."""
    most = min(limit, options.max_page_rows, 999)
    found = await services.alarms.recent(limit=most + 1, before=before, asset=asset)
    page = found[:most]
    return JsonResponse(
        {
            "items": [document(each.event) | {"of": document(each.alarm)} for each in page],
            "next_before": page[-1].event.seq if len(found) > most else None,
        }
    )


@router.get("/{number}", response_model=AlarmDocument, responses=answers(_ALARM, 404))
async def get_alarm(services: Use, number: AlarmNumber) -> Response:
    """Describe one alarm."""
    return JsonResponse(document(await services.alarms.get(number)))


@router.get(
    "/{number}/events",
    response_model=AlarmEventPage,
    responses=answers({"items": [_EVENT], "next_after": None}, 404),
)
async def list_alarm_events(
    services: Use, options: Limits, number: AlarmNumber, after: After = 0, limit: Limit = 200
) -> Response:
    """Tell one alarm's journal, oldest first."""
    await services.alarms.get(number)
    return await _journal(services, options, after, limit, number)


async def _journal(
    services: Use, options: Limits, after: int, limit: int, number: int | None
) -> Response:
    most = min(limit, options.max_page_rows, 999)
    found = await services.alarms.events(after=after, limit=most + 1, alarm=number)
    page = found[:most]
    return JsonResponse(
        {
            "items": [document(event) for event in page],
            "next_after": page[-1].seq if len(found) > most else None,
        }
    )


@router.post(
    "/{number}/acknowledge",
    response_model=AlarmDocument,
    responses=_ANSWERS,
    dependencies=[needs(Right.ALARM_ACKNOWLEDGE, alarm_zone)],
)
async def acknowledge_alarm(
    services: Use, who: Who, number: AlarmNumber, body: Answer | None = None
) -> Response:
    """Take note of an alarm."""
    done = await services.alarms.acknowledge(number, by=who, reason=_said(body))
    return JsonResponse(document(done))


@router.post(
    "/{number}/confirm",
    response_model=AlarmDocument,
    responses=_ANSWERS,
    dependencies=[needs(Right.ALARM_ACKNOWLEDGE, alarm_zone)],
)
async def confirm_alarm(
    services: Use, who: Who, number: AlarmNumber, body: Answer | None = None
) -> Response:
    """Confirm that what was to be done is done."""
    done = await services.alarms.confirm(number, by=who, reason=_said(body))
    return JsonResponse(document(done))


@router.post(
    "/{number}/reset",
    response_model=AlarmDocument,
    responses=_ANSWERS,
    dependencies=[needs(Right.ALARM_ACKNOWLEDGE, alarm_zone)],
)
async def reset_alarm(
    services: Use, who: Who, number: AlarmNumber, body: Answer | None = None
) -> Response:
    """End the latch of an alarm that is inactive and answered."""
    done = await services.alarms.reset(number, by=who, reason=_said(body))
    return JsonResponse(document(done))


@router.post(
    "/{number}/shelve",
    response_model=AlarmDocument,
    responses=_ANSWERS,
    dependencies=[needs(Right.ALARM_SHELVE, alarm_zone)],
)
async def shelve_alarm(services: Use, who: Who, number: AlarmNumber, body: Shelve) -> Response:
    """Put an alarm aside for a limited time, with a reason."""
    how = _SHELVINGS[body.how]
    done = await services.alarms.shelve(
        number, by=who, reason=clean(body.reason), how=how, for_s=body.for_s
    )
    return JsonResponse(document(done))


@router.post(
    "/{number}/unshelve",
    response_model=AlarmDocument,
    responses=_ANSWERS,
    dependencies=[needs(Right.ALARM_SHELVE, alarm_zone)],
)
async def unshelve_alarm(
    services: Use, who: Who, number: AlarmNumber, body: Answer | None = None
) -> Response:
    """Take an alarm back from the shelf."""
    back = Shelving.UNSHELVED
    done = await services.alarms.shelve(number, by=who, reason=_said(body), how=back)
    return JsonResponse(document(done))


@router.post(
    "/{number}/suppress",
    response_model=AlarmDocument,
    responses=_ANSWERS,
    dependencies=[needs(Right.ALARM_SHELVE, alarm_zone)],
)
async def suppress_alarm(services: Use, who: Who, number: AlarmNumber, body: Why) -> Response:
    """Suppress an alarm by design, with a reason."""
    done = await services.alarms.suppress(number, by=who, reason=clean(body.reason), on=True)
    return JsonResponse(document(done))


@router.post(
    "/{number}/unsuppress",
    response_model=AlarmDocument,
    responses=_ANSWERS,
    dependencies=[needs(Right.ALARM_SHELVE, alarm_zone)],
)
async def unsuppress_alarm(services: Use, who: Who, number: AlarmNumber, body: Why) -> Response:
    """End an alarm's suppression by design."""
    done = await services.alarms.suppress(number, by=who, reason=clean(body.reason), on=False)
    return JsonResponse(document(done))


@router.post(
    "/{number}/out-of-service",
    response_model=AlarmDocument,
    responses=_ANSWERS,
    dependencies=[needs(Right.ALARM_SHELVE, alarm_zone)],
)
async def take_alarm_out(services: Use, who: Who, number: AlarmNumber, body: Why) -> Response:
    """Take an alarm out of service for maintenance, with a reason."""
    done = await services.alarms.take_out(number, by=who, reason=clean(body.reason), out=True)
    return JsonResponse(document(done))


@router.post(
    "/{number}/in-service",
    response_model=AlarmDocument,
    responses=_ANSWERS,
    dependencies=[needs(Right.ALARM_SHELVE, alarm_zone)],
)
async def take_alarm_back(services: Use, who: Who, number: AlarmNumber, body: Why) -> Response:
    """Bring an alarm back into service."""
    done = await services.alarms.take_out(number, by=who, reason=clean(body.reason), out=False)
    return JsonResponse(document(done))


def _said(body: Answer | None) -> str:
    return clean(body.reason) if body else ""
