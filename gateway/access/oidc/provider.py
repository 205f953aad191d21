"""The way in through the plant's provider: out with a question, back with a code, in with a session.

Authorization code with PKCE (RFC 7636), state and nonce; OpenID Connect Core 1.0, RFC 9207, RP-Initiated Logout 1.0.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from gateway.access.desk import AccessDesk, detail_of
from gateway.access.doors import Departure
from gateway.access.flows import Flows
from gateway.access.oidc import people
from gateway.access.oidc.fetch import Fetch
from gateway.access.oidc.keys import Metadata, Published
from gateway.access.oidc.options import OidcOptions
from gateway.access.oidc.tokens import Expected, claim_at, groups_in, read_id_token
from gateway.access.port import Identity, Origin, SignedIn, SignInError
from gateway.access.rights import Grant, grant_text, parse_grant
from gateway.access.users import user_name
from gateway.audit.key import InstallKey
from gateway.clock import NS_PER_S, Clock
from gateway.errors import InvalidRequestError, NotConnectedError, TaktlineError
from gateway.store import Store

_GOOD_S: Final = 600
_MAX_CODE: Final = 4096
_LAPSED: Final = "this sign-in was not begun in this browser, or more than ten minutes ago"


class OidcProvider:
    """Implements `Provider`."""

    def __init__(
        self,
        options: OidcOptions,
        *,
        desk: AccessDesk,
        store: Store,
        key: InstallKey,
        clock: Clock,
        fetch: Fetch,
    ) -> None:
        self._options = options
        self._desk = desk
        self._store = store
        self._clock = clock
        self._fetch = fetch
        self._published = Published(options, fetch=fetch, clock=clock)
        self._flows = Flows(key, purpose="provider sign-in", clock=clock, good_s=_GOOD_S)

    @property
    def label(self) -> str:
        """What the button says."""
        return self._options.label

    async def begin(self, *, redirect_uri: str) -> Departure:
        """Return where to go; the answer is bound to this browser by state, nonce and verifier."""
        found = await self._published.metadata()
        facts = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        challenge = hashlib.sha256(facts["verifier"].encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._options.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self._options.scopes),
            "state": facts["state"],
            "nonce": facts["nonce"],
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return Departure(
            url=_with(found.authorization_endpoint, asked), flow=self._flows.seal(facts)
        )

    async def finish(
        self, answer: Mapping[str, str], *, flow: str, redirect_uri: str, origin: Origin
    ) -> SignedIn:
        """Open a session by what the provider sent the browser back with.

        Raises `SignInError`, `BackOffError`, and what asking the provider raises; every refusal is in the audit.
        """
        # The address alone counts: nobody has said yet who he is.
        tried = f"provider {secrets.token_hex(4)}"
        self._desk.attempts.admit(user=tried, address=origin.address)
        name = ""
        try:
            claims = await self._prove(answer, flow=flow, redirect_uri=redirect_uri)
            name = self._name(claims)
            user = await self._welcome(claims, name, origin)
        except TaktlineError as error:
            await self._desk.refused(name, origin, by="provider", why=str(error))
            raise
        self._desk.attempts.succeeded(user=tried, address=origin.address)
        return await self._desk.let_in(user, origin, by="provider")

    async def leave(self, identity: Identity, *, back_to: str) -> str:
        """Return where a browser goes to sign out of the provider too; "" where there is no such place."""
        name = identity.name
        if not await self._store.run(lambda connection: people.is_federated(connection, name)):
            return ""
        found = await self._published.metadata()
        if not found.end_session_endpoint:
            return ""
        asked = {"client_id": self._options.client_id, "post_logout_redirect_uri": back_to}
        return _with(found.end_session_endpoint, asked)

    async def _prove(
        self, answer: Mapping[str, str], *, flow: str, redirect_uri: str
    ) -> Mapping[str, Any]:
        """Return the claims that the provider stands for; every check of the way back is here."""
        facts = self._flows.open(flow)
        given = answer.get("state", "")
        if facts is None or not hmac.compare_digest(given.encode(), facts["state"].encode()):
            raise SignInError(_LAPSED)
        found = await self._published.metadata()
        named = answer.get("iss", "")
        if (named or found.names_itself) and named != self._options.issuer:
            msg = "the answer comes from another provider than the one that was asked"
            raise SignInError(msg)
        code = answer.get("code", "")
        if answer.get("error") or not 0 < len(code) <= _MAX_CODE:
            msg = f"the provider refuses: {_word(answer.get('error', 'no code'))}"
            raise SignInError(msg)
        if not self._flows.spend(flow):
            raise SignInError(_LAPSED)
        tokens = await self._redeem(found, code, facts["verifier"], redirect_uri)
        claims = await self._published.reading(
            lambda keys: read_id_token(
                str(tokens.get("id_token", "")), keys, self._expected(facts["nonce"])
            )
        )
        return await self._with_groups(claims, found, str(tokens.get("access_token", "")))

    def _expected(self, nonce: str) -> Expected:
        return Expected(
            issuer=self._options.issuer,
            client_id=self._options.client_id,
            nonce=nonce,
            now_s=self._clock.now_ns() // NS_PER_S,
            skew_s=round(self._options.clock_skew_s),
        )

    async def _redeem(
        self, found: Metadata, code: str, verifier: str, redirect_uri: str
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {}
        client, secret = self._options.client_id, self._options.client_secret.get_secret_value()
        if secret and "client_secret_basic" in found.auth_methods:
            # RFC 6749, 2.3.1: both are form-encoded before they are joined.
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": client} | ({"client_secret": secret} if secret else {})
        status, answer = await asyncio.to_thread(
            self._fetch, found.token_endpoint, form=form, headers=headers
        )
        if status != 200:
            msg = f"the provider does not redeem the code: {status} {_word(answer.get('error'))}"
            raise SignInError(msg)
        return answer

    async def _with_groups(
        self, claims: Mapping[str, Any], found: Metadata, access_token: str
    ) -> Mapping[str, Any]:
        """Ask for the rest where the token does not say groups or name: some providers tell them there alone."""
        options = self._options
        if groups_in(claims, options.groups_claim) is not None and isinstance(
            claim_at(claims, options.name_claim), str
        ):
            return claims
        fit = access_token.isascii() and access_token.isprintable() and access_token
        if not found.userinfo_endpoint or not fit:
            return claims
        status, more = await asyncio.to_thread(
            self._fetch,
            found.userinfo_endpoint,
            headers={"authorization": f"Bearer {access_token}"},
        )
        if status != 200:
            msg = f"the provider answers {status} where it is asked for groups"
            raise NotConnectedError(msg)
        if more.get("sub") != claims["sub"]:
            msg = "the provider tells of somebody else than its token"
            raise SignInError(msg)
        return {**more, **claims}

    def _name(self, claims: Mapping[str, Any]) -> str:
        found = claim_at(claims, self._options.name_claim)
        if not isinstance(found, str):
            msg = f"the provider tells no {self._options.name_claim}"
            raise SignInError(msg)
        try:
            return user_name(self._options.name_prefix + found[:100])
        except InvalidRequestError as error:
            msg = f"the provider's {self._options.name_claim} cannot be a name here: {error}"
            raise SignInError(msg) from error

    async def _welcome(self, claims: Mapping[str, Any], name: str, origin: Origin) -> str:
        grants = self.grants(groups_in(claims, self._options.groups_claim) or frozenset())
        if not grants:
            msg = f"{name} is in no group that access.oidc.roles gives a role"
            raise SignInError(msg)
        issuer, subject, now_ns = self._options.issuer, str(claims["sub"]), self._clock.now_ns()
        news = await self._store.run(
            lambda connection: people.is_news(
                connection, issuer=issuer, subject=subject, grants=grants
            )
        )
        if news:
            held = " ".join(sorted(map(grant_text, grants)))
            await self._desk.note("welcome_user", name, origin, detail_of(grants=held))
        return await self._desk.changing(
            lambda connection: people.welcome(
                connection, issuer=issuer, subject=subject, name=name, grants=grants, now_ns=now_ns
            )
        )

    def grants(self, groups: frozenset[str]) -> frozenset[Grant]:
        """Return the roles that groups give."""
        return frozenset(
            parse_grant(text)
            for group, texts in self._options.roles.items()
            if group in groups
            for text in texts
        )


def _with(url: str, asked: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"


def _word(found: object) -> str:
    """Return an error's code as far as it is one: it is another's text, and goes into the audit."""
    text = json.dumps(str(found)[:60])
    return text.strip('"')
