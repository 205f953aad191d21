"""Who of the provider is whom here, as rows; each function runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from gateway.access import users
from gateway.access.port import SignInError
from gateway.access.rights import Grant, grant_text
from gateway.access.users import UserState
from gateway.errors import ConflictError
from gateway.store.access_tables import federated, user


def is_federated(connection: Connection, name: str) -> bool:
    """Say whether a user comes from a provider: roles and password are not ours to change."""
    query = select(federated.c.user).where(federated.c.user == name)
    return connection.execute(query).first() is not None


def refuse_federated(connection: Connection, name: str, why: str) -> None:
    """Raise `ConflictError` where a user comes from a provider."""
    if is_federated(connection, name):
        msg = f"{name} signs in at the provider: {why}"
        raise ConflictError(msg)


def is_news(connection: Connection, *, issuer: str, subject: str, grants: Iterable[Grant]) -> bool:
    """Say whether `welcome` would add a user or change its roles."""
    query = (
        select(user.c.grants)
        .join(federated, federated.c.user == user.c.name)
        .where(federated.c.issuer == issuer, federated.c.subject == subject)
    )
    known = connection.execute(query).scalar()
    return known is None or sorted(known) != sorted(grant_text(grant) for grant in grants)


def welcome(
    connection: Connection,
    *,
    issuer: str,
    subject: str,
    name: str,
    grants: Iterable[Grant],
    now_ns: int,
) -> str:
    """Return the user that a subject is here, with the roles of today; add it where there is none yet.

    Raises `SignInError` where the user was disabled, or the name is another's.
    """
    held = sorted(grant_text(grant) for grant in grants)
    query = select(federated.c.user).where(
        federated.c.issuer == issuer, federated.c.subject == subject
    )
    known = connection.execute(query).scalar()
    if known is None:
        if users.find(connection, name) is not None:
            msg = f"there is another user {name} here already"
            raise SignInError(msg)
        users.add(connection, name, sorted(grants), password="", now_ns=now_ns)
        connection.execute(insert(federated), {"issuer": issuer, "subject": subject, "user": name})
        return name
    row = users.find(connection, known)
    if row is None or row["state"] != UserState.ACTIVE:
        msg = f"{known} may not sign in here any more"
        raise SignInError(msg)
    if sorted(row["grants"]) != held:
        users.change(connection, known, grants=held)
    return str(known)
