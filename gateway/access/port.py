"""What the web side knows of access: who asks, and the desk that answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from gateway.access.rights import Grant, Right, Role, may
from gateway.errors import TaktlineError
from gateway.model import Principal


class Use(Enum):
    """What a secret is shown for: only asking keeps a session from running out."""

    ASKING = "asking"
    WATCHING = "watching"


class SignInError(TaktlineError):
    """Name, password or code do not fit: which one is not told."""


class CodeNeededError(SignInError):
    """The password fits, and a one-time code is wanted as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks, and what for: a person's session, a service's token, a display, or this machine.

    `page` is the only view a display may draw; `rights` narrows what the roles allow, None does not.
    `credential` is the digest of what was shown, `csrf` what a changing request must repeat, "" needs nothing.
    """

    name: str
    kind: str
    grants: tuple[Grant, ...]
    rights: frozenset[Right] | None = None
    page: str = ""
    credential: str = ""
    session_id: str = ""
    csrf: str = ""
    expires_ns: int | None = None

    @property
    def principal(self) -> Principal:
        """The same as the rest of the gateway knows it."""
        roles = frozenset(grant.role.value for grant in self.grants)
        return Principal(name=self.name, kind=self.kind, roles=roles)

    def may(self, right: Right, zone: str = "") -> bool:
        """Say whether this identity holds a right at a path; "" asks for the whole plant."""
        if self.rights is not None and right not in self.rights:
            return False
        return may(self.grants, right, zone)

    def may_somewhere(self, right: Right) -> bool:
        """Say whether this identity holds a right in any zone."""
        return any(self.may(right, grant.zone) for grant in self.grants)


LOCAL = Identity(name="local", kind="person", grants=(Grant(Role.ADMINISTRATOR),))
"""Whoever asks where sign-in is off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a request came from, as it is kept with sessions and in the audit."""

    address: str
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session: the secret for the cookie, and who it stands for."""

    secret: str
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEntry:
    """One user as lists show it."""

    name: str
    grants: tuple[Grant, ...]
    state: str
    created_ns: int
    has_password: bool
    has_code: bool
    from_provider: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEntry:
    """One session as lists show it."""

    id: str
    user: str
    created_ns: int
    seen_ns: int
    expires_ns: int
    address: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEntry:
    """One token as lists show it; its secret is shown once, when it is made."""

    id: str
    name: str
    kind: str
    grants: tuple[Grant, ...]
    rights: tuple[str, ...] | None
    page: str
    created_by: str
    created_ns: int
    expires_ns: int
    revoked_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """What a token is to be; `page` makes it a display that draws this view and nothing else."""

    name: str
    grants: tuple[Grant, ...]
    lifetime_s: float
    page: str = ""
    rights: frozenset[Right] | None = None


class Access(Protocol):
    """Who may come in. Every method raises `StorageError` or `NotConnectedError` where nobody can tell."""

    async def identify(self, secret: str, *, use: Use = Use.ASKING) -> Identity | None:
        """Return who a session or token secret stands for now, or None."""
        ...

    async def has_administrator(self) -> bool:
        """Say whether somebody can administer this gateway."""
        ...

    async def sign_in(self, *, name: str, password: str, code: str, origin: Origin) -> SignedIn:
        """Open a session; raises `SignInError`, `CodeNeededError`, `BackOffError`."""
        ...

    async def redeem(self, *, secret: str, name: str, password: str, origin: Origin) -> str:
        """Set a password by a one-time link; return the user's name. Raises `SignInError`."""
        ...

    async def sign_out(self, identity: Identity) -> None:
        """End the identity's session."""
        ...

    async def change_password(self, identity: Identity, *, old: str, new: str) -> None:
        """Set an own password and end all sessions; raises `SignInError`, `InvalidRequestError`."""
        ...

    async def begin_code(self, identity: Identity) -> str:
        """Return the `otpauth:` address of a new one-time code, which counts once it is confirmed."""
        ...

    async def confirm_code(self, identity: Identity, *, code: str) -> None:
        """Ask for codes from now on; raises `SignInError`."""
        ...

    async def users(self) -> Sequence[UserEntry]:
        """List all users by name."""
        ...

    async def add_user(self, name: str, grants: Sequence[Grant]) -> str:
        """Add a user and return the secret of the link that sets the password; raises `ConflictError`."""
        ...

    async def set_grants(self, name: str, grants: Sequence[Grant]) -> None:
        """Change a user's roles and end the user's sessions; raises `NotFoundError`, `ConflictError`."""
        ...

    async def set_enabled(self, name: str, state: str) -> None:
        """Make a user `active` or `disabled`; raises `NotFoundError`, `ConflictError`."""
        ...

    async def reset(self, name: str) -> str:
        """End a user's password, code and sessions; return the secret of a link that sets a new one."""
        ...

    async def sessions(self, user: str | None) -> Sequence[SessionEntry]:
        """List live sessions, of one user or of all."""
        ...

    async def end_session(self, session_id: str, *, user: str | None) -> None:
        """End a session, of this user where one is named; raises `NotFoundError`."""
        ...

    async def tokens(self) -> Sequence[TokenEntry]:
        """List all tokens, newest first."""
        ...

    async def add_token(self, wanted: NewToken, *, by: Identity) -> tuple[TokenEntry, str]:
        """Make a token and return its secret, once; raises `InvalidRequestError`."""
        ...

    async def revoke_token(self, token_id: str) -> None:
        """End a token; raises `NotFoundError`."""
        ...
