"""The way in by passkeys (WebAuthn Level 2): a key pair in a device that asks its owner first.

A passkey stands for password and code at once, as the device verifies who holds it. Which devices are trusted is not
asked (no attestation): the person who adds one has shown the password.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import webauthn
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from gateway.access import users
from gateway.access.desk import AccessDesk
from gateway.access.doors import Offer, PasskeyEntry, Site
from gateway.access.flows import Flows
from gateway.access.oidc import people
from gateway.access.port import Identity, Origin, SignedIn, SignInError
from gateway.access.secrets import digest, new_id
from gateway.access.users import UserState
from gateway.audit.key import InstallKey
from gateway.clock import Clock
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError, TaktlineError
from gateway.store import Store
from gateway.store.access_tables import passkey

MAX_PASSKEYS: Final = 10
"""Of one user."""
_GOOD_S: Final = 300
_MISFIT: Final = "this passkey is not known here, or did not answer what was asked"
_LAPSED: Final = "this was not begun here, or more than five minutes ago: begin again"
_BROKEN: Final = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError)
"""What the library raises for an answer that is none: it checks bytes that anybody may send."""


class PasskeyDesk:
    """Implements `Passkeys`."""

    def __init__(
        self, desk: AccessDesk, *, store: Store, key: InstallKey, clock: Clock, site: str
    ) -> None:
        self._desk = desk
        self._store = store
        self._key = key
        self._clock = clock
        self._shown = f"Taktline {site}"
        self._asking = Flows(key, purpose="passkey sign-in", clock=clock, good_s=_GOOD_S)
        self._adding = Flows(key, purpose="passkey adding", clock=clock, good_s=_GOOD_S)

    async def begin(self, site: Site) -> Offer:
        """Return what any passkey of this site may answer."""
        options = webauthn.generate_authentication_options(
            rp_id=site.host,
            timeout=_GOOD_S * 1000,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        flow = self._asking.seal({"challenge": bytes_to_base64url(options.challenge)})
        return Offer(options=options_to_json_dict(options), flow=flow)

    async def sign_in(
        self, credential: Mapping[str, Any], *, flow: str, site: Site, origin: Origin
    ) -> SignedIn:
        """Open a session by an answer; raises `SignInError`, `BackOffError`."""
        shown = digest(str(credential.get("id", ""))[:2000])
        tried = f"passkey {shown[:16]}"
        self._desk.attempts.admit(user=tried, address=origin.address)
        user = ""
        try:
            row = await self._find(shown)
            user = row["user"]
            count = self._answered(credential, row, flow=flow, site=site)
            await self._store.run(lambda c: _used(c, shown, count, now_ns=self._clock.now_ns()))
        except TaktlineError as error:
            await self._desk.refused(user, origin, by="passkey", why=str(error))
            raise
        self._desk.attempts.succeeded(user=tried, address=origin.address)
        return await self._desk.let_in(user, origin, by="passkey")

    async def _find(self, shown: str) -> RowMapping:
        """Return a passkey that somebody may use who may sign in; raises `SignInError`."""

        def find(connection: Connection) -> RowMapping | None:
            query = select(passkey).where(passkey.c.digest == shown)
            row = connection.execute(query).mappings().first()
            owner = users.find(connection, row["user"]) if row is not None else None
            return row if owner is not None and owner["state"] == UserState.ACTIVE else None

        row = await self._store.run(find)
        if row is None:
            raise SignInError(_MISFIT)
        return row

    def _answered(
        self, credential: Mapping[str, Any], row: RowMapping, *, flow: str, site: Site
    ) -> int:
        """Return how often the device says that it was used; raises `SignInError` unless all of it holds."""
        facts = self._asking.open(flow)
        if facts is None:
            raise SignInError(_LAPSED)
        count = check_answer(
            credential,
            challenge=facts["challenge"],
            public_key=row["public_key"],
            sign_count=row["sign_count"],
            handle=self._handle(row["user"]),
            site=site,
        )
        if not self._asking.spend(flow):
            raise SignInError(_LAPSED)
        return count

    async def begin_adding(self, me: Identity, *, password: str, site: Site) -> Offer:
        """Return what makes a new passkey; raises `SignInError` where the password is another."""
        await self._store.run(
            lambda c: people.refuse_federated(c, me.name, "passkeys are the provider's to ask for")
        )
        await self._desk.prove_again(me, password)
        held = await self._store.run(lambda c: _held(c, me.name))
        if len(held) >= MAX_PASSKEYS:
            raise ConflictError(f"{MAX_PASSKEYS} passkeys are the most: remove one first")
        options = webauthn.generate_registration_options(
            rp_id=site.host,
            rp_name=self._shown,
            user_name=me.name,
            user_id=self._handle(me.name),
            timeout=_GOOD_S * 1000,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(row["credential"]))
                for row in held
            ],
        )
        facts = {"challenge": bytes_to_base64url(options.challenge), "user": me.name}
        return Offer(options=options_to_json_dict(options), flow=self._adding.seal(facts))

    async def add(
        self, me: Identity, credential: Mapping[str, Any], *, flow: str, label: str, site: Site
    ) -> PasskeyEntry:
        """Keep a new passkey; raises `InvalidRequestError`, `ConflictError`."""
        name = label.strip()
        if not name or len(name) > 64 or not name.isprintable():
            raise InvalidRequestError("label: want 1 to 64 printable characters")
        facts = self._adding.open(flow)
        if facts is None or facts["user"] != me.name or not self._adding.spend(flow):
            raise InvalidRequestError(_LAPSED)
        made = check_new(credential, challenge=facts["challenge"], site=site)
        text = bytes_to_base64url(made.credential_id)
        row = {
            "digest": digest(text),
            "id": new_id(),
            "user": me.name,
            "credential": text,
            "public_key": bytes_to_base64url(made.credential_public_key),
            "sign_count": made.sign_count,
            "label": name,
            "created_ns": self._clock.now_ns(),
            "used_ns": None,
        }
        await self._store.run(lambda connection: _keep(connection, row))
        return _entry(row)

    async def entries(self, me: Identity) -> Sequence[PasskeyEntry]:
        """List the own passkeys, newest first."""
        return [_entry(row) for row in await self._store.run(lambda c: _held(c, me.name))]

    async def remove(self, me: Identity, passkey_id: str) -> None:
        """End one of the own passkeys; raises `NotFoundError`."""

        def end(connection: Connection) -> None:
            wishes = (passkey.c.id == passkey_id, passkey.c.user == me.name)
            if not connection.execute(delete(passkey).where(*wishes)).rowcount:
                raise NotFoundError(f"no passkey {passkey_id}")

        await self._store.run(end)

    def _handle(self, user: str) -> bytes:
        """Return what a device keeps as the user's name: it tells nobody who that is."""
        return self._key.derive(f"passkey user {user}")


def check_answer(
    credential: Mapping[str, Any],
    *,
    challenge: str,
    public_key: str,
    sign_count: int,
    handle: bytes,
    site: Site,
) -> int:
    """Return an answer's count of uses; raises `SignInError` for anything but this key's answer to this challenge."""
    try:
        proven = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
        said = credential["response"].get("userHandle")
        mine = said is None or base64url_to_bytes(said) == handle
    except _BROKEN as error:
        raise SignInError(_MISFIT) from error
    if not mine:
        raise SignInError(_MISFIT)
    return proven.new_sign_count


def check_new(credential: Mapping[str, Any], *, challenge: str, site: Site) -> VerifiedRegistration:
    """Return what a device made; raises `InvalidRequestError` for anything but an answer to this challenge."""
    try:
        return webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise InvalidRequestError(_MISFIT) from error


def _held(connection: Connection, user: str) -> list[RowMapping]:
    query = select(passkey).where(passkey.c.user == user).order_by(passkey.c.created_ns.desc())
    return list(connection.execute(query).mappings())


def _keep(connection: Connection, row: Mapping[str, Any]) -> None:
    taken = select(passkey.c.id).where(passkey.c.digest == row["digest"])
    if connection.execute(taken).first() is not None:
        raise ConflictError("this passkey is kept here already")
    mine = select(func.count()).select_from(passkey).where(passkey.c.user == row["user"])
    if connection.execute(mine).scalar_one() >= MAX_PASSKEYS:
        raise ConflictError(f"{MAX_PASSKEYS} passkeys are the most: remove one first")
    connection.execute(insert(passkey), row)


def _used(connection: Connection, shown: str, count: int, *, now_ns: int) -> None:
    """Take note of a use; raises `SignInError` where another use at the same time was first."""
    # A device that counts counts on: two answers with one number come from two devices with one key.
    free = (passkey.c.sign_count < count) | (passkey.c.sign_count == 0)
    mine = (passkey.c.digest == shown, free)
    values = {"sign_count": count, "used_ns": now_ns}
    if not connection.execute(update(passkey).where(*mine).values(**values)).rowcount:
        raise SignInError(_MISFIT)


def _entry(row: Mapping[str, Any] | RowMapping) -> PasskeyEntry:
    return PasskeyEntry(**{name: row[name] for name in PasskeyEntry.__dataclass_fields__})
