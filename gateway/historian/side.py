"""Text, big integers and arrays as one string that gives back exactly what went in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gateway.errors import StorageError
from gateway.model import SideValue


def pack(value: SideValue) -> str:
    """Return a string whose first letter is the kind (t text, i integer, a array) and whose rest is the value."""
    if isinstance(value, str):
        return "t" + value
    if isinstance(value, int):
        return f"i{value}"
    return "a" + ",".join(repr(float(number)) for number in value)


def unpack(packed: str) -> SideValue:
    """Return what `pack` was given; raises `StorageError` for anything that `pack` did not write."""
    kind, rest = packed[:1], packed[1:]
    try:
        if kind == "t":
            return rest
        if kind == "i":
            return int(rest)
        if kind == "a":
            return tuple(float(number) for number in rest.split(",")) if rest else ()
    except ValueError as error:
        raise StorageError(f"unreadable side value {packed[:80]!r}") from error
    raise StorageError(f"unknown kind of side value {packed[:80]!r}")


def unpack_column(packed: NDArray[np.object_]) -> Mapping[int, SideValue]:
    """Return the side values of a column that holds None where a row has none."""
    if isinstance(packed, np.ma.MaskedArray):
        present = np.flatnonzero(~np.ma.getmaskarray(packed)).tolist()
    else:
        present = [row for row, text in enumerate(packed.tolist()) if text is not None]
    return MappingProxyType({row: unpack(str(packed[row])) for row in present})
