"""Text that people write, as it may be stored and shown."""

from __future__ import annotations

from gateway.errors import InvalidRequestError


def clean(text: str) -> str:
    """Return text as it may be stored and shown: no control or formatting characters, but line ends."""
    kept = "".join(c for c in text.replace("\r\n", "\n") if c.isprintable() or c == "\n")
    return kept.strip()


def required(text: str, *, name: str) -> str:
    """Return cleaned text; raises `InvalidRequestError` where nothing is left."""
    kept = clean(text)
    if not kept:
        raise InvalidRequestError(f"{name}: say something, blanks alone are not enough")
    return kept
