"""Sessions, tokens and one-time links as rows; each function runs in the caller's transaction."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from gateway.access import users
from gateway.access.port import Identity, NewToken, Origin, SessionEntry, TokenEntry, Use
from gateway.access.rights import RIGHTS, Grant, Right, Role, grant_text
from gateway.access.secrets import SecretKind, csrf_of, digest, new_id
from gateway.clock import NS_PER_S
from gateway.errors import InvalidRequestError, NotFoundError
from gateway.store.access_tables import link, session, token

_SEEN_EVERY_NS: Final = 30 * NS_PER_S
MAX_TOKEN_S: Final = 366 * 86_400.0
MAX_SESSIONS: Final = 20
"""Of one user; the oldest ends where another begins."""


def open_session(
    connection: Connection, secret: str, user: str, *, origin: Origin, now_ns: int, max_s: float
) -> None:
    """Keep a new session, end those that ran out, and the user's oldest beyond the limit."""
    connection.execute(delete(session).where(session.c.expires_ns <= now_ns))
    mine = select(session.c.digest).where(session.c.user == user)
    oldest = mine.order_by(session.c.created_ns.desc()).offset(MAX_SESSIONS - 1)
    for gone in connection.execute(oldest).scalars().all():
        connection.execute(delete(session).where(session.c.digest == gone))
    row = {
        "digest": digest(secret),
        "id": new_id(),
        "user": user,
        "created_ns": now_ns,
        "seen_ns": now_ns,
        "expires_ns": now_ns + round(max_s * NS_PER_S),
        "address": origin.address[:200],
        "agent": origin.agent[:200],
    }
    connection.execute(insert(session), row)


def identify_session(
    connection: Connection, secret: str, *, now_ns: int, idle_s: float, use: Use
) -> Identity | None:
    """Return whose session a secret opens; asking is taken note of. None where it has ended."""
    held = digest(secret)
    row = connection.execute(select(session).where(session.c.digest == held)).mappings().first()
    if row is None:
        return None
    ends_ns = min(row["expires_ns"], row["seen_ns"] + round(idle_s * NS_PER_S))
    owner = users.find(connection, row["user"])
    if ends_ns <= now_ns or owner is None or owner["state"] != users.UserState.ACTIVE:
        connection.execute(delete(session).where(session.c.digest == held))
        return None
    if use is Use.ASKING and now_ns - row["seen_ns"] >= _SEEN_EVERY_NS:
        connection.execute(update(session).where(session.c.digest == held).values(seen_ns=now_ns))
    return Identity(
        name=row["user"],
        kind="person",
        grants=users.grants_of(owner),
        credential=held,
        session_id=row["id"],
        csrf=csrf_of(secret),
        expires_ns=row["expires_ns"],
    )


def list_sessions(
    connection: Connection, user: str | None, *, now_ns: int, idle_s: float
) -> list[SessionEntry]:
    """Return live sessions, newest first."""
    wishes = [
        session.c.expires_ns > now_ns,
        session.c.seen_ns > now_ns - round(idle_s * NS_PER_S),
        *([] if user is None else [session.c.user == user]),
    ]
    query = select(session).where(*wishes).order_by(session.c.created_ns.desc())
    return [
        SessionEntry(**{name: row[name] for name in SessionEntry.__dataclass_fields__})
        for row in connection.execute(query).mappings()
    ]


def end_session(connection: Connection, session_id: str, *, user: str | None) -> None:
    """End one; raises `NotFoundError`."""
    wishes = [session.c.id == session_id, *([] if user is None else [session.c.user == user])]
    if not connection.execute(delete(session).where(*wishes)).rowcount:
        msg = f"no session {session_id}"
        raise NotFoundError(msg)


def add_token(
    connection: Connection, secret: str, wanted: NewToken, *, by: str, now_ns: int
) -> TokenEntry:
    """Keep a new token."""
    row = {
        "digest": digest(secret),
        "id": new_id(),
        "name": wanted.name,
        "kind": "display" if wanted.page else "service",
        "grants": [grant_text(grant) for grant in wanted.grants],
        "rights": None if wanted.rights is None else sorted(wanted.rights),
        "page": wanted.page,
        "created_by": by,
        "created_ns": now_ns,
        "expires_ns": now_ns + round(wanted.lifetime_s * NS_PER_S),
        "revoked_ns": None,
    }
    connection.execute(insert(token), row)
    return next(each for each in list_tokens(connection) if each.id == row["id"])


def identify_token(connection: Connection, secret: str, *, now_ns: int) -> Identity | None:
    """Return what a token stands for; None where it ran out or was revoked."""
    held = digest(secret)
    row = connection.execute(select(token).where(token.c.digest == held)).mappings().first()
    if row is None or row["revoked_ns"] is not None or row["expires_ns"] <= now_ns:
        return None
    rights = None if row["rights"] is None else frozenset(Right(each) for each in row["rights"])
    return Identity(
        name=f"{row['name']} ({row['id']})",
        kind=row["kind"],
        grants=users.grants_of(row),
        rights=rights,
        page=row["page"],
        credential=held,
        csrf=csrf_of(secret),
        expires_ns=row["expires_ns"],
    )


def list_tokens(connection: Connection) -> list[TokenEntry]:
    """Return all tokens, newest first."""
    names = [name for name in TokenEntry.__dataclass_fields__ if name not in {"grants", "rights"}]
    return [
        TokenEntry(
            grants=users.grants_of(row),
            rights=None if row["rights"] is None else tuple(row["rights"]),
            **{name: row[name] for name in names},
        )
        for row in connection.execute(select(token).order_by(token.c.created_ns.desc())).mappings()
    ]


def revoke_token(connection: Connection, token_id: str, *, now_ns: int) -> None:
    """End one; raises `NotFoundError`."""
    wishes = (token.c.id == token_id, token.c.revoked_ns.is_(None))
    if not connection.execute(update(token).where(*wishes).values(revoked_ns=now_ns)).rowcount:
        msg = f"no live token {token_id}"
        raise NotFoundError(msg)


def add_link(connection: Connection, secret: str, user: str, *, expires_ns: int) -> None:
    """Keep a link in place of any other for the same user."""
    connection.execute(delete(link).where(link.c.user == user))
    row = {"digest": digest(secret), "user": user, "expires_ns": expires_ns}
    connection.execute(insert(link), row)


def find_link(connection: Connection, secret: str, *, now_ns: int) -> str | None:
    """Return the user a link is for ("" = the first administrator), or None where it is no good."""
    if not secret.startswith(SecretKind.LINK):
        return None
    wishes = (link.c.digest == digest(secret), link.c.expires_ns > now_ns)
    return connection.execute(select(link.c.user).where(*wishes)).scalar()


def use_link(connection: Connection, secret: str, *, now_ns: int) -> str | None:
    """Return the user a link is for and end the link, or None where it is no good."""
    user = find_link(connection, secret, now_ns=now_ns)
    connection.execute(delete(link).where(link.c.digest == digest(secret)))
    return user


def check_token(wanted: NewToken, by: Identity) -> None:
    """Raise `InvalidRequestError` for a token that nobody, or not this person, may make."""
    if not wanted.name or len(wanted.name) > 64 or not wanted.name.isprintable():
        msg = "name: want 1 to 64 printable characters"
        raise InvalidRequestError(msg)
    if not 60 <= wanted.lifetime_s <= MAX_TOKEN_S:
        msg = f"lifetime_s: want 60 to {MAX_TOKEN_S:.0f} seconds"
        raise InvalidRequestError(msg)
    if wanted.page and wanted.grants != (Grant(Role.DISPLAY),):
        msg = "a display has the role display and no other"
        raise InvalidRequestError(msg)
    if not wanted.page and any(grant.role is Role.DISPLAY for grant in wanted.grants):
        msg = "a token of the role display names its page"
        raise InvalidRequestError(msg)
    for grant in wanted.grants:
        lacking = [
            right
            for right in RIGHTS[grant.role]
            if not by.may(right, grant.zone) and grant.role not in {Role.MACHINE, Role.DISPLAY}
        ]
        if lacking:
            msg = f"{by.name} lacks {lacking[0]} and cannot give it away"
            raise InvalidRequestError(msg)
