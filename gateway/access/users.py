"""Users as rows; each function runs in the caller's transaction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from gateway.access.port import UserEntry
from gateway.access.rights import Grant, Role, grant_text, parse_grant
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.store.access_tables import federated, session, user

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


class UserState(StrEnum):
    """Whether somebody may sign in."""

    ACTIVE = "active"
    DISABLED = "disabled"


class CodeState(StrEnum):
    """Whether one-time codes are asked for."""

    NONE = "none"
    OFFERED = "offered"
    ACTIVE = "active"


def user_name(given: str) -> str:
    """Return a name as it is kept; raises `InvalidRequestError`."""
    name = given.strip().casefold()
    if not _NAME.fullmatch(name):
        msg = "a user's name has 1 to 64 letters a to z, digits, '.', '-', '_' and '@'"
        raise InvalidRequestError(msg)
    return name


def add(
    connection: Connection, name: str, grants: Sequence[Grant], *, password: str, now_ns: int
) -> None:
    """Add a user; raises `ConflictError` where the name is taken."""
    if find(connection, name) is not None:
        msg = f"there is a user {name} already"
        raise ConflictError(msg)
    row = {
        "name": name,
        "grants": [grant_text(grant) for grant in grants],
        "state": UserState.ACTIVE.value,
        "password": password,
        "code": "",
        "code_state": CodeState.NONE.value,
        "code_step": 0,
        "created_ns": now_ns,
    }
    connection.execute(insert(user), row)


def find(connection: Connection, name: str) -> RowMapping | None:
    """Return a user's row, or None."""
    return connection.execute(select(user).where(user.c.name == name)).mappings().first()


def change(connection: Connection, name: str, **values: Any) -> None:
    """Change columns and end the user's sessions; an administrator who could sign in must remain.

    Raises `NotFoundError`, `ConflictError`.
    """
    before = has_administrator(connection)
    found = connection.execute(update(user).where(user.c.name == name).values(**values))
    if not found.rowcount:
        msg = f"no user {name}"
        raise NotFoundError(msg)
    if before and not has_administrator(connection):
        msg = f"{name} is the last administrator; make another one first"
        raise ConflictError(msg)
    connection.execute(delete(session).where(session.c.user == name))


def update_code(connection: Connection, name: str, **values: Any) -> None:
    """Change what is kept of one-time codes; sessions stay."""
    connection.execute(update(user).where(user.c.name == name).values(**values))


def has_administrator(connection: Connection) -> bool:
    """Say whether an active user with a password administers the whole plant."""
    query = select(user.c.grants).where(
        user.c.state == UserState.ACTIVE.value, user.c.password != ""
    )
    wanted = Role.ADMINISTRATOR.value
    return any(wanted in grants for grants in connection.execute(query).scalars())


def entries(connection: Connection) -> list[UserEntry]:
    """Return all users by name."""
    federates = set(connection.execute(select(federated.c.user)).scalars())
    return [
        UserEntry(
            name=row["name"],
            grants=grants_of(row),
            state=row["state"],
            created_ns=row["created_ns"],
            has_password=bool(row["password"]),
            has_code=row["code_state"] == CodeState.ACTIVE,
            from_provider=row["name"] in federates,
        )
        for row in connection.execute(select(user).order_by(user.c.name)).mappings()
    ]


def grants_of(row: RowMapping) -> tuple[Grant, ...]:
    """Return the grants that a user's or token's row holds."""
    return tuple(parse_grant(each) for each in row["grants"])
