"""One Variant of any type, walked element by element: the slow path for what no column holds."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import numpy as np

from connectors.opcua.wire.reader import MAX_DEPTH, UNIX_EPOCH_TICKS, DecodeError, Reader

ARRAY_BIT: Final = 0x80
NUMBER_FORMATS: Final = {
    1: "u1", 2: "i1", 3: "u1", 4: "<i2", 5: "<u2", 6: "<i4", 7: "<u4", 8: "<i8", 9: "<u8",
    10: "<f4", 11: "<f8",
}  # fmt: skip
"""Built-in type number to its bytes: Boolean, SByte, Byte, Int16 … UInt64, Float, Double."""

TYPE_NAMES: Final = (
    "nothing", "Boolean", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64",
    "Float", "Double", "String", "DateTime", "Guid", "ByteString", "XmlElement", "NodeId",
    "ExpandedNodeId", "StatusCode", "QualifiedName", "LocalizedText", "ExtensionObject", "DataValue",
    "Variant", "DiagnosticInfo",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that arrived whole but that no signal can hold, and why."""

    reason: str


Held: TypeAlias = "str | int | tuple[float, ...] | Unreadable"
Scalar: TypeAlias = "float | Held | None"


def type_name(code: int) -> str:
    """Return the words for a type number with its array bit."""
    plain = code & 0x3F
    name = TYPE_NAMES[plain] if plain < len(TYPE_NAMES) else f"reserved type {plain}"
    return f"array of {name}" if code & ARRAY_BIT else name


def ticks_text(ticks: int) -> str:
    """Return a DateTime as ISO 8601 text with seven decimals; both ends of its range mean 'none' and are empty."""
    if ticks <= 0 or ticks >= 2_650_467_743_990_000_000:
        return ""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        microseconds=(ticks - UNIX_EPOCH_TICKS) // 10
    )
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ticks % 10_000_000:07d}Z"


def read_variant(reader: Reader, depth: int = 0) -> tuple[int, Scalar]:
    """Return the type (with `ARRAY_BIT`) and value of the Variant that follows; raises `DecodeError`."""
    encoding = reader.u8()
    kind = encoding & 0x3F
    if depth > MAX_DEPTH:
        msg = "variants nested too deep"
        raise DecodeError(msg)
    if encoding & 0x40 and not encoding & ARRAY_BIT:
        msg = f"variant encoding 0x{encoding:02X} has dimensions without an array"
        raise DecodeError(msg)
    if not encoding & ARRAY_BIT:
        return kind, _scalar(reader, kind, depth)
    value = _array(reader, kind, depth)
    if encoding & 0x40:
        reader.skip(4 * (reader.count(4) or 0))
    return kind | ARRAY_BIT, value


def _scalar(reader: Reader, kind: int, depth: int) -> Scalar:
    if kind == 0:
        return None
    number = NUMBER_FORMATS.get(kind)
    if number is not None:
        size = np.dtype(number).itemsize
        plain = np.frombuffer(reader.take(size), number)[0].item()
        if kind == 1:
            return float(plain != 0)
        return plain if isinstance(plain, int) and abs(plain) > 2**53 else float(plain)
    walk = _WALKS.get(kind)
    if walk is not None:
        return walk(reader, depth)
    if kind > 25:
        reader.blob()
        return Unreadable(type_name(kind))
    msg = f"variant of unknown type {kind}"
    raise DecodeError(msg)


def _array(reader: Reader, kind: int, depth: int) -> Scalar:
    number = NUMBER_FORMATS.get(kind)
    if kind == 0:
        # An element of no bytes has no bound: a length of 2**31 would be accepted.
        msg = "array of nothing"
        raise DecodeError(msg)
    if number is None:
        return _walked_array(reader, kind, depth)
    size = np.dtype(number).itemsize
    n = reader.count(size)
    if n is None:
        return None
    column = np.frombuffer(reader.take(n * size), number)
    if kind == 1:
        column = (column != 0).astype("u1")
    return tuple(column.astype(np.float64).tolist())


def _walked_array(reader: Reader, kind: int, depth: int) -> Scalar:
    n = reader.count(1)
    if n is None:
        return None
    held = [_element(reader, kind, depth) for _ in range(n)]
    if kind == 12 and not any(isinstance(text, Unreadable) for text in held):
        return json.dumps(held, ensure_ascii=False)
    return Unreadable(f"array of {type_name(kind)}")


def _element(reader: Reader, kind: int, depth: int) -> Scalar:
    return _scalar(reader, kind, depth + 1)


def _text(reader: Reader, _depth: int) -> Held | None:
    raw = reader.blob()
    if raw is None:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return Unreadable("text that is not UTF-8")


def _hexadecimal(reader: Reader, _depth: int) -> Held | None:
    raw = reader.blob()
    return None if raw is None else f"0x{raw.hex()}"


def _localized(reader: Reader, depth: int) -> Held | None:
    mask = reader.u8()
    if mask & ~3:
        msg = f"localized text with unknown mask 0x{mask:02X}"
        raise DecodeError(msg)
    if mask & 1:
        reader.blob()
    return _text(reader, depth) if mask & 2 else None


def _qualified(reader: Reader, depth: int) -> Held | None:
    namespace = reader.u16()
    name = _text(reader, depth)
    return f"{namespace}:{name}" if isinstance(name, str) else name


def _structure(reader: Reader, _depth: int) -> Held | None:
    kind, _ = reader.extension()
    return Unreadable(f"structure of type i={kind}" if kind else "structure")


def _data_value(reader: Reader, depth: int) -> Held | None:
    mask = reader.u8()
    if mask & 1:
        read_variant(reader, depth + 1)
    for bit, size in ((2, 4), (4, 8), (16, 2), (8, 8), (32, 2)):
        reader.skip(size if mask & bit else 0)
    return Unreadable("DataValue")


def _variant(reader: Reader, depth: int) -> Held | None:
    read_variant(reader, depth + 1)
    return Unreadable("Variant")


def _diagnostic(reader: Reader, _depth: int) -> Held | None:
    reader.diagnostic_info()
    return Unreadable("DiagnosticInfo")


_WALKS: Final[dict[int, Callable[[Reader, int], Scalar]]] = {
    12: _text,
    13: lambda reader, _: ticks_text(reader.i64()),
    14: lambda reader, _: str(uuid.UUID(bytes_le=reader.take(16))),
    15: _hexadecimal,
    16: _text,
    17: lambda reader, _: reader.node_id(),
    18: lambda reader, _: reader.node_id(),
    19: lambda reader, _: float(reader.u32()),
    20: _qualified,
    21: _localized,
    22: _structure,
    23: _data_value,
    24: _variant,
    25: _diagnostic,
}
