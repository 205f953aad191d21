"""Passkeys: signing in with one, and a person's own."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from starlette.responses import Response

from gateway.access.doors import Passkeys, Site
from gateway.access.port import SignInError
from gateway.access.rights import Right
from gateway.errors import BackOffError, ConflictError
from web.api.access_models import (
    OfferDocument,
    PasskeyDocument,
    PasskeyList,
    SessionDocument,
)
from web.api.docs import answers
from web.api.resource import Resource
from web.api.session import WHO
from web.auth import OPEN, Me, access_of, needs, origin_of, refuse_strangers
from web.entering import entered, only_people, site_of, wait
from web.jsontext import JsonResponse, document
from web.problems import ProblemError

router = Resource(prefix="/session", tags=["session"])
_STRICT: Final = ConfigDict(extra="forbid")
_ENTRY: Final[dict[str, Any]] = {
    "id": "a3f09c11d2e4",
    "label": "Telephone",
    "created_ms": 1767247200000.0,
    "used_ms": None,
}
_OFFER: Final = {"options": {"challenge": "uX2…", "rpId": "floor.example"}, "flow": "gAAAA…"}
_Flow = Annotated[str, Field(max_length=4096, description="As it came with the options.")]
_Credential = Annotated[
    dict[str, Any],
    Field(max_length=20, description="What the browser's PublicKeyCredential.toJSON() gives."),
]


class Answer(BaseModel):
    """What a device answered."""

    model_config = _STRICT
    credential: _Credential
    flow: _Flow


class NewPasskey(BaseModel):
    """What a device made, and how its owner calls it."""

    model_config = _STRICT
    credential: _Credential
    flow: _Flow
    label: str = Field(max_length=64, examples=["Telephone"])


class Again(BaseModel):
    """The own password, once more."""

    model_config = _STRICT
    password: SecretStr = Field(max_length=200, examples=["a sentence nobody else knows"])


@router.post(
    "/passkey/options",
    response_model=OfferDocument,
    responses=answers(_OFFER, 403, 409),
    dependencies=[OPEN],
)
async def offer_passkey_sign_in(request: Request) -> Response:
    """Give what any passkey of this page may answer."""
    keys, site = await _keys(request)
    return JsonResponse(document(await keys.begin(site)))


@router.post(
    "/passkey",
    response_model=SessionDocument,
    responses=answers(WHO, 401, 403, 409, 429),
    dependencies=[OPEN],
)
async def sign_in_by_passkey(request: Request, body: Answer) -> Response:
    """Open a session by a device's answer."""
    keys, site = await _keys(request)
    try:
        opened = await keys.sign_in(
            body.credential, flow=body.flow, site=site, origin=origin_of(request)
        )
    except BackOffError as error:
        raise wait(error) from error
    except SignInError as error:
        raise ProblemError(status=401, title="Not signed in", detail=str(error)) from error
    return await entered(request, opened)


@router.get(
    "/passkeys",
    response_model=PasskeyList,
    responses=answers({"items": [_ENTRY]}, 401, 403, 409),
    dependencies=[needs(Right.DISPLAY)],
)
async def list_passkeys(request: Request, me: Me) -> Response:
    """List the own passkeys."""
    only_people(me)
    keys, _ = await _keys(request)
    return JsonResponse({"items": [document(each) for each in await keys.entries(me)]})


@router.post(
    "/passkeys/options",
    response_model=OfferDocument,
    responses=answers(_OFFER, 401, 403, 409, 429),
    dependencies=[needs(Right.DISPLAY)],
)
async def offer_passkey(request: Request, me: Me, body: Again) -> Response:
    """Give what a device makes a new passkey by; the password says that it is still the same person."""
    only_people(me)
    keys, site = await _keys(request)
    try:
        offer = await keys.begin_adding(me, password=body.password.get_secret_value(), site=site)
    except BackOffError as error:
        raise wait(error) from error
    except SignInError as error:
        raise ProblemError(status=403, title="Not added", detail=str(error)) from error
    return JsonResponse(document(offer))


@router.post(
    "/passkeys",
    status_code=201,
    response_model=PasskeyDocument,
    responses=answers(_ENTRY, 401, 403, 409, status=201),
    dependencies=[needs(Right.DISPLAY)],
)
async def add_passkey(request: Request, me: Me, body: NewPasskey) -> Response:
    """Keep a new passkey of the own account."""
    only_people(me)
    keys, site = await _keys(request)
    made = await keys.add(me, body.credential, flow=body.flow, label=body.label, site=site)
    return JsonResponse(document(made), status_code=201)


@router.delete(
    "/passkeys/{passkey_id}",
    status_code=204,
    responses=answers(None, 401, 403, 404, 409),
    dependencies=[needs(Right.DISPLAY)],
)
async def remove_passkey(
    request: Request,
    me: Me,
    passkey_id: Annotated[str, Path(max_length=16, examples=["a3f09c11d2e4"])],
) -> Response:
    """End one of the own passkeys."""
    only_people(me)
    keys, _ = await _keys(request)
    await keys.remove(me, passkey_id)
    return Response(status_code=204)


async def _keys(request: Request) -> tuple[Passkeys, Site]:
    keys: Passkeys | None = request.app.state.passkeys
    site = site_of(request)
    await refuse_strangers(request, access_of(request))
    if keys is None or site is None:
        msg = (
            "browsers bind passkeys to a host name reached over TLS, or to localhost:"
            " set web.public_url to https://name"
        )
        raise ConflictError(msg)
    return keys, site
