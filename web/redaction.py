"""What of a request may be written down: the audit never holds a secret."""

from __future__ import annotations

from typing import Any, Final

import orjson

_SECRET_WORDS: Final = ("password", "secret", "token", "code", "key", "credential", "nonce")
_MAX_BYTES: Final = 4096


def told(query: str, body: bytes) -> str:
    """Return query and body as JSON text with the values of secret-sounding names left out."""
    document: dict[str, Any] = {}
    if query:
        document["query"] = query[:1000]
    if len(body) > _MAX_BYTES:
        document["body_bytes"] = len(body)
    elif body:
        try:
            document["body"] = _hidden(orjson.loads(body))
        except orjson.JSONDecodeError:
            document["body_bytes"] = len(body)
    return orjson.dumps(document).decode()


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "***" if any(word in name.casefold() for word in _SECRET_WORDS) else _hidden(each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_hidden(each) for each in value]
    return value
