"""Alarms: what asks for an answer now, and the answers people give."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path, Query
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.alarm import AlarmLetter, Shelving
from web.api.access import Limit, Limits, Prefix, Use
from web.api.alarm_models import (
    ALARM,
    EVENT,
    AlarmDocument,
    AlarmEventPage,
    AlarmPage,
    Answer,
    JournalPage,
    Shelf,
    Shelve,
    Why,
)
from web.api.docs import answers
from web.api.resource import Resource
from web.api.text import clean
from web.api.zones import alarm_zone
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/alarms", tags=["alarms"], dependencies=[needs(Right.ISSUE_READ)])

AlarmNumber = Annotated[
    int, Path(alias="number", ge=1, le=2**31 - 1, description="Number of the alarm.", examples=[4])
]
After = Annotated[int, Query(ge=0, le=2**53, description="Keeps later changes.")]

_SHELVINGS: Final = {Shelf.TIMED: Shelving.TIMED, Shelf.ONE_SHOT: Shelving.ONE_SHOT}
_ANSWERS: Final = answers(ALARM, 403, 404, 409)


@router.get(
    "",
    response_model=AlarmPage,
    responses=answers({"items": [ALARM], "next_before": None, "revision": 9}),
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
    responses=answers({"items": [EVENT], "next_after": None}),
)
async def list_alarm_journal(
    services: Use, options: Limits, after: After = 0, limit: Limit = 200
) -> Response:
    """Tell the whole alarm journal, oldest first."""
    return await _journal(services, options, after, limit, None)


@router.get(
    "/journal",
    response_model=JournalPage,
    responses=answers({"items": [EVENT | {"of": ALARM}], "next_before": None}),
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


@router.get("/{number}", response_model=AlarmDocument, responses=answers(ALARM, 404))
async def get_alarm(services: Use, number: AlarmNumber) -> Response:
    """Describe one alarm."""
    return JsonResponse(document(await services.alarms.get(number)))


@router.get(
    "/{number}/events",
    response_model=AlarmEventPage,
    responses=answers({"items": [EVENT], "next_after": None}, 404),
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
