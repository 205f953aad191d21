"""Bounds for the library's decoder, which believes every length that a server claims.

By its source it would build a list of 2**31 nothings from an array of elements without bytes, step backwards over a
negative length, and pad an array to a million elements that its dimensions claim. All of it is reachable from any
answer of a server (a Read as well as a notification), so the bounds are put into the library itself, once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any, Final

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua import ua_binary
from asyncua.ua.uaerrors import UaError

Element = Callable[[Any], Any]
_CACHES: Final = (
    "_create_uatype_array_deserializer",
    "_create_list_deserializer",
    "_create_type_deserializer",
    "_create_dataclass_deserializer",
)


_PLAIN_ARRAY: Final[Callable[[ua.VariantType], Element]] = (
    ua_binary._create_uatype_array_deserializer  # noqa: SLF001 - what is bounded here has no public name
)
_PLAIN_RESHAPE: Final[Callable[[list[Any], list[int]], list[Any]]] = ua_binary._reshape  # noqa: SLF001
_PLAIN_READ: Final = Buffer.read
_PLAIN_SKIP: Final = Buffer.skip


@cache
def harden() -> None:
    """Put the bounds in place; from then on what exceeds them raises `UaError`. A second call does nothing."""
    for name in _CACHES:
        getattr(ua_binary, name).cache_clear()
    for owner, name, bounded in (
        (Buffer, "read", _read),
        (Buffer, "skip", _skip),
        (ua_binary, "_create_uatype_array_deserializer", _array_of),
        (ua_binary, "_create_list_deserializer", _list_of),
        (ua_binary, "_reshape", _reshape),
    ):
        setattr(owner, name, bounded)


def _read(self: Buffer, size: int) -> bytes:
    if size < 0:
        raise UaError(f"{size} bytes wanted")
    return _PLAIN_READ(self, size)


def _skip(self: Buffer, size: int) -> None:
    if size < 0:
        raise UaError(f"{size} bytes to pass over")
    _PLAIN_SKIP(self, size)


@cache
def _array_of(vtype: ua.VariantType) -> Element:
    if hasattr(ua_binary.Primitives1, vtype.name):
        return _PLAIN_ARRAY(vtype)  # its bytes are taken at once, so that they must be there
    return _sequence(lambda: ua_binary._create_uatype_deserializer(vtype))  # noqa: SLF001 - as above


@cache
def _list_of(uatype: Any) -> Element:
    return _sequence(lambda: _element_of(uatype, type(None)))


def _element_of(uatype: Any, owner: Any) -> Element:
    return ua_binary._create_type_deserializer(uatype, owner)  # noqa: SLF001 - as above


def _reshape(flat: list[Any], dims: list[int] | None) -> list[Any]:
    if not dims or not flat:
        return flat
    if prod(max(size, 1) for size in dims) > len(flat):
        raise UaError(f"dimensions {dims[:8]} of an array of {len(flat)} elements")
    return _PLAIN_RESHAPE(flat, dims)


def _sequence(make: Callable[[], Element]) -> Element:
    """Return a reader of arrays: no longer than the bytes at hand, each element of one byte at least."""
    found: list[Element] = []

    def read(data: Buffer) -> list[Any] | None:
        length = ua_binary.Primitives.Int32.unpack(data)
        if length == -1:
            return None
        if not 0 <= length <= len(data):
            raise UaError(f"an array of {length} elements cannot stand in {len(data)} bytes")
        if not found:
            found.append(make())  # not before, because types may hold lists of each other
        values = []
        for _ in range(length):
            left = len(data)
            values.append(found[0](data))
            if len(data) >= left:
                raise UaError("an array of elements without bytes")
        return values

    return read
