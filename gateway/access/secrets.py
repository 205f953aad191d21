"""Secrets that stand for somebody: made at random, shown once, kept as a digest."""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum
from typing import Final

SECRET_BYTES: Final = 32
MAX_SECRET_LENGTH: Final = 100


class SecretKind(StrEnum):
    """What a secret is, told by its beginning, so that scanners find leaked ones."""

    SESSION = "tks_"
    TOKEN = "tkt_"  # noqa: S105 - the beginning of one, not one
    LINK = "tkl_"


def new_secret(kind: SecretKind) -> str:
    """Return a secret of 256 random bits."""
    return kind.value + secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> str:
    """Return what is kept of a secret: it has 256 random bits, so one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def csrf_of(secret: str) -> str:
    """Return what a page must repeat with each change: bound to its session, useless without it."""
    return hashlib.sha256(b"csrf " + secret.encode(errors="replace")).hexdigest()[:43]


def new_id() -> str:
    """Return a short public name of a session or token."""
    return secrets.token_hex(6)
