"""Notifications: channels and their test, teams and who is on duty, the delivery log."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.access.port import Identity
from gateway.access.rights import Right
from gateway.notice import DeliveriesWanted, DeliveryState
from web.api.access import Limit, Limits, Use
from web.api.docs import answers
from web.api.notify_models import (
    AcknowledgedDocument,
    ChannelList,
    DeliveryDocument,
    DeliveryPage,
    LinkOfferDocument,
    TeamList,
)
from web.api.resource import Resource
from web.auth import OPEN, Who, needs, record
from web.jsontext import JsonResponse, document

router = Resource(prefix="/notify", tags=["notify"])

_CHANNEL: Final[dict[str, Any]] = {
    "name": "mail",
    "type": "mail",
    "target": "mail.plant.example:587",
    "personal": True,
    "state": "working",
    "since_ms": 1767247200000.0,
    "last_error": "",
    "last_sent_ms": 1767247300000.0,
    "waiting": 0,
    "address_hint": "name@plant.example",
}
_DUTY: Final[dict[str, Any]] = {
    "people": ["anna"],
    "how": "on_call",
    "start_ms": 1767247200000.0,
    "until_ms": 1767852000000.0,
}
_TEAM: Final[dict[str, Any]] = {
    "name": "line1",
    "title": "Line 1",
    "zones": ["plant/bottling/line1"],
    "types": [],
    "time_zone": "Europe/Berlin",
    "members": ["anna", "ben"],
    "supervisors": ["sam"],
    "managers": ["mia"],
    "channels": [],
    "now": _DUTY,
    "next": None,
    "unreachable": ["ben"],
}
DELIVERY_EXAMPLE: Final[dict[str, Any]] = {
    "id": 3,
    "key": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    "person": "anna",
    "channel": "mail",
    "kind": "notice",
    "severity": "P2",
    "group": "plant/bottling/line1",
    "issue": 17,
    "issues": [17],
    "subject": "[plant] P2 Fill weight above its limit",
    "body": "P2 #17 Fill weight above its limit at plant/bottling/line1/filler: is new (01 Jan 07:00 CET)",
    "notices": 1,
    "state": "sent",
    "tries": 1,
    "error": "",
    "created_ms": 1767247203000.0,
    "due_ms": 1767247203000.0,
    "sent_ms": 1767247204000.0,
    "seen_ms": None,
}
_OFFER: Final[dict[str, Any]] = {
    "issue": 17,
    "person": "anna",
    "title": "Fill weight above its limit",
    "asset": "plant/bottling/line1/filler",
    "severity": "P2",
    "state": "open",
    "opened_ms": 1767247203000.0,
    "expires_ms": 1767333603000.0,
    "done": "",
}
_DONE: Final[dict[str, Any]] = {
    "issue": 17,
    "person": "anna",
    "title": "Fill weight above its limit",
    "state": "triage",
}
Channel = Annotated[str, Path(max_length=40, description="Name of the channel.", examples=["mail"])]
Message = Annotated[int, Path(ge=1, le=2**31 - 1, description="Id of the message.", examples=[3])]


class SignedLink(BaseModel):
    """What follows # in the address of a link in a message."""

    model_config = ConfigDict(extra="forbid")
    secret: str = Field(max_length=500, examples=["tka_…"])


@router.get(
    "/channels",
    response_model=ChannelList,
    responses=answers({"items": [_CHANNEL]}, 401, 403),
    dependencies=[needs(Right.NOTIFY_READ)],
)
async def list_channels(services: Use) -> Response:
    """List the channels and how they are doing."""
    found = await services.notifications.channels()
    return JsonResponse({"items": [document(each) for each in found]})


@router.post(
    "/channels/{channel}/test",
    response_model=DeliveryDocument,
    responses=answers(DELIVERY_EXAMPLE | {"kind": "test", "issue": None}, 401, 403, 404),
    dependencies=[needs(Right.NOTIFY_APPROVE)],
)
async def test_channel(services: Use, who: Who, channel: Channel) -> Response:
    """Send a test by a channel at once, to the own address where it is personal; the answer says what came of it."""
    return JsonResponse(document(await services.notifications.test(channel, by=who.name)))


@router.get(
    "/teams",
    response_model=TeamList,
    responses=answers({"items": [_TEAM]}, 401, 403),
    dependencies=[needs(Right.READ)],
)
async def list_teams(
    services: Use,
    at: Annotated[
        float | None,
        Query(ge=0, le=4e12, description="Moment in ms since 1970; now unless given."),
    ] = None,
) -> Response:
    """List the teams, and who is on duty at a moment and after it."""
    at_ns = services.clock.now_ns() if at is None else round(at * 1e6)
    found = await services.notifications.teams(at_ns)
    return JsonResponse({"items": [document(each) for each in found]})


@router.get(
    "/deliveries",
    response_model=DeliveryPage,
    responses=answers({"items": [DELIVERY_EXAMPLE], "next_before": None}, 401, 403),
    dependencies=[needs(Right.NOTIFY_READ)],
)
async def list_deliveries(
    *,
    services: Use,
    options: Limits,
    state: Annotated[DeliveryState | None, Query(description="Keeps this state.")] = None,
    channel: Annotated[str, Query(max_length=40, description="Keeps this channel.")] = "",
    person: Annotated[str, Query(max_length=80, description="Keeps this person.")] = "",
    issue: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Keeps this issue.")] = None,
    before: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Keeps smaller ids: the next page.")
    ] = None,
    limit: Limit = 100,
) -> Response:
    """List messages, newest first, with what became of each."""
    most = min(limit, options.max_page_rows)
    wanted = DeliveriesWanted(
        state="" if state is None else state.value,
        channel=channel,
        person=person,
        issue=issue,
        before=before,
        limit=most + 1,
    )
    found = await services.notifications.deliveries(wanted)
    page = found[:most]
    more = page[-1].id if len(found) > most else None
    return JsonResponse({"items": [document(each) for each in page], "next_before": more})


@router.post(
    "/deliveries/{message}/retry",
    response_model=DeliveryDocument,
    responses=answers(DELIVERY_EXAMPLE | {"state": "waiting"}, 401, 403, 404, 409),
    dependencies=[needs(Right.NOTIFY_APPROVE)],
)
async def retry_delivery(services: Use, message: Message) -> Response:
    """Send a message again that was given up."""
    return JsonResponse(document(await services.notifications.retry(message)))


@router.post(
    "/link",
    response_model=LinkOfferDocument,
    responses=answers(_OFFER, 404),
    dependencies=[OPEN],
)
async def look_at_link(services: Use, body: SignedLink) -> Response:
    """Say what a signed link would do; nothing is done yet."""
    return JsonResponse(document(await services.notifications.offer(body.secret)))


@router.post(
    "/acknowledge",
    response_model=AcknowledgedDocument,
    responses=answers(_DONE, 404, 409),
    dependencies=[OPEN],
)
async def acknowledge_by_link(request: Request, services: Use, body: SignedLink) -> Response:
    """Acknowledge an issue by the signed link of a message: its holder need not be signed in."""
    offer = await services.notifications.offer(body.secret)
    await record(request, Identity(name=offer.person, kind="link", grants=()))
    who, issue = await services.notifications.redeem(body.secret)
    return JsonResponse(
        {
            "issue": issue.number,
            "person": who.name,
            "title": issue.title,
            "state": issue.state.value,
        }
    )
