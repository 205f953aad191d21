"""What the provider publishes: its addresses and keys, kept for an hour, keys asked anew for one unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway.access.oidc.fetch import Fetch, check_address
from gateway.access.oidc.options import OidcOptions
from gateway.access.oidc.tokens import UnknownKeyError
from gateway.clock import Clock
from gateway.errors import ConfigError, NotConnectedError

_KEPT_S: Final = 3600.0
_AGAIN_S: Final = 30.0
"""So long no unknown key makes us ask again: a forger names as many as he likes."""
_AWAY_S: Final = 5.0
"""So long nobody asks again a provider that did not answer: who waits for it would wait one after another."""
_WANTED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_FURTHER: Final = ("userinfo_endpoint", "end_session_endpoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Where the provider is asked what."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    names_itself: bool = False
    auth_methods: tuple[str, ...] = field(default=("client_secret_basic",))


class Published:
    """The provider's documents. Each is asked for once at a time, whoever waits."""

    def __init__(self, options: OidcOptions, *, fetch: Fetch, clock: Clock) -> None:
        self._options = options
        self._fetch = fetch
        self._clock = clock
        self._one = asyncio.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._away: tuple[float, str] | None = None

    async def metadata(self) -> Metadata:
        """Return the addresses; raises `NotConnectedError`, and `ConfigError` where they are not declared."""
        async with self._one:
            return await self._addresses()

    async def reading(self, read: Callable[[KeySet], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Read a token with the keys, and once more with new ones where it names one that is unknown."""
        try:
            return read(await self._held(newer_than_s=_KEPT_S))
        except UnknownKeyError:
            return read(await self._held(newer_than_s=_AGAIN_S))

    async def _held(self, *, newer_than_s: float) -> KeySet:
        async with self._one:
            now_s = self._clock.monotonic_s()
            if self._keys is None or now_s - self._keys[0] >= newer_than_s:
                at = (await self._addresses()).jwks_uri
                self._keys = (now_s, _key_set(await self._document(at)))
            return self._keys[1]

    async def _addresses(self) -> Metadata:
        now_s = self._clock.monotonic_s()
        if self._metadata is None or now_s - self._metadata[0] >= _KEPT_S:
            issuer = self._options.issuer
            found = await self._document(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            self._metadata = (now_s, read_metadata(found, self._options))
        return self._metadata[1]

    async def examine(self) -> int:
        """Return how many keys the provider publishes; raises what `metadata` raises."""
        return len((await self._held(newer_than_s=_KEPT_S)).keys)

    async def _document(self, url: str) -> dict[str, Any]:
        if self._away is not None and self._clock.monotonic_s() - self._away[0] < _AWAY_S:
            raise NotConnectedError(self._away[1])
        try:
            return _good(*await asyncio.to_thread(self._fetch, url))
        except NotConnectedError as error:
            self._away = (self._clock.monotonic_s(), str(error))
            raise


def _good(status: int, found: dict[str, Any]) -> dict[str, Any]:
    if status != 200:
        msg = f"the provider answers {status}"
        raise NotConnectedError(msg)
    return found


def read_metadata(found: Mapping[str, Any], options: OidcOptions) -> Metadata:
    """Return what a discovery document says; raises `ConfigError` for another issuer or undeclared hosts."""
    if found.get("issuer") != options.issuer:
        msg = f"the provider calls itself {str(found.get('issuer'))[:200]!r}, access.oidc.issuer says {options.issuer!r}"
        raise ConfigError(msg)
    held: dict[str, str] = {}
    for name in (*_WANTED, *_FURTHER):
        url = found.get(name)
        if isinstance(url, str) and url:
            check_address(url, options.hosts)
            held[name] = url
        elif name in _WANTED:
            msg = f"the provider names no {name}"
            raise ConfigError(msg)
    methods = found.get("token_endpoint_auth_methods_supported")
    return Metadata(
        **held,
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        auth_methods=tuple(map(str, methods[:20]))
        if isinstance(methods, list)
        else ("client_secret_basic",),
    )


def _key_set(found: Mapping[str, Any]) -> KeySet:
    """Return the keys that sign; what else is published is left out, secrets of both sides above all."""
    listed = found.get("keys")
    good = [
        each
        for each in (listed[:100] if isinstance(listed, list) else [])
        if isinstance(each, dict) and each.get("kty") != "oct" and each.get("use", "sig") == "sig"
    ]
    try:
        return KeySet.import_key_set({"keys": good})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        msg = f"the provider's keys cannot be read: {type(error).__name__}"
        raise NotConnectedError(msg) from error
