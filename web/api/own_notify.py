"""How somebody wants to be told, what was told on the page, and a test to oneself."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.errors import NotFoundError
from gateway.notice import SCREEN, Contact, QuietHours
from web.api.access import Limit, Use
from web.api.docs import answers
from web.api.notify import DELIVERY_EXAMPLE
from web.api.notify_models import ChannelList, ContactDocument, DeliveryDocument, DeliveryList
from web.api.resource import Resource
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(
    prefix="/session/notifications", tags=["notify"], dependencies=[needs(Right.READ)]
)
_STRICT: Final = ConfigDict(extra="forbid")
_CONTACT: Final[dict[str, Any]] = {
    "person": "anna",
    "addresses": {"mail": "anna@plant.example"},
    "time_zone": "",
    "quiet": [{"days": ["sat", "sun"], "start": "22:00", "end": "08:00"}],
    "break_through": "P1",
    "digest_from": "P4",
    "digest_at": "07:00",
    "version": 1,
}
_WAY: Final[dict[str, Any]] = {
    "name": "mail",
    "type": "mail",
    "target": "",
    "personal": True,
    "state": "working",
    "since_ms": 1767247200000.0,
    "last_error": "",
    "last_sent_ms": None,
    "waiting": 0,
    "address_hint": "name@plant.example",
}


class Quiet(BaseModel):
    """A weekly window in which only the worst is told."""

    model_config = _STRICT
    days: list[str] = Field(max_length=7, examples=[["sat", "sun"]])
    start: str = Field(max_length=5, examples=["22:00"])
    end: str = Field(max_length=5, examples=["06:00"])


class Wishes(BaseModel):
    """How somebody wants to be told; `version` is the one that was read."""

    model_config = _STRICT
    addresses: dict[str, str] = Field(default_factory=dict, max_length=20)
    time_zone: str = Field("", max_length=60, description="IANA zone; empty: the plant's.")
    quiet: list[Quiet] = Field(default_factory=list, max_length=20)
    break_through: str = Field("P1", max_length=2)
    digest_from: str = Field("", max_length=2)
    digest_at: str = Field("07:00", max_length=5)
    version: int = Field(ge=0, le=2**31 - 1)


@router.get("", response_model=ContactDocument, responses=answers(_CONTACT, 401, 403))
async def get_own_notifications(services: Use, who: Who) -> Response:
    """Tell how one is told."""
    return JsonResponse(document(await services.notifications.contact(who.name)))


@router.put("", response_model=ContactDocument, responses=answers(_CONTACT, 401, 403, 409))
async def set_own_notifications(services: Use, who: Who, body: Wishes) -> Response:
    """Say how one wants to be told; every mistake is answered at once."""
    contact = Contact(
        person=who.name,
        addresses={name: address for name, address in body.addresses.items() if address},
        time_zone=body.time_zone,
        quiet=tuple(QuietHours(days=e.days, start=e.start, end=e.end) for e in body.quiet),
        break_through=body.break_through,
        digest_from=body.digest_from,
        digest_at=body.digest_at,
        version=body.version,
    )
    return JsonResponse(document(await services.notifications.set_contact(contact)))


@router.get("/channels", response_model=ChannelList, responses=answers({"items": [_WAY]}, 401, 403))
async def list_own_channels(services: Use) -> Response:
    """List the channels that take an address of one's own."""
    ways = [each for each in await services.notifications.channels() if each.personal]
    # Where a channel leads and why it fails is for those who run it.
    shown = [{**document(each), "target": "", "last_error": ""} for each in ways]
    return JsonResponse({"items": shown})


@router.post(
    "/test/{channel}",
    response_model=DeliveryDocument,
    responses=answers(DELIVERY_EXAMPLE | {"kind": "test", "issue": None}, 401, 403, 404),
)
async def test_own_channel(
    services: Use,
    who: Who,
    channel: Annotated[str, Path(max_length=40, examples=["mail"])],
) -> Response:
    """Send a test to oneself at once."""
    own = {each.name for each in await services.notifications.channels() if each.personal}
    if channel not in {SCREEN, *own}:
        known = ", ".join(sorted({SCREEN, *own}))
        raise NotFoundError(f"no channel of your own {channel[:40]!r}; there are: {known}")
    return JsonResponse(document(await services.notifications.test(channel, by=who.name)))


@router.get(
    "/inbox",
    response_model=DeliveryList,
    responses=answers({"items": [DELIVERY_EXAMPLE | {"channel": "screen"}]}, 401, 403),
)
async def list_own_messages(services: Use, who: Who, limit: Limit = 50) -> Response:
    """List what one was told on the page, newest first."""
    found = await services.notifications.inbox(who.name, limit=min(limit, 500))
    return JsonResponse({"items": [document(each) for each in found]})


@router.post("/inbox/{message}/seen", status_code=204, responses=answers(None, 401, 403, 404))
async def see_own_message(
    services: Use,
    who: Who,
    message: Annotated[int, Path(ge=1, le=2**31 - 1, examples=[3])],
) -> Response:
    """Note that one has read a message."""
    await services.notifications.seen(who.name, message)
    return Response(status_code=204)
