"""Which ways in there are, and the one through the plant's provider."""

from __future__ import annotations

import logging
from typing import Final

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from gateway.access.doors import Passkeys, Provider
from gateway.access.port import SignInError
from gateway.access.rights import Right
from gateway.errors import (
    BackOffError,
    ConfigError,
    NotConnectedError,
    NotFoundError,
    StorageError,
)
from web.api.access import Limits
from web.api.access_models import LeaveDocument, WaysDocument
from web.api.docs import answers
from web.api.resource import Resource
from web.auth import OPEN, Me, access_of, needs, origin_of, refuse_strangers
from web.entering import begin_session, page_address, site_of
from web.jsontext import JsonResponse
from web.options import WebOptions

router = Resource(prefix="/session", tags=["session"])
_LOG = logging.getLogger("taktline.web")
_BACK: Final = "/api/v1/session/provider/back"
_FLOW_S: Final = 600
_SAID: Final = ("state", "code", "iss", "error")
_MAX_SAID: Final = 4097
_PROBLEMS: Final = {code: each for code, each in answers(None, 404).items() if code != 200}


@router.get(
    "/ways",
    response_model=WaysDocument,
    responses=answers({"provider": "Plant account", "passkeys_at": "https://floor.example"}),
    dependencies=[OPEN],
)
async def list_ways(request: Request) -> Response:
    """Tell which ways in there are beside name and password."""
    provider: Provider | None = request.app.state.provider
    keys: Passkeys | None = request.app.state.passkeys
    site = None if keys is None else site_of(request)
    label = "" if provider is None else provider.label
    return JsonResponse({"provider": label, "passkeys_at": "" if site is None else site.origin})


@router.get(
    "/provider",
    status_code=303,
    response_class=RedirectResponse,
    responses={**_PROBLEMS, 303: {"description": "To the provider."}},
    dependencies=[OPEN],
)
async def begin_provider(request: Request, options: Limits) -> Response:
    """Send a browser to the provider, with what only it can bring back."""
    provider = await _provider(request)
    try:
        leaves = await provider.begin(redirect_uri=page_address(request) + _BACK)
    except (NotConnectedError, ConfigError) as error:
        return _failed(error)
    answer = RedirectResponse(leaves.url, status_code=303)
    answer.set_cookie(
        _flow_cookie(options),
        leaves.flow,
        max_age=_FLOW_S,
        path="/",
        secure=options.is_tls,
        httponly=True,
        # The way back begins at the provider's page: a strict cookie would stay at home.
        samesite="lax",
    )
    return answer


@router.get(
    "/provider/back",
    status_code=303,
    response_class=RedirectResponse,
    responses={**_PROBLEMS, 303: {"description": "To the page, signed in or told why not."}},
    dependencies=[OPEN],
)
async def return_from_provider(request: Request, options: Limits) -> Response:
    """Open a session by what the provider sent the browser back with."""
    provider = await _provider(request)
    answer: Response = RedirectResponse("/", status_code=303)
    try:
        opened = await provider.finish(
            {name: request.query_params.get(name, "")[:_MAX_SAID] for name in _SAID},
            flow=request.cookies.get(_flow_cookie(options), ""),
            redirect_uri=page_address(request) + _BACK,
            origin=origin_of(request),
        )
        await begin_session(request, answer, opened)
    except (SignInError, BackOffError, ConfigError, NotConnectedError, StorageError) as reason:
        answer = _failed(reason)
    answer.delete_cookie(
        _flow_cookie(options), path="/", secure=options.is_tls, httponly=True, samesite="lax"
    )
    return answer


@router.post(
    "/provider/leave",
    response_model=LeaveDocument,
    responses=answers({"url": "https://login.example/session/end?client_id=taktline"}, 401, 403),
    dependencies=[needs(Right.DISPLAY)],
)
async def leave_provider(request: Request, me: Me) -> Response:
    """Tell where a browser goes to sign out of the provider too, once it has signed out here; "" is nowhere."""
    provider: Provider | None = request.app.state.provider
    url = ""
    if provider is not None and me.session_id:
        try:
            url = await provider.leave(me, back_to=page_address(request) + "/")
        except (NotConnectedError, ConfigError) as error:
            # Who leaves is let go here, whether the provider answers or not.
            _LOG.warning("nobody can be signed out of the provider: %s", error)
    return JsonResponse({"url": url})


async def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        msg = "this gateway knows no provider: access.oidc is not set"
        raise NotFoundError(msg)
    await refuse_strangers(request, access_of(request))
    return provider


def _failed(error: Exception) -> Response:
    """Send a browser to the sign-in page with a word of ours; the reason stands in log and audit."""
    _LOG.warning("a sign-in through the provider failed: %s", error)
    if isinstance(error, SignInError):
        word = "refused"
    else:
        word = "wait" if isinstance(error, BackOffError) else "away"
    return RedirectResponse(f"/#sign-in:{word}", status_code=303)


def _flow_cookie(options: WebOptions) -> str:
    return "__Host-taktline-flow" if options.is_tls else "taktline-flow"
