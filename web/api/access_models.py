"""The documents of users, sessions, tokens and the audit."""

from __future__ import annotations

from typing import Any, Final

from web.api.models import Document

SESSION_EXAMPLE: Final[dict[str, Any]] = {
    "id": "a3f09c11d2e4",
    "user": "anna",
    "created_ms": 1767247200000.0,
    "seen_ms": 1767247300000.0,
    "expires_ms": 1767290400000.0,
    "address": "10.0.0.7",
    "agent": "Mozilla/5.0",
}


class SessionDocument(Document):
    """Who is signed in."""

    name: str
    kind: str
    grants: list[str]
    rights: list[str]
    page: str
    csrf: str
    expires_ms: float | None
    sign_in: str
    provider: str


class WaysDocument(Document):
    """Ways in beside name and password: what the provider's button says, and the address that passkeys are bound to.

    Either is "" where there is no such way.
    """

    provider: str
    passkeys_at: str


class LeaveDocument(Document):
    """Where a browser signs out of the provider; "" is nowhere."""

    url: str


class OfferDocument(Document):
    """What a browser hands to its authenticator (WebAuthn, in JSON), and the text that comes back with the answer."""

    options: dict[str, Any]
    flow: str


class PasskeyDocument(Document):
    """One passkey."""

    id: str
    label: str
    created_ms: float
    used_ms: float | None


class PasskeyList(Document):
    """Passkeys, newest first."""

    items: list[PasskeyDocument]


class SessionEntryDocument(Document):
    """One live session."""

    id: str
    user: str
    created_ms: float
    seen_ms: float
    expires_ms: float
    address: str
    agent: str


class SessionList(Document):
    """Live sessions, newest first."""

    items: list[SessionEntryDocument]


class CodeOffer(Document):
    """The address that an authenticator app reads, and the same as rows of a QR code (1 dark, 0 light)."""

    otpauth: str
    qr: list[str]


class UserDocument(Document):
    """One user."""

    name: str
    grants: list[str]
    state: str
    created_ms: float
    has_password: bool
    has_code: bool
    from_provider: bool


class UserList(Document):
    """All users by name."""

    items: list[UserDocument]


class LinkDocument(Document):
    """A one-time link that sets a password."""

    path: str


class TokenDocument(Document):
    """One token; `secret` is there once, in the answer that makes it."""

    id: str
    name: str
    kind: str
    grants: list[str]
    rights: list[str] | None
    page: str
    created_by: str
    created_ms: float
    expires_ms: float
    revoked_ms: float | None
    secret: str | None


class TokenList(Document):
    """All tokens, newest first."""

    items: list[TokenDocument]


class AuditDocument(Document):
    """One entry of the audit."""

    seq: int
    time_ms: float
    actor: str
    kind: str
    action: str
    target: str
    address: str
    outcome: str
    detail: str
    mac: str


class AuditPage(Document):
    """Entries, newest first."""

    items: list[AuditDocument]
    next_before: int | None


class AuditVerdict(Document):
    """Whether the audit is whole; `anchored` says that it was also held against its anchor outside."""

    entries: int
    bad_seq: int | None
    fault: str
    anchored: bool
