"""The one place that says who asks, and whether a route may be used: what declares no right is refused."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from starlette.requests import HTTPConnection

from gateway.access.port import LOCAL, Access, Identity, Origin, Use
from gateway.access.rights import Right
from gateway.audit.port import Audit, Entry, Outcome
from gateway.errors import NotConnectedError, StorageError
from gateway.model import Principal
from web.displays import MACHINE, walls
from web.options import SignIn, WebOptions, is_loopback
from web.problems import ProblemError
from web.redaction import told
from web.refusals import Refusals

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_KEPT: Final = "taktline.identity"
CSRF_HEADER: Final = "x-csrf-token"


Zone = Callable[[Request], Awaitable[str]]
"""Gives the path of what a request asks about; "" is the whole plant. Raises `NotFoundError`."""


def cookie_name(options: WebOptions) -> str:
    """Return the session cookie's name: bound to the host wherever TLS carries it."""
    return "__Host-taktline" if options.is_tls else "taktline"


def origin_of(connection: HTTPConnection) -> Origin:
    """Return where a request comes from; forwarded addresses are believed of declared proxies only."""
    options: WebOptions = connection.app.state.options
    peer = connection.client.host if connection.client is not None else ""
    if peer in options.trusted_proxies:
        forwarded = connection.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        peer = forwarded[:64] or peer
    return Origin(address=peer, agent=connection.headers.get("user-agent", "")[:200])


def access_of(connection: HTTPConnection) -> Access:
    """Return the access desk; raises `ProblemError` where this gateway runs without sign-in."""
    access: Access | None = connection.app.state.access
    if access is None:
        raise ProblemError(
            status=409, title="No sign-in", detail="This gateway runs with web.sign_in: off."
        )
    return access


async def identify(connection: HTTPConnection) -> Identity:
    """Return who sends this request or opens this websocket; raises `ProblemError` where that is nobody."""
    kept: Identity | None = connection.scope.get(_KEPT)
    if kept is None:
        kept = await _identify(connection)
        connection.scope[_KEPT] = kept
    return kept


async def _identify(connection: HTTPConnection) -> Identity:
    options: WebOptions = connection.app.state.options
    if options.sign_in is SignIn.OFF:
        return LOCAL
    access = access_of(connection)
    await refuse_strangers(connection, access)
    secret = _secret(connection)
    identity = await access.identify(secret) if secret else None
    if identity is None:
        raise ProblemError(
            status=401, title="Sign in first", detail="No session or token, or it has ended."
        )
    if _changes(connection) and "authorization" not in connection.headers:
        given = connection.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode(), identity.csrf.encode()):
            raise ProblemError(
                status=403,
                title="Not from this page",
                detail=f"A change repeats the session's csrf value in the header {CSRF_HEADER}.",
            )
    return identity


async def refuse_strangers(connection: HTTPConnection, access: Access) -> None:
    """Serve this machine alone until somebody administers the gateway."""
    if await access.has_administrator() or is_loopback(origin_of(connection).address):
        return
    raise ProblemError(
        status=403,
        title="Not set up yet",
        detail="Make the first administrator on the gateway's own machine: taktline user setup-link.",
    )


async def still_in(connection: HTTPConnection, who: Identity) -> bool:
    """Say whether a websocket's identity is what it was; a store that is away ends no reading session."""
    access: Access | None = connection.app.state.access
    if who is LOCAL or access is None:
        return True
    now_ns = connection.app.state.services.clock.now_ns()
    if who.expires_ns is not None and who.expires_ns <= now_ns:
        return False
    try:
        now = await access.identify(_secret(connection), use=Use.WATCHING)
    except (StorageError, NotConnectedError):
        return True
    return now is not None and (now.grants, now.rights, now.page) == (
        who.grants,
        who.rights,
        who.page,
    )


def _secret(connection: HTTPConnection) -> str:
    scheme, _, shown = connection.headers.get("authorization", "").partition(" ")
    if scheme:
        return shown.strip() if scheme.lower() == "bearer" else ""
    return connection.cookies.get(cookie_name(connection.app.state.options), "")


def _changes(connection: HTTPConnection) -> bool:
    return connection.scope["type"] == "http" and connection.scope["method"] not in _SAFE


@dataclass(frozen=True, slots=True)
class Needs:
    """What a route declares: the right it takes, and in which zone where that is not the whole plant."""

    right: Right
    zone: Zone | None = None

    async def __call__(self) -> None:
        """Declare only; `authorize` decides."""


class Open:
    """What a route declares that anybody may use: it tells nothing of the plant."""

    async def __call__(self) -> None:
        """Declare only."""


OPEN: Final[Any] = Depends(Open())
"""The dependency by which a route declares that it is open to all."""


def needs(right: Right, zone: Zone | None = None) -> Any:
    """Return the dependency by which a route or router declares its right."""
    return Depends(Needs(right, zone))


def declarations(dependant: Dependant) -> Iterator[Needs | Open]:
    """Return what a route declares, its routers' declarations included."""
    for each in dependant.dependencies:
        if isinstance(each.call, Needs | Open):
            yield each.call
        yield from declarations(each)


async def authorize(request: Request) -> None:
    """Decide on a request by all that its route declares, and record a change before it is done.

    Raises `ProblemError`, and `StorageError` or `NotConnectedError` where it cannot be recorded.
    """
    found = list(declarations(request.scope["route"].dependant))
    if not found:
        raise ProblemError(
            status=403,
            title="Undeclared",
            detail="This route declares no right (dependencies=[needs(Right...)]), so nobody may use it.",
        )
    wanted = [each for each in found if isinstance(each, Needs)]
    if not wanted:
        return
    who = await identify(request)
    for each in wanted:
        # Who holds the right nowhere learns nothing of what there is.
        zone, held = "", who.may_somewhere(each.right)
        if not held and _on_the_wall(request, who):
            continue
        if held and each.zone is not None:
            zone = await each.zone(request)
        if not held or not who.may(each.right, zone) or not _on_page(request, who.page):
            await _refused(request, who)
            raise forbidden(each.right, zone)
    if _changes(request) or any(each.right in _RECORDED for each in wanted):
        await record(request, who)


async def _refused(request: Request, who: Identity) -> None:
    refusals: Refusals = request.app.state.refusals
    now_s = request.app.state.services.clock.monotonic_s()
    if refusals.is_news(who.name, request.scope["route"].name, now_s=now_s):
        await record(request, who, outcome=Outcome.REFUSED)


_RECORDED: Final = frozenset({Right.EXPORT, Right.AUDIT_READ})
"""Looking of a kind that is in the audit as well."""


def forbidden(right: Right, zone: str = "") -> ProblemError:
    """Return the refusal of a right that somebody lacks."""
    where = f" for {zone}" if zone else ""
    return ProblemError(
        status=403, title="Not allowed", detail=f"This takes the right {right}{where}."
    )


async def record(
    request: Request, who: Identity, *, outcome: Outcome = Outcome.ASKED, action: str = ""
) -> None:
    """Write who asks for what into the audit, secrets left out."""
    audit: Audit | None = request.app.state.audit
    if audit is None:
        return
    route = request.scope.get("route")
    entry = Entry(
        actor=who.name,
        kind=who.kind,
        action=action or getattr(route, "name", "") or request.method,
        target=request.url.path,
        address=origin_of(request).address,
        outcome=outcome,
        detail=told(request.url.query, await _body(request)),
    )
    await audit.record(entry)


async def _body(request: Request) -> bytes:
    """Return what of a body may be looked at; what people say of their own account is theirs."""
    private = not _changes(request) or request.url.path.startswith("/api/v1/session")
    return b"" if private else await request.body()


def _on_page(request: Request, page: str) -> bool:
    """Say whether what a display asks for is on its page."""
    if not page or page in {"floor", "andon"}:
        return True
    shows = walls(request.app.state.services)
    asked = [
        *(each for name in _ASKED for each in request.query_params.getlist(name)),
        *([request.path_params["path"]] if "path" in request.path_params else []),
    ]
    whole = request.url.path.rpartition("/")[2] in {"plant", "session"}
    itself = request.url.path == f"/api/v1/pages/{page}"
    plant = request.url.path == "/api/v1/floor" and not asked and shows(page, "")
    machine = page.removeprefix(MACHINE) if page.startswith(MACHINE) else None
    return (
        whole
        or itself
        or plant
        or (bool(asked) and all(each == machine or shows(page, each) for each in asked))
    )


_ASKED: Final = ("machine", "signal", "unit")
"""Parameters of queries that name what is asked about."""
_WALL_LISTS: Final = ("issues", "alarms")


def _on_the_wall(request: Request, who: Identity) -> bool:
    """Say whether a display asks for a list that its page shows: that takes no further right."""
    name = request.url.path.removeprefix("/api/v1/")
    return (
        bool(who.page)
        and request.method == "GET"
        and name in _WALL_LISTS
        and who.may_somewhere(Right.DISPLAY)
        and walls(request.app.state.services)(who.page, name)
    )


async def principal(connection: HTTPConnection) -> Principal:
    """Return who asks, as the rest of the gateway knows it; raises `ProblemError` where that is nobody."""
    return (await identify(connection)).principal


Who = Annotated[Principal, Depends(principal)]
"""What a route declares to know who asks."""
Me = Annotated[Identity, Depends(identify)]
"""The same with its rights, for routes that ask about a zone."""
