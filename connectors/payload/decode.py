"""Strict, bounded JSON: what it returns is finite, valid UTF-8 and not deeper than asked."""

from __future__ import annotations

from typing import Any

import orjson

from connectors.payload.errors import PayloadError
from gateway.model import DataType


def decode_json(payload: bytes, *, max_bytes: int, max_depth: int) -> Any:
    """Return the decoded document of plain Python values.

    Refuses NaN and infinite numbers, invalid UTF-8, more than `max_bytes` bytes and containers nested deeper than
    `max_depth`. Of duplicate keys the last one counts (as in RFC 8259's common practice); integers beyond 64 bits
    come as floats. Raises `PayloadError`, never `RecursionError`.
    """
    if len(payload) > max_bytes:
        raise PayloadError(f"payload of {len(payload)} bytes, at most {max_bytes} are allowed")
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise PayloadError(_reason(payload, error)) from None
    # Every level needs a bracket: where there are few brackets, the exact depth cannot matter.
    if payload.count(b"{") + payload.count(b"[") > max_depth and _deeper(document, max_depth):
        raise PayloadError(f"JSON is nested deeper than {max_depth} levels")
    return document


def _reason(payload: bytes, error: orjson.JSONDecodeError) -> str:
    if not payload:
        return "payload is empty"
    if "UTF-8" in error.msg and "BOM" not in error.msg:
        return "payload is not valid UTF-8"
    return f"payload is not JSON: {error.msg} at character {error.pos}"


def _deeper(document: Any, max_depth: int) -> bool:
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(max_depth):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner.extend(value.values())
            elif isinstance(value, list):
                inner.extend(value)
        level = [value for value in inner if isinstance(value, dict | list)]
        if not level:
            return False
    return True


def decode_value(payload: bytes, *, data_type: DataType, max_bytes: int, max_depth: int) -> Any:
    """Return the one value that a whole payload is: an array by JSON, anything else as its text.

    Numbers and booleans stay text here; the declared data type decides what they are. A text in JSON's quotes is
    taken out of them. Raises `PayloadError`.
    """
    quoted = len(payload) > 1 and payload[:1] == payload[-1:] == b'"'
    if data_type is DataType.ARRAY or quoted:
        return decode_json(payload, max_bytes=max_bytes, max_depth=max_depth)
    if len(payload) > max_bytes:
        raise PayloadError(f"payload of {len(payload)} bytes, at most {max_bytes} are allowed")
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        raise PayloadError("payload is not valid UTF-8") from None
    if not text.strip():
        raise PayloadError("payload is empty")
    return text
