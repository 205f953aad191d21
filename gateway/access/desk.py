"""The access desk: who comes in, on the relational store, with every sign-in in the audit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, Self, TypeVar

import orjson
from sqlalchemy import Connection, delete

from gateway.access import sessions, users
from gateway.access.attempts import Attempts
from gateway.access.codes import Codes
from gateway.access.oidc import people
from gateway.access.options import AccessOptions
from gateway.access.passwords import Match, Passwords, check_password
from gateway.access.port import (
    CodeNeededError,
    Identity,
    NewToken,
    Origin,
    SessionEntry,
    SignedIn,
    SignInError,
    TokenEntry,
    Use,
    UserEntry,
)
from gateway.access.rights import Grant, Role, grant_text
from gateway.access.secrets import MAX_SECRET_LENGTH, SecretKind, digest, new_secret
from gateway.access.users import CodeState, UserState
from gateway.audit.key import InstallKey
from gateway.audit.port import Audit, Entry, Outcome
from gateway.clock import NS_PER_S, Clock
from gateway.errors import ConflictError, InvalidRequestError
from gateway.store import Store
from gateway.store.access_tables import passkey

T = TypeVar("T")
_KEPT_S: Final = 2.0
_KEPT: Final = 1000
_WRONG: Final = "name, password or code do not fit"
_BAD_LINK: Final = "this link is used, has run out, or never was one; ask for another"


class AccessDesk:
    """Implements `Access`. What it told within two seconds it tells again without asking the store."""

    def __init__(
        self,
        store: Store,
        *,
        audit: Audit,
        key: InstallKey,
        clock: Clock,
        options: AccessOptions,
        site: str = "Taktline",
    ) -> None:
        self.passwords = Passwords()
        self.attempts = Attempts(clock)
        self._store = store
        self._audit = audit
        self._clock = clock
        self._options = options
        self._codes = Codes(key, issuer=f"Taktline {site}")
        self._known: OrderedDict[str, tuple[float, Identity]] = OrderedDict()
        self._administered = False

    async def __aenter__(self) -> Self:
        """Open."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go of the threads that hash passwords."""
        self.passwords.close()

    async def identify(self, secret: str, *, use: Use = Use.ASKING) -> Identity | None:
        """Return who a session or token secret stands for now, or None."""
        if len(secret) > MAX_SECRET_LENGTH or not secret.startswith(
            (SecretKind.SESSION, SecretKind.TOKEN)
        ):
            return None
        held, now_s = digest(secret), self._clock.monotonic_s()
        known = self._known.get(held)
        if known is not None and now_s - known[0] < _KEPT_S:
            return known[1]
        identity = await self._store.run(lambda connection: self._look_up(connection, secret, use))
        self._known.pop(held, None)
        if identity is not None:
            self._known[held] = (now_s, identity)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return identity

    def _look_up(
        self, connection: Connection, secret: str, use: Use = Use.ASKING
    ) -> Identity | None:
        now_ns = self._clock.now_ns()
        if secret.startswith(SecretKind.TOKEN):
            return sessions.identify_token(connection, secret, now_ns=now_ns)
        idle_s = self._options.session_idle_s
        return sessions.identify_session(connection, secret, now_ns=now_ns, idle_s=idle_s, use=use)

    async def has_administrator(self) -> bool:
        """Say whether somebody can administer this gateway; once so, it stays so."""
        if not self._administered:
            self._administered = await self._store.run(users.has_administrator)
        return self._administered

    async def sign_in(self, *, name: str, password: str, code: str, origin: Origin) -> SignedIn:
        """Open a session under a new secret; raises `SignInError`, `CodeNeededError`, `BackOffError`."""
        user = name.strip().casefold()[:64]
        self.attempts.admit(user=user, address=origin.address)
        try:
            rehashed = await self._prove(user, password, code)
        except SignInError as error:
            locks = self.attempts.locked(user=user, address=origin.address)
            why = "locked" if locks else type(error).__name__
            await self._note("sign_in", user, origin, Outcome.REFUSED, detail_of(why=why))
            raise
        self.attempts.succeeded(user=user, address=origin.address)
        return await self.let_in(user, origin, by="password", rehashed=rehashed)

    async def let_in(self, user: str, origin: Origin, *, by: str, rehashed: str = "") -> SignedIn:
        """Open a session for who has proven to be a user, recorded first; raises `SignInError`."""
        await self._note("sign_in", user, origin, Outcome.OK, detail_of(by=by))
        secret = new_secret(SecretKind.SESSION)
        identity = await self.changing(
            lambda connection: self._open(connection, secret, user, origin, rehashed)
        )
        if identity is None:
            raise SignInError(_WRONG)
        return SignedIn(secret=secret, identity=identity)

    async def refused(self, user: str, origin: Origin, *, by: str, why: str) -> None:
        """Record a sign-in that was refused."""
        await self._note("sign_in", user, origin, Outcome.REFUSED, detail_of(by=by, why=why))

    async def note(self, action: str, user: str, origin: Origin, detail: str = "{}") -> None:
        """Record what is about to be done to a user."""
        await self._note(action, user, origin, Outcome.ASKED, detail)

    def _open(
        self, connection: Connection, secret: str, user: str, origin: Origin, rehashed: str
    ) -> Identity | None:
        now_ns = self._clock.now_ns()
        if rehashed:
            users.change(connection, user, password=rehashed)
        max_s = self._options.session_max_s
        sessions.open_session(connection, secret, user, origin=origin, now_ns=now_ns, max_s=max_s)
        return self._look_up(connection, secret)

    async def _prove(self, user: str, password: str, code: str) -> str:
        """Check password and code; return a new hash where the old one's parameters are outdated."""
        row = await self._store.run(lambda connection: users.find(connection, user))
        kept = row["password"] if row is not None else ""
        match = await self.passwords.matches(kept, password[:1000])
        if match is Match.NO or row is None or row["state"] != UserState.ACTIVE:
            raise SignInError(_WRONG)
        if row["code_state"] == CodeState.ACTIVE:
            if not code:
                msg = "a one-time code is wanted"
                raise CodeNeededError(msg)
            await self._use_code(user, code)
        return await self.passwords.hash(password) if match is Match.YES_BUT_OLD else ""

    async def _use_code(self, user: str, code: str, **further: str) -> None:
        """Use a code up; raises `SignInError`. Two that come at once find one transaction each."""

        def use(connection: Connection) -> bool:
            row = users.find(connection, user)
            if row is None or not row["code"]:
                return False
            now_ns = self._clock.now_ns()
            step = self._codes.step(row["code"], code, after=row["code_step"], now_ns=now_ns)
            if step is not None:
                users.update_code(connection, user, code_step=step, **further)
            return step is not None

        if not await self._store.run(use):
            raise SignInError(_WRONG)

    async def redeem(self, *, secret: str, name: str, password: str, origin: Origin) -> str:
        """Set a password by a one-time link; return the user's name. Raises `SignInError`."""
        tried = f"link {digest(secret)[:16]}"
        self.attempts.admit(user=tried, address=origin.address)
        now_ns = self._clock.now_ns()
        owner = await self._store.run(
            lambda connection: sessions.find_link(connection, secret, now_ns=now_ns)
        )
        if owner is None:
            await self._note("redeem_link", name[:64], origin, Outcome.REFUSED)
            raise SignInError(_BAD_LINK)
        self.attempts.succeeded(user=tried, address=origin.address)
        user = owner or users.user_name(name)
        check_password(password, user=user)
        kept = await self.passwords.hash(password)
        await self._note("redeem_link", user, origin, Outcome.ASKED)

        def redeem(connection: Connection) -> None:
            if sessions.use_link(connection, secret, now_ns=now_ns) is None:
                raise SignInError(_BAD_LINK)
            if owner:
                users.change(connection, owner, password=kept)
                return
            if users.has_administrator(connection):
                raise SignInError(_BAD_LINK)
            grants = [Grant(Role.ADMINISTRATOR)]
            users.add(connection, user, grants, password=kept, now_ns=now_ns)

        await self.changing(redeem)
        return user

    async def setup_link(self) -> str:
        """Return the secret of a link that makes the first administrator."""
        return await self._new_link("")

    async def sign_out(self, identity: Identity) -> None:
        """End the identity's session."""
        if identity.session_id:
            await self.end_session(identity.session_id, user=identity.name)

    async def change_password(self, identity: Identity, *, old: str, new: str) -> None:
        """Set an own password and end all sessions; raises `SignInError`, `InvalidRequestError`."""
        user = identity.name
        await self.prove_again(identity, old)
        check_password(new, user=user)
        kept = await self.passwords.hash(new)
        await self.changing(lambda connection: users.change(connection, user, password=kept))

    async def prove_again(self, identity: Identity, password: str) -> None:
        """Ask who is signed in for the own password again; raises `SignInError`, `BackOffError`."""
        user = identity.name
        self.attempts.admit(user=user, address=identity.session_id)
        row = await self._store.run(lambda connection: users.find(connection, user))
        kept = "" if row is None else row["password"]
        if await self.passwords.matches(kept, password[:1000]) is Match.NO:
            raise SignInError(_WRONG)
        self.attempts.succeeded(user=user, address=identity.session_id)

    async def begin_code(self, identity: Identity) -> str:
        """Return the `otpauth:` address of a new one-time code, which counts once it is confirmed."""
        kept, address = self._codes.new(identity.name)

        def offer(connection: Connection) -> None:
            row = users.find(connection, identity.name)
            people.refuse_federated(
                connection, identity.name, "codes are the provider's to ask for"
            )
            if row is None or row["code_state"] == CodeState.ACTIVE:
                msg = "codes are asked for already; an administrator can reset them"
                raise InvalidRequestError(msg)
            offered = CodeState.OFFERED.value
            users.update_code(connection, identity.name, code=kept, code_state=offered, code_step=0)

        await self._store.run(offer)
        return address

    async def confirm_code(self, identity: Identity, *, code: str) -> None:
        """Ask for codes from now on; raises `SignInError`."""
        self.attempts.admit(user=identity.name, address=identity.session_id)
        await self._use_code(identity.name, code, code_state=CodeState.ACTIVE.value)
        self.attempts.succeeded(user=identity.name, address=identity.session_id)

    async def users(self) -> Sequence[UserEntry]:
        """List all users by name."""
        return await self._store.run(users.entries)

    async def add_user(self, name: str, grants: Sequence[Grant]) -> str:
        """Add a user and return the secret of the link that sets the password; raises `ConflictError`."""
        user, now_ns = users.user_name(name), self._clock.now_ns()
        await self.changing(
            lambda connection: users.add(connection, user, grants, password="", now_ns=now_ns)
        )
        return await self._new_link(user)

    async def set_grants(self, name: str, grants: Sequence[Grant]) -> None:
        """Change a user's roles and end the user's sessions; raises `NotFoundError`, `ConflictError`."""
        texts = [grant_text(grant) for grant in grants]

        def change(connection: Connection) -> None:
            people.refuse_federated(connection, name, "roles come from the provider's groups")
            users.change(connection, name, grants=texts)

        await self.changing(change)

    async def set_enabled(self, name: str, state: str) -> None:
        """Make a user `active` or `disabled`; raises `NotFoundError`, `ConflictError`."""
        new = UserState(state).value
        await self.changing(lambda connection: users.change(connection, name, state=new))

    async def reset(self, name: str) -> str:
        """End a user's password, code, passkeys and sessions; return the secret of a link that sets a new one.

        The last administrator keeps the password until the link is used.
        """
        await self.changing(lambda connection: _reset(connection, name))
        return await self._new_link(name)

    async def sessions(self, user: str | None) -> Sequence[SessionEntry]:
        """List live sessions, of one user or of all."""
        now_ns, idle_s = self._clock.now_ns(), self._options.session_idle_s
        return await self._store.run(
            lambda connection: sessions.list_sessions(
                connection, user, now_ns=now_ns, idle_s=idle_s
            )
        )

    async def end_session(self, session_id: str, *, user: str | None) -> None:
        """End a session, of this user where one is named; raises `NotFoundError`."""
        await self.changing(
            lambda connection: sessions.end_session(connection, session_id, user=user)
        )

    async def tokens(self) -> Sequence[TokenEntry]:
        """List all tokens, newest first."""
        return await self._store.run(sessions.list_tokens)

    async def add_token(self, wanted: NewToken, *, by: Identity) -> tuple[TokenEntry, str]:
        """Make a token and return its secret, once; raises `InvalidRequestError`."""
        sessions.check_token(wanted, by)
        secret, now_ns = new_secret(SecretKind.TOKEN), self._clock.now_ns()
        entry = await self.changing(
            lambda connection: sessions.add_token(
                connection, secret, wanted, by=by.name, now_ns=now_ns
            )
        )
        return entry, secret

    async def revoke_token(self, token_id: str) -> None:
        """End a token; raises `NotFoundError`."""
        now_ns = self._clock.now_ns()
        await self.changing(
            lambda connection: sessions.revoke_token(connection, token_id, now_ns=now_ns)
        )

    async def _new_link(self, user: str) -> str:
        secret = new_secret(SecretKind.LINK)
        expires_ns = self._clock.now_ns() + round(self._options.link_s * NS_PER_S)
        await self._store.run(
            lambda connection: sessions.add_link(connection, secret, user, expires_ns=expires_ns)
        )
        return secret

    async def changing(self, work: Callable[[Connection], T]) -> T:
        """Run work that changes who may do what, and forget what was told before."""
        try:
            return await self._store.run(work)
        finally:
            self._known.clear()

    async def _note(
        self, action: str, user: str, origin: Origin, outcome: Outcome, detail: str = "{}"
    ) -> None:
        entry = Entry(
            actor=user,
            kind="person",
            action=action,
            target=user,
            address=origin.address,
            outcome=outcome,
            detail=detail,
        )
        await self._audit.record(entry)


def detail_of(**facts: str) -> str:
    """Return facts as an entry's detail."""
    return orjson.dumps(facts).decode()


def _reset(connection: Connection, name: str) -> None:
    people.refuse_federated(connection, name, "the password is the provider's to reset")
    row = users.find(connection, name)
    connection.execute(delete(passkey).where(passkey.c.user == name))
    values = {"code": "", "code_state": CodeState.NONE.value}
    try:
        users.change(connection, name, password="", **values)
    except ConflictError:
        users.change(connection, name, password=row["password"] if row else "", **values)
