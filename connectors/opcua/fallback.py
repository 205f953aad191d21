"""What our decoder refuses, read by the library's within bounds, or refused for good.

The frame of an item (handle, mask, status, times and their picoseconds, which the library takes in the wrong order)
is read here; the library reads the value. An answer counts only where it ends exactly where the notification ends:
one that was misread on the way does not.
"""

from __future__ import annotations

import json
import struct
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Self

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua import ua_binary
from asyncua.ua.uaerrors import UaError

from connectors.opcua.decode import EXACT, Changes, time_ns
from connectors.opcua.wire.library import harden
from connectors.opcua.wire.reader import DecodeError, Reader
from connectors.opcua.wire.variant import ARRAY_BIT, Held, Unreadable, type_name

MAX_BYTES: Final = 1_048_576
"""A notification of 10,000 numbers has 300 kB."""
BUDGET_S: Final = 0.1
"""For one notification: the event loop stands still meanwhile."""

LIBRARY_RAISES: Final = (
    UaError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, struct.error, RecursionError,
)  # fmt: skip
"""What the library raises for bytes that it cannot read."""

Monotonic = Callable[[], float]


class _Timed(Buffer):
    """The library's buffer with a deadline, looked at with every read."""

    def __init__(
        self, data: bytes, pos: int, size: int, *, until_s: float, now_s: Monotonic
    ) -> None:
        super().__init__(data, pos, size)
        self._until_s = until_s
        self._now_s = now_s

    def read(self, size: int) -> bytes:
        """Return the next bytes; raises `DecodeError` past the deadline."""
        if self._now_s() > self._until_s:
            msg = f"the library needs more than {BUDGET_S:g} s"
            raise DecodeError(msg)
        return super().read(size)

    def copy(self, size: int = -1) -> Self:
        """Return a view of the next bytes with the same deadline."""
        size = len(self) if size < 0 else min(size, len(self))
        return type(self)(self._data, self.cur_pos, size, until_s=self._until_s, now_s=self._now_s)


class _Values:
    """Reads values of the library's from where our reader stands."""

    def __init__(self, reader: Reader, now_s: Monotonic) -> None:
        self._reader = reader
        self._now_s = now_s
        self._until_s = now_s() + BUDGET_S

    def take(self, unpack: Callable[[Buffer], Any]) -> Any:
        """Return one value and move on behind it; raises `DecodeError`."""
        reader = self._reader
        data = _Timed(
            reader.data, reader.pos, reader.left, until_s=self._until_s, now_s=self._now_s
        )
        try:
            value = unpack(data)
        except DecodeError:
            raise
        except LIBRARY_RAISES as error:
            msg = f"nor by the library: {type(error).__name__}: {error}"
            raise DecodeError(msg) from error
        reader.pos = data.cur_pos
        return value


def decode_by_library(body: bytes, now_s: Monotonic) -> Changes:
    """Return the changes in the body of a DataChangeNotification; raises `DecodeError`.

    `now_s` is a monotonic clock in seconds.
    """
    if len(body) > MAX_BYTES:
        msg = f"{len(body)} bytes are too many for the library"
        raise DecodeError(msg)
    harden()
    reader = Reader(body)
    values = _Values(reader, now_s)
    n = reader.count(5) or 0
    changes = Changes.of(n)
    for row in range(n):
        _item(reader, values, changes, row)
    for _ in range(reader.count(1) or 0):
        values.take(lambda data: ua_binary.struct_from_binary(ua.DiagnosticInfo, data))
    if reader.left:
        msg = f"{reader.left} bytes follow the notification's end"
        raise DecodeError(msg)
    return changes


def _item(reader: Reader, values: _Values, changes: Changes, row: int) -> None:
    changes.handle[row] = reader.u32()
    mask = reader.u8()
    if mask & 0x01:
        kind, value = _of(values.take(ua_binary.variant_from_binary))
        changes.type[row] = kind if value is not None else 0
        if isinstance(value, float):
            changes.value[row] = value
        elif value is not None:
            changes.held[row] = value
            if isinstance(value, int):
                changes.value[row] = float(value)
    if mask & 0x02:
        changes.status[row] = reader.u32()
    for bit, fraction_bit, column in (
        (0x04, 0x10, changes.source_ns),
        (0x08, 0x20, changes.server_ns),
    ):
        ticks = reader.i64() if mask & bit else 0
        column[row] = time_ns(ticks, reader.u16() if mask & fraction_bit else 0)


def _of(variant: ua.Variant) -> tuple[int, float | Held | None]:
    """Return what our own decoder makes of such a value: built-in type and value."""
    kind, value = int(variant.VariantType.value), variant.Value
    if not variant.is_array:
        return kind, _scalar(kind, value)
    if value is None:
        return kind | ARRAY_BIT, None
    flat = list(ua.flatten(value) or ())
    if 1 <= kind <= 11:
        return kind | ARRAY_BIT, tuple(float(each) for each in flat)
    if kind == 12 and all(each is None or _is_text(each) for each in flat):
        return kind | ARRAY_BIT, json.dumps(flat, ensure_ascii=False)
    return kind | ARRAY_BIT, Unreadable(f"array of {type_name(kind)}")


def _scalar(kind: int, value: Any) -> float | Held | None:  # noqa: C901 - one branch a type
    if value is None:
        return None
    if isinstance(value, bool | float):
        return float(value)
    if isinstance(value, int):
        return value if abs(value) > EXACT else float(value)
    if isinstance(value, ua.LocalizedText):
        value = value.Text
        return None if value is None else _text(value)
    if isinstance(value, ua.QualifiedName):
        name = _text(value.Name or "")
        return f"{value.NamespaceIndex}:{name}" if isinstance(name, str) else name
    if isinstance(value, ua.StatusCode):
        return float(value.value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S.%f}0Z"
    if isinstance(value, bytes) and kind == 15:
        return f"0x{value.hex()}"
    if isinstance(value, uuid.UUID | ua.NodeId):
        return str(value) if isinstance(value, uuid.UUID) else str(value.to_string())
    return Unreadable(type_name(kind))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and isinstance(_text(value), str)


def _text(value: str) -> str | Unreadable:
    """Return text; the library keeps bytes that are no UTF-8 as lone surrogates, which no store takes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return Unreadable("text that is not UTF-8")
    return value
