"""What every way in ends with: the former session ends, the cookie holds the new one, the answer says who it is."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from gateway.access.doors import Provider, Site
from gateway.access.port import Identity, SignedIn
from gateway.access.rights import RIGHTS, grant_text
from gateway.errors import BackOffError, ConflictError
from web.auth import access_of, cookie_name
from web.jsontext import JsonResponse
from web.options import WebOptions, is_loopback


async def entered(request: Request, opened: SignedIn) -> Response:
    """Return the session's document with its cookie; who was signed in before is no more."""
    answer = JsonResponse(session_document(opened.identity, request))
    await begin_session(request, answer, opened)
    return answer


async def begin_session(request: Request, answer: Response, opened: SignedIn) -> None:
    """End the browser's former session and give it the new one."""
    options: WebOptions = request.app.state.options
    former = request.cookies.get(cookie_name(options), "")
    known = await access_of(request).identify(former) if former else None
    if known is not None:
        await access_of(request).sign_out(known)
    set_cookie(answer, options, opened.secret, None)


def set_cookie(answer: Response, options: WebOptions, secret: str, max_age_s: int | None) -> None:
    """Give the browser a secret that no script and no other site ever uses."""
    answer.set_cookie(
        cookie_name(options),
        secret,
        max_age=max_age_s,
        path="/",
        secure=options.is_tls,
        httponly=True,
        samesite="strict",
    )


def session_document(me: Identity, request: Request) -> dict[str, Any]:
    """Return who is signed in as the page reads it."""
    options: WebOptions = request.app.state.options
    provider: Provider | None = request.app.state.provider
    held = {right for grant in me.grants for right in RIGHTS[grant.role]}
    if me.rights is not None:
        held &= me.rights
    return {
        "name": me.name,
        "kind": me.kind,
        "grants": [grant_text(grant) for grant in me.grants],
        "rights": sorted(held),
        "page": me.page,
        "csrf": me.csrf,
        "expires_ms": None if me.expires_ns is None else me.expires_ns / 1e6,
        "sign_in": options.sign_in.value,
        "provider": "" if provider is None else provider.label,
    }


def wait(error: BackOffError) -> HTTPException:
    """Return the answer to who has tried too often."""
    return HTTPException(429, str(error), headers={"retry-after": str(max(1, round(error.wait_s)))})


def only_people(me: Identity) -> None:
    """Raise `ConflictError` for tokens, displays, and where nobody signs in."""
    if not me.session_id:
        msg = "this is for people who signed in"
        raise ConflictError(msg)


def page_address(connection: HTTPConnection) -> str:
    """Return the address in front of the page's paths: as declared, never as a request says it is."""
    options: WebOptions = connection.app.state.options
    if options.public_url:
        return options.public_url.rstrip("/")
    port = getattr(connection.app.state, "port", options.port)
    return f"{'http' if options.tls is None else 'https'}://localhost:{port}"


def site_of(connection: HTTPConnection) -> Site | None:
    """Return what passkeys are bound to, or None where browsers would not: they take a name, and TLS or localhost."""
    options: WebOptions = connection.app.state.options
    if not options.public_url and not is_loopback(options.host):
        return None
    origin = page_address(connection)
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if parts.scheme != "https" and host != "localhost":
        return None
    try:
        ip_address(host)
    except ValueError:
        return Site(host=host, origin=origin)
    return None
