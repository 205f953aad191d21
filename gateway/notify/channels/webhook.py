"""The signature of webhooks, and how a receiver verifies it: HMAC-SHA256 over time, id and body."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

SIGNATURE: Final = "Taktline-Signature"
IDEMPOTENCY: Final = "Idempotency-Key"
TOLERANCE_S: Final = 300


def signature(secret: str, *, time_s: int, key: str, body: bytes) -> str:
    """Return the header `t=<seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<idempotency key>.<body>`."""
    signed = f"{time_s}.{key}.".encode() + body
    mac = hmac.digest(secret.encode(), signed, hashlib.sha256).hex()
    return f"t={time_s},v1={mac}"


def verify(
    secret: str, *, header: str, key: str, body: bytes, now_s: int, tolerance_s: int = TOLERANCE_S
) -> str | None:
    """Say why a message is not ours and new, or None; a receiver refuses keys it has seen as well."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    time_text = parts.get("t", "")
    if not (time_text.isascii() and time_text.isdigit() and len(time_text) < 16):
        return "no time"
    if abs(now_s - int(time_text)) > tolerance_s:
        return "too old or from the future"
    wanted = signature(secret, time_s=int(time_text), key=key, body=body)
    if not hmac.compare_digest(wanted, f"t={time_text},v1={parts.get('v1', '')}"):
        return "the signature does not fit"
    return None
