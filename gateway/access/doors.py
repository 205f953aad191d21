"""What the web side knows of the other ways in: the plant's provider, and passkeys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.access.port import Identity, Origin, SignedIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Where a browser goes to sign in, and the sealed text that it brings back as a cookie."""

    url: str
    flow: str


class Provider(Protocol):
    """Sign-in at a provider of the plant; raises `NotConnectedError` or `ConfigError` where it cannot be asked."""

    @property
    def label(self) -> str:
        """What the button says."""
        ...

    async def begin(self, *, redirect_uri: str) -> Departure:
        """Return where to go."""
        ...

    async def finish(
        self, answer: Mapping[str, str], *, flow: str, redirect_uri: str, origin: Origin
    ) -> SignedIn:
        """Open a session by what the provider sent the browser back with; raises `SignInError`, `BackOffError`."""
        ...

    async def leave(self, identity: Identity, *, back_to: str) -> str:
        """Return where a browser goes to sign out of the provider too; "" for who did not come from there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The page as passkeys are bound to it: a host name, and the address in front of its paths."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyEntry:
    """One passkey as lists show it."""

    id: str
    label: str
    created_ns: int
    used_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a browser hands to its authenticator, and the sealed text that comes back with the answer."""

    options: Mapping[str, Any]
    flow: str


class Passkeys(Protocol):
    """Sign-in by a key pair that stays in somebody's device, telephone or token."""

    async def begin(self, site: Site) -> Offer:
        """Return what any passkey of this site may answer."""
        ...

    async def sign_in(
        self, credential: Mapping[str, Any], *, flow: str, site: Site, origin: Origin
    ) -> SignedIn:
        """Open a session by an answer; raises `SignInError`, `BackOffError`."""
        ...

    async def begin_adding(self, me: Identity, *, password: str, site: Site) -> Offer:
        """Return what makes a new passkey; the password says that it is still the same person."""
        ...

    async def add(
        self, me: Identity, credential: Mapping[str, Any], *, flow: str, label: str, site: Site
    ) -> PasskeyEntry:
        """Keep a new passkey; raises `InvalidRequestError`, `ConflictError`."""
        ...

    async def entries(self, me: Identity) -> Sequence[PasskeyEntry]:
        """List the own passkeys, newest first."""
        ...

    async def remove(self, me: Identity, passkey_id: str) -> None:
        """End one of the own passkeys; raises `NotFoundError`."""
        ...
