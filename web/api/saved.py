"""Boards and views that people make: kept, shared, copied, and carried as YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import PlainTextResponse, Response

from gateway.access.port import Identity
from gateway.access.rights import Right, parse_grant
from gateway.board import Audience, PageDraft, PageKind, SavedPage, Sharing
from gateway.errors import NotFoundError
from web.api.access import Use
from web.api.docs import answers
from web.api.models import Document
from web.api.resource import Resource
from web.auth import Me, forbidden, identify, needs
from web.displays import BOARD
from web.jsontext import JsonResponse, document

router = Resource(prefix="/pages", tags=["pages"])

_BODY: Final[dict[str, Any]] = {
    "tiles": [
        {
            "id": "weight",
            "x": 0,
            "y": 0,
            "w": 3,
            "h": 2,
            "title": "",
            "type": "value",
            "signal": "plant/bottling/line1/filler/fill_weight",
        }
    ]
}
_PAGE: Final[dict[str, Any]] = {
    "kind": "board",
    "id": "filling",
    "title": "Filling",
    "owner": "anna",
    "sharing": {"audience": "all", "roles": [], "zones": []},
    "version": 3,
    "body": _BODY,
    "created_ms": 1767247200000.0,
    "changed_ms": 1767247300000.0,
    "changed_by": "anna",
    "may_change": True,
}
_DRAFT: Final = {"title": "Filling", "sharing": _PAGE["sharing"], "body": _BODY}
_YAML: Final = "taktline_board: 1\ntitle: Filling\ntiles: []\n"
Kind = Annotated[PageKind, Path(description="`board` or `view`.", examples=["board"])]
Id = Annotated[str, Path(max_length=64, description="Name of the page.", examples=["filling"])]
Version = Annotated[int, Query(ge=1, le=2**31, description="The version that is to be deleted.")]


class SharingWish(BaseModel):
    """Who is to see a page: `owner`, `all`, or `some` by role and zone."""

    model_config = ConfigDict(extra="forbid")
    audience: Audience = Audience.OWNER
    roles: list[Annotated[str, Field(max_length=40)]] = Field(default=[], max_length=20)
    zones: list[Annotated[str, Field(max_length=255)]] = Field(default=[], max_length=50)


class PageWish(BaseModel):
    """A page to keep."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _DRAFT})
    title: str = Field(max_length=200)
    sharing: SharingWish = Field(default_factory=lambda: SharingWish.model_validate({}))
    body: dict[str, Any] = Field(description="Tiles of a board, or signals and window of a view.")


class PageChange(PageWish):
    """A page as it is to be, and the version it was made from."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": _DRAFT | {"version": 3}}
    )
    version: int = Field(ge=1, le=2**31)


class YamlText(BaseModel):
    """A board as YAML."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"text": _YAML}})
    text: str = Field(max_length=200_000)


class SharingDocument(Document):
    """Who sees a page besides its owner."""

    audience: str
    roles: list[str]
    zones: list[str]


class PageDocument(Document):
    """A page as it is kept; `may_change` says whether who asks may change it."""

    kind: str
    id: str
    title: str
    owner: str
    sharing: SharingDocument
    version: int
    body: dict[str, Any]
    created_ms: float
    changed_ms: float
    changed_by: str
    may_change: bool


class PageList(Document):
    """The pages that who asks may see, by title, without their content."""

    items: list[PageDocument]


async def anywhere(request: Request) -> str:
    """Return a zone in which who asks may make pages: a page of one's own stands in no zone."""
    who = await identify(request)
    zones = (each.zone for each in who.grants)
    return next((zone for zone in zones if who.may(Right.BOARD_PROPOSE, zone)), "")


_READ: Final[Any] = needs(Right.DISPLAY)
_MAKE: Final[Any] = needs(Right.BOARD_PROPOSE, anywhere)


@router.get(
    "/{kind}",
    response_model=PageList,
    responses=answers({"items": [_PAGE | {"body": {}}]}, 401, 403),
    dependencies=[needs(Right.BOARD_READ)],
)
async def list_pages(services: Use, me: Me, kind: Kind) -> Response:
    """List the boards or views that who asks may see, by title, without their content."""
    found = [page for page in await services.boards.list(kind) if may_see(me, page)]
    return JsonResponse({"items": [_document(me, page) | {"body": {}} for page in found]})


@router.get(
    "/{kind}/{page_id}",
    response_model=PageDocument,
    responses=answers(_PAGE, 401, 403, 404),
    dependencies=[_READ],
)
async def get_page(services: Use, me: Me, kind: Kind, page_id: Id) -> Response:
    """Describe one board or view with its content; a display gets the board it is for."""
    return JsonResponse(_document(me, await _seen(services, me, kind, page_id)))


@router.post(
    "/{kind}",
    status_code=201,
    response_model=PageDocument,
    responses=answers(_PAGE | {"version": 1}, 401, 403, 422, status=201),
    dependencies=[_MAKE],
)
async def add_page(services: Use, me: Me, kind: Kind, body: PageWish) -> Response:
    """Keep a new board or view; who asks owns it."""
    made = await services.boards.add(kind, _draft(me, body), by=me.principal)
    return JsonResponse(_document(me, made), status_code=201)


@router.put(
    "/{kind}/{page_id}",
    response_model=PageDocument,
    responses=answers(_PAGE | {"version": 4}, 401, 403, 404, 409, 422),
    dependencies=[_MAKE],
)
async def change_page(services: Use, me: Me, kind: Kind, page_id: Id, body: PageChange) -> Response:
    """Change a board or view that is still at `version`; 409 says who changed it meanwhile."""
    held = await _changeable(services, me, kind, page_id)
    changed = await services.boards.replace(
        kind, page_id, _draft(me, body, held), version=body.version, by=me.principal
    )
    return JsonResponse(_document(me, changed))


@router.delete(
    "/{kind}/{page_id}",
    status_code=204,
    responses=answers(None, 401, 403, 404, 409),
    dependencies=[_MAKE],
)
async def remove_page(services: Use, me: Me, kind: Kind, page_id: Id, version: Version) -> Response:
    """Delete a board or view that is still at `version`."""
    await _changeable(services, me, kind, page_id)
    await services.boards.remove(kind, page_id, version=version)
    return Response(status_code=204)


@router.get(
    "/board/{page_id}/yaml",
    response_class=PlainTextResponse,
    responses=answers(None, 401, 403, 404) | {200: {"content": {"text/plain": {"example": _YAML}}}},
    dependencies=[needs(Right.BOARD_READ)],
)
async def export_board(services: Use, me: Me, page_id: Id) -> Response:
    """Return a board as YAML, as another gateway reads it."""
    page = await _seen(services, me, PageKind.BOARD, page_id)
    file = f'attachment; filename="{page.id}.board.yaml"'
    return PlainTextResponse(services.boards.to_yaml(page), headers={"content-disposition": file})


@router.post(
    "/board/import",
    status_code=201,
    response_model=PageDocument,
    responses=answers(_PAGE | {"version": 1}, 401, 403, 422, status=201),
    dependencies=[_MAKE],
)
async def import_board(services: Use, me: Me, body: YamlText) -> Response:
    """Keep the board that a YAML text describes; 422 lists every mistake with its place and remedy."""
    draft = services.boards.from_yaml(body.text)
    made = await services.boards.add(PageKind.BOARD, draft, by=me.principal)
    return JsonResponse(_document(me, made), status_code=201)


def may_see(who: Identity, page: SavedPage) -> bool:
    """Say whether somebody may see a page: its owner, whom it is shared with, who may change it, its display."""
    if who.page:
        return page.kind is PageKind.BOARD and who.page == f"{BOARD}{page.id}"
    sharing = page.sharing
    if page.owner == who.name or sharing.audience is Audience.ALL or may_change(who, page):
        return True
    return sharing.audience is Audience.SOME and any(
        (not sharing.roles or grant.role.value in sharing.roles)
        and (not sharing.zones or any(_touch(grant.zone, zone) for zone in sharing.zones))
        for grant in who.grants
    )


def may_change(who: Identity, page: SavedPage) -> bool:
    """Say whether somebody may change a page: its owner, and who may share in all of its zones."""
    if who.page or who.kind == "display":
        return False
    if page.owner == who.name and who.may_somewhere(Right.BOARD_PROPOSE):
        return True
    if page.sharing.audience is Audience.OWNER:
        return who.may(Right.BOARD_APPROVE)
    return all(who.may(Right.BOARD_APPROVE, zone) for zone in page.sharing.zones or ("",))


def _touch(held: str, zone: str) -> bool:
    """Say whether one zone lies in the other; "" is the whole plant."""
    return not held or held == zone or zone.startswith(f"{held}/") or held.startswith(f"{zone}/")


async def _seen(services: Use, me: Identity, kind: PageKind, page_id: str) -> SavedPage:
    page = await services.boards.get(kind, page_id)
    if not may_see(me, page):
        # Who may not see it learns no more than who asks for one that is not there.
        raise NotFoundError(f"there is no {kind.value} {page_id[:80]!r}; it may have been deleted")
    return page


async def _changeable(services: Use, me: Identity, kind: PageKind, page_id: str) -> SavedPage:
    page = await _seen(services, me, kind, page_id)
    if not may_change(me, page):
        raise forbidden(Right.BOARD_APPROVE)
    return page


def _draft(me: Identity, wish: PageWish, held: SavedPage | None = None) -> PageDraft:
    """Return what is asked for; raises `ProblemError` where sharing takes a right that is missing."""
    sharing = Sharing(
        audience=wish.sharing.audience,
        roles=tuple(dict.fromkeys(wish.sharing.roles)),
        zones=tuple(dict.fromkeys(wish.sharing.zones)),
    )
    for role in sharing.roles or ("viewer",):
        for zone in sharing.zones or ("",):
            parse_grant(f"{role}@{zone}" if zone else role)
    widened = sharing.audience is not Audience.OWNER and (held is None or held.sharing != sharing)
    for zone in (sharing.zones or ("",)) if widened else ():
        if not me.may(Right.BOARD_APPROVE, zone):
            raise forbidden(Right.BOARD_APPROVE, zone)
    body: Mapping[str, Any] = wish.body
    return PageDraft(title=wish.title, sharing=sharing, body=body)


def _document(me: Identity, page: SavedPage) -> dict[str, Any]:
    # The content is the people's own: its keys stay as they are.
    plain = {**document(page), "body": page.body}
    return plain | {"may_change": may_change(me, page)}
