"""Users: who may come in, with which roles in which zones."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.access.port import UserEntry
from gateway.access.rights import Right, grant_text, parse_grant
from web.api.access_models import (
    SESSION_EXAMPLE,
    LinkDocument,
    SessionList,
    UserList,
)
from web.api.docs import answers
from web.api.resource import Resource
from web.auth import access_of, needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/users", tags=["users"])
_USER: Final[dict[str, Any]] = {
    "name": "anna",
    "grants": ["supervisor@plant/bottling"],
    "state": "active",
    "created_ms": 1767247200000.0,
    "has_password": True,
    "has_code": False,
    "from_provider": False,
}
_LINK: Final = {"path": "/setup#tkl_…:anna"}
_STRICT: Final = ConfigDict(extra="forbid")
_READ: Final[Any] = needs(Right.USERS_READ)
_WRITE: Final[Any] = needs(Right.USERS_APPROVE)
Name = Annotated[str, Path(max_length=64, description="Name of the user.", examples=["anna"])]
Grants = Annotated[
    list[Annotated[str, Field(max_length=300)]],
    Field(
        max_length=50,
        description="`role` or `role@site/area/line`.",
        examples=[["supervisor@plant/bottling"]],
    ),
]


class State(StrEnum):
    """Whether somebody may sign in."""

    ACTIVE = "active"
    DISABLED = "disabled"


class NewUser(BaseModel):
    """A user to add."""

    model_config = _STRICT
    name: str = Field(max_length=64, examples=["anna"])
    grants: Grants


class UserChange(BaseModel):
    """What is to change."""

    model_config = _STRICT
    grants: Grants | None = None
    state: State | None = None


@router.get(
    "",
    response_model=UserList,
    responses=answers({"items": [_USER]}, 401, 403, 409),
    dependencies=[_READ],
)
async def list_users(request: Request) -> Response:
    """List all users."""
    return JsonResponse({"items": [_document(each) for each in await access_of(request).users()]})


@router.post(
    "",
    status_code=201,
    response_model=LinkDocument,
    responses=answers(_LINK, 401, 403, 409, status=201),
    dependencies=[_WRITE],
)
async def add_user(request: Request, body: NewUser) -> Response:
    """Add a user; the answer is the path of the link that sets the password, once."""
    grants = [parse_grant(each) for each in body.grants]
    secret = await access_of(request).add_user(body.name, grants)
    return JsonResponse({"path": link_path(secret, body.name.strip().casefold())}, status_code=201)


@router.patch(
    "/{name}",
    status_code=204,
    responses=answers(None, 401, 403, 404, 409),
    dependencies=[_WRITE],
)
async def change_user(request: Request, name: Name, body: UserChange) -> Response:
    """Change roles or state; the user's sessions end."""
    access = access_of(request)
    if body.grants is not None:
        await access.set_grants(name, [parse_grant(each) for each in body.grants])
    if body.state is not None:
        await access.set_enabled(name, body.state.value)
    return Response(status_code=204)


@router.post(
    "/{name}/reset",
    response_model=LinkDocument,
    responses=answers(_LINK, 401, 403, 404, 409),
    dependencies=[_WRITE],
)
async def reset_user(request: Request, name: Name) -> Response:
    """End a user's password, one-time codes, passkeys and sessions; the answer is a link that sets a new password."""
    return JsonResponse({"path": link_path(await access_of(request).reset(name), name)})


@router.get(
    "/{name}/sessions",
    response_model=SessionList,
    responses=answers({"items": [SESSION_EXAMPLE]}, 401, 403, 409),
    dependencies=[_WRITE],
)
async def list_user_sessions(request: Request, name: Name) -> Response:
    """List a user's live sessions."""
    found = await access_of(request).sessions(name)
    return JsonResponse({"items": [document(each) for each in found]})


@router.delete(
    "/{name}/sessions/{session_id}",
    status_code=204,
    responses=answers(None, 401, 403, 404, 409),
    dependencies=[_WRITE],
)
async def end_user_session(
    request: Request,
    name: Name,
    session_id: Annotated[str, Path(max_length=16, examples=["a3f09c11d2e4"])],
) -> Response:
    """End one session of a user."""
    await access_of(request).end_session(session_id, user=name)
    return Response(status_code=204)


def link_path(secret: str, user: str = "") -> str:
    """Return the page's address of a one-time link; what follows # reaches no log."""
    return f"/setup#{secret}:{user}" if user else f"/setup#{secret}"


def _document(user: UserEntry) -> dict[str, Any]:
    found = document(user)
    return {**found, "grants": [grant_text(grant) for grant in user.grants]}
