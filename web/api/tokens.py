"""Tokens of services and displays: hashed, scoped, expiring."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.port import NewToken, TokenEntry
from gateway.access.rights import Grant, Right, Role, grant_text, parse_grant
from gateway.errors import InvalidRequestError
from web.api.access_models import TokenDocument, TokenList
from web.api.docs import answers
from web.api.resource import Resource
from web.auth import Me, access_of, needs
from web.displays import known_page
from web.jsontext import JsonResponse, document

router = Resource(prefix="/tokens", tags=["tokens"])
_TOKEN: Final[dict[str, Any]] = {
    "id": "5e0c77aa10b2",
    "name": "hall 3, east wall",
    "kind": "display",
    "grants": ["display"],
    "rights": None,
    "page": "floor",
    "created_by": "anna",
    "created_ms": 1767247200000.0,
    "expires_ms": 1775023200000.0,
    "revoked_ms": None,
    "secret": None,
}


class TokenWish(BaseModel):
    """A token to make: a display's page, or a service's roles."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=64, examples=["hall 3, east wall"])
    page: str = Field(
        "",
        max_length=600,
        description="`floor`, `andon`, `board/<id>` or `machine/<path>`: all that a display shows.",
    )
    grants: list[Annotated[str, Field(max_length=300)]] = Field(
        default=[], max_length=50, description="`role` or `role@zone` of a service."
    )
    rights: list[Right] | None = Field(None, description="Narrows what the roles allow.")
    lifetime_days: float = Field(90, gt=0, le=366, description="Days until it ends.")


@router.get(
    "",
    response_model=TokenList,
    responses=answers({"items": [_TOKEN]}, 401, 403, 409),
    dependencies=[needs(Right.USERS_READ)],
)
async def list_tokens(request: Request) -> Response:
    """List all tokens, also those that have ended."""
    found = await access_of(request).tokens()
    return JsonResponse({"items": [_document(each, None) for each in found]})


@router.post(
    "",
    status_code=201,
    response_model=TokenDocument,
    responses=answers(_TOKEN | {"secret": "tkt_…"}, 401, 403, 409, status=201),
    dependencies=[needs(Right.USERS_APPROVE)],
)
async def add_token(request: Request, me: Me, body: TokenWish) -> Response:
    """Make a token; its secret is in this answer and nowhere else."""
    if body.page and not known_page(body.page):
        msg = "page: want floor, andon, board/<id> or machine/<path>"
        raise InvalidRequestError(msg)
    if bool(body.page) == bool(body.grants):
        msg = "name the page of a display, or the grants of a service"
        raise InvalidRequestError(msg)
    given = [parse_grant(each) for each in body.grants] if body.grants else [Grant(Role.DISPLAY)]
    wanted = NewToken(
        name=body.name,
        grants=tuple(given),
        lifetime_s=body.lifetime_days * 86_400,
        page=body.page,
        rights=None if body.rights is None else frozenset(body.rights),
    )
    entry, secret = await access_of(request).add_token(wanted, by=me)
    return JsonResponse(_document(entry, secret), status_code=201)


@router.delete(
    "/{token_id}",
    status_code=204,
    responses=answers(None, 401, 403, 404, 409),
    dependencies=[needs(Right.USERS_APPROVE)],
)
async def revoke_token(
    request: Request, token_id: Annotated[str, Path(max_length=16, examples=[_TOKEN["id"]])]
) -> Response:
    """End a token now."""
    await access_of(request).revoke_token(token_id)
    return Response(status_code=204)


def _document(token: TokenEntry, secret: str | None) -> dict[str, Any]:
    found = document(token)
    return {**found, "grants": [grant_text(each) for each in token.grants], "secret": secret}
