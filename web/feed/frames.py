"""Binary frames of the live feed: a header of 24 bytes, then columns (docs/live-feed.md)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

_HEADER: Final = struct.Struct("<BBHIIId")
HEADER_BYTES: Final = 24
MAX_COLUMNS: Final = 65_536
_U32: Final = 0xFFFF_FFFF


class FrameKind(IntEnum):
    """What the rows of a frame are."""

    FULL = 1
    DELTA = 2
    SERIES = 3


class FrameFlag(IntEnum):
    """What is special about a frame."""

    NONE = 0
    ROWS_LEFT_OUT = 1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Body:
    """The columns of a frame, encoded once for all clients that get the same."""

    kind: FrameKind
    n: int
    columns: bytes
    flag: FrameFlag = FrameFlag.NONE


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Frame:
    """A decoded frame; `column` is None in a full frame, where row number = column number."""

    kind: FrameKind
    flag: FrameFlag
    id: int
    seq: int
    server_ms: float
    value: NDArray[np.float64]
    source_ms: NDArray[np.float64]
    column: NDArray[np.uint16] | None
    quality: NDArray[np.uint8]


def full_body(
    *,
    value: NDArray[np.float64],
    source_ms: NDArray[np.float64],
    quality: NDArray[np.uint8],
) -> Body:
    """Encode every column of a view."""
    parts = (value.astype("<f8"), source_ms.astype("<f8"), quality.astype(np.uint8))
    return Body(
        kind=FrameKind.FULL, n=len(value), columns=b"".join(part.tobytes() for part in parts)
    )


def rows_body(
    kind: FrameKind,
    *,
    value: NDArray[np.float64],
    source_ms: NDArray[np.float64],
    column: NDArray[np.integer],
    quality: NDArray[np.uint8],
    flag: FrameFlag = FrameFlag.NONE,
) -> Body:
    """Encode rows that name their column: a delta or a series."""
    parts = (
        value.astype("<f8").tobytes(),
        source_ms.astype("<f8").tobytes(),
        column.astype("<u2").tobytes(),
        quality.astype(np.uint8).tobytes(),
    )
    return Body(kind=kind, n=len(value), columns=b"".join(parts), flag=flag)


def encode(body: Body, *, id: int, seq: int, server_ms: float) -> bytes:  # noqa: A002 - the protocol's word
    """Return a whole frame for one subscription."""
    header = _HEADER.pack(body.kind, body.flag, id, body.n, seq & _U32, 0, server_ms)
    return header + body.columns


def decode(message: bytes) -> Frame:
    """Return what a frame holds; raises `ValueError` where it is not one."""
    kind, flag, sub, n, seq, _, server_ms = _HEADER.unpack_from(message)
    row_bytes = 17 if kind == FrameKind.FULL else 19
    if len(message) != HEADER_BYTES + n * row_bytes:
        msg = f"{len(message)} bytes are no frame of kind {kind} with {n} rows"
        raise ValueError(msg)
    at = HEADER_BYTES + 16 * n
    indexed = kind != FrameKind.FULL
    return Frame(
        kind=FrameKind(kind),
        flag=FrameFlag(flag),
        id=sub,
        seq=seq,
        server_ms=server_ms,
        value=np.frombuffer(message, "<f8", n, HEADER_BYTES),
        source_ms=np.frombuffer(message, "<f8", n, HEADER_BYTES + 8 * n),
        column=np.frombuffer(message, "<u2", n, at) if indexed else None,
        quality=np.frombuffer(message, np.uint8, n, at + (2 * n if indexed else 0)),
    )
