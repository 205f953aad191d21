"""Signing in and out, and what a person may change about the own account."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from starlette.responses import Response

from gateway.access.port import LOCAL, CodeNeededError, SignInError
from gateway.access.rights import Right
from gateway.errors import BackOffError
from web.api.access import Limits
from web.api.access_models import SESSION_EXAMPLE, CodeOffer, SessionDocument, SessionList
from web.api.docs import answers
from web.api.resource import Resource
from web.auth import (
    OPEN,
    Me,
    access_of,
    cookie_name,
    needs,
    origin_of,
    record,
    refuse_strangers,
)
from web.entering import entered, only_people, session_document, set_cookie, wait
from web.jsontext import JsonResponse, document
from web.problems import ProblemError
from web.qr import qr_rows

router = Resource(prefix="/session", tags=["session"])
_STRICT: Final = ConfigDict(extra="forbid")
WHO: Final[dict[str, Any]] = {
    "name": "anna",
    "kind": "person",
    "grants": ["supervisor@plant/bottling"],
    "rights": ["display", "issue.approve", "read"],
    "page": "",
    "csrf": "6f1e",
    "expires_ms": 1767290400000.0,
    "sign_in": "required",
    "provider": "",
}


class Credentials(BaseModel):
    """Who signs in."""

    model_config = _STRICT
    name: str = Field(max_length=64, examples=["anna"])
    password: SecretStr = Field(max_length=200, examples=["a sentence nobody else knows"])
    code: SecretStr = Field(SecretStr(""), max_length=10, description="One-time code, if asked.")


class Redemption(BaseModel):
    """A one-time link, and the password it is to set."""

    model_config = _STRICT
    secret: SecretStr = Field(max_length=100, examples=["tkl_…"])
    name: str = Field("", max_length=64, description="Name of the first administrator.")
    password: SecretStr = Field(max_length=200, examples=["a sentence nobody else knows"])


class Showing(BaseModel):
    """A display's token."""

    model_config = _STRICT
    token: SecretStr = Field(max_length=100, examples=["tkt_…"])


class NewPassword(BaseModel):
    """The password as it was, and as it is to be."""

    model_config = _STRICT
    old_password: SecretStr = Field(max_length=200, examples=["a sentence nobody else knows"])
    new_password: SecretStr = Field(max_length=200, examples=["another sentence for myself"])


class Code(BaseModel):
    """A one-time code."""

    model_config = _STRICT
    code: SecretStr = Field(max_length=10, examples=["492039"])


@router.get("", response_model=SessionDocument, responses=answers(WHO, 401), dependencies=[OPEN])
async def who_am_i(request: Request, me: Me) -> Response:
    """Tell who is signed in, what they may, and the value that changes repeat."""
    return JsonResponse(session_document(me, request))


@router.post(
    "", response_model=SessionDocument, responses=answers(WHO, 401, 403, 429), dependencies=[OPEN]
)
async def sign_in(request: Request, body: Credentials) -> Response:
    """Open a session, always under a new secret; the one before ends."""
    access = access_of(request)
    await refuse_strangers(request, access)
    try:
        opened = await access.sign_in(
            name=body.name,
            password=body.password.get_secret_value(),
            code=body.code.get_secret_value().strip(),
            origin=origin_of(request),
        )
    except BackOffError as error:
        raise wait(error) from error
    except CodeNeededError as error:
        raise ProblemError(status=401, title="Code needed", detail=str(error)) from error
    except SignInError as error:
        raise ProblemError(status=401, title="Not signed in", detail=str(error)) from error
    return await entered(request, opened)


@router.post(
    "/display",
    response_model=SessionDocument,
    responses=answers(WHO | {"kind": "display", "page": "floor"}, 401, 403),
    dependencies=[OPEN],
)
async def show(request: Request, options: Limits, body: Showing) -> Response:
    """Let a display draw its page: its token becomes the cookie."""
    access = access_of(request)
    await refuse_strangers(request, access)
    secret = body.token.get_secret_value()
    identity = await access.identify(secret)
    if identity is None or identity.kind != "display" or identity.expires_ns is None:
        raise ProblemError(status=401, title="Not signed in", detail="This is no display's token.")
    await record(request, identity, action="show_display")
    answer = JsonResponse(session_document(identity, request))
    now_ns = request.app.state.services.clock.now_ns()
    set_cookie(answer, options, secret, (identity.expires_ns - now_ns) // 10**9)
    return answer


@router.delete(
    "",
    status_code=204,
    responses=answers(None, 401) | {204: {"description": "Signed out."}},
    dependencies=[OPEN],
)
async def sign_out(request: Request, options: Limits, me: Me) -> Response:
    """End the session."""
    answer = Response(status_code=204, headers={"clear-site-data": '"cache", "storage"'})
    if me is not LOCAL:
        await record(request, me)
        await access_of(request).sign_out(me)
    answer.delete_cookie(
        cookie_name(options), path="/", secure=options.is_tls, httponly=True, samesite="strict"
    )
    return answer


@router.post("/link", status_code=204, responses=answers(None, 401, 403), dependencies=[OPEN])
async def redeem_link(request: Request, body: Redemption) -> Response:
    """Set a password by a one-time link; the first one makes the first administrator."""
    access = access_of(request)
    await refuse_strangers(request, access)
    try:
        await access.redeem(
            secret=body.secret.get_secret_value(),
            name=body.name,
            password=body.password.get_secret_value(),
            origin=origin_of(request),
        )
    except BackOffError as error:
        raise wait(error) from error
    except SignInError as error:
        raise ProblemError(status=401, title="Link not good", detail=str(error)) from error
    return Response(status_code=204)


@router.post(
    "/password",
    status_code=204,
    responses=answers(None, 401, 403, 409),
    dependencies=[needs(Right.DISPLAY)],
)
async def change_password(request: Request, me: Me, body: NewPassword) -> Response:
    """Set the own password; every session ends, this one as well."""
    only_people(me)
    try:
        await access_of(request).change_password(
            me, old=body.old_password.get_secret_value(), new=body.new_password.get_secret_value()
        )
    except BackOffError as error:
        raise wait(error) from error
    except SignInError as error:
        raise ProblemError(status=403, title="Not changed", detail=str(error)) from error
    return Response(status_code=204)


@router.post(
    "/code",
    response_model=CodeOffer,
    responses=answers(
        {"otpauth": "otpauth://totp/Taktline:anna?secret=…", "qr": ["1111111", "1000001"]},
        401,
        403,
        409,
    ),
    dependencies=[needs(Right.DISPLAY)],
)
async def offer_code(request: Request, me: Me) -> Response:
    """Offer one-time codes; they are asked for once one of them was confirmed."""
    only_people(me)
    address = await access_of(request).begin_code(me)
    return JsonResponse({"otpauth": address, "qr": qr_rows(address)})


@router.post(
    "/code/confirm",
    status_code=204,
    responses=answers(None, 401, 403, 409),
    dependencies=[needs(Right.DISPLAY)],
)
async def confirm_code(request: Request, me: Me, body: Code) -> Response:
    """Ask for one-time codes from now on."""
    only_people(me)
    try:
        await access_of(request).confirm_code(me, code=body.code.get_secret_value().strip())
    except BackOffError as error:
        raise wait(error) from error
    except SignInError as error:
        raise ProblemError(status=403, title="Not confirmed", detail=str(error)) from error
    return Response(status_code=204)


@router.get(
    "/all",
    response_model=SessionList,
    responses=answers({"items": [SESSION_EXAMPLE]}, 401, 403, 409),
    dependencies=[needs(Right.DISPLAY)],
)
async def list_own_sessions(request: Request, me: Me) -> Response:
    """List the own sessions."""
    only_people(me)
    found = await access_of(request).sessions(me.name)
    return JsonResponse({"items": [document(each) for each in found]})


@router.delete(
    "/all/{session_id}",
    status_code=204,
    responses=answers(None, 401, 403, 404, 409),
    dependencies=[needs(Right.DISPLAY)],
)
async def end_own_session(
    request: Request,
    me: Me,
    session_id: Annotated[str, Path(max_length=16, examples=["a3f09c11d2e4"])],
) -> Response:
    """End one of the own sessions."""
    only_people(me)
    await access_of(request).end_session(session_id, user=me.name)
    return Response(status_code=204)
