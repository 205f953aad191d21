"""The chain of the audit: each entry's code covers the entry and the code before it."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

import orjson

from gateway.audit.port import Entry

START: Final = "0" * 64
"""What stands before the first entry."""


def link(key: bytes, before: str, *, seq: int, time_ns: int, entry: Entry) -> str:
    """Return the HMAC-SHA256 of an entry and the code before it, as 64 hexadecimal digits."""
    fields = [
        seq,
        time_ns,
        entry.actor,
        entry.kind,
        entry.action,
        entry.target,
        entry.address,
        entry.outcome.value,
        entry.detail,
    ]
    return hmac.new(key, bytes.fromhex(before) + orjson.dumps(fields), hashlib.sha256).hexdigest()
