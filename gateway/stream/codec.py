"""Batches as bytes: columnar, versioned, checksummed.

Layout, little-endian: header (magic `TB`, version, flags, rows, side bytes), the columns each as wide as its
values need, the side values, CRC-32 of all that. Received time and quality stand once where all rows agree;
source times are 32-bit offsets from the smallest where they fit.
"""

from __future__ import annotations

import struct
import zlib
from enum import IntFlag
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gateway.errors import TaktlineError
from gateway.model import SampleBatch, SideValue

VERSION: Final = 1
_MAGIC: Final = b"TB"
_HEADER: Final = struct.Struct("<2sBBII")
_SIDE: Final = struct.Struct("<IBI")
_INT64: Final = struct.Struct("<q")
_UINT32: Final = struct.Struct("<I")
_OFFSET_LIMIT: Final = 2**32
_TEXT, _INTEGER, _ARRAY = 0, 1, 2


class CorruptBatchError(TaktlineError):
    """These bytes are not a batch as it was written: keep them aside, do not use them."""


class _Flag(IntFlag):
    ONE_RECEIVED = 1
    ONE_QUALITY = 2
    SHORT_SIGNAL = 4
    SHORT_SOURCE = 8


def encode(batch: SampleBatch) -> bytes:
    """Return the batch as bytes; its sequence number is not part of them."""
    flags = _Flag(0)
    columns: list[bytes] = []
    if len(batch):
        signal, flags = _signal(batch.signal, flags)
        source, flags = _source(batch.source_ns, flags)
        columns += [signal, *source]
        if (batch.received_ns == batch.received_ns[0]).all():
            flags |= _Flag.ONE_RECEIVED
            columns.append(_INT64.pack(int(batch.received_ns[0])))
        else:
            columns.append(batch.received_ns.astype("<i8", copy=False).tobytes())
        columns.append(batch.value.astype("<f8", copy=False).tobytes())
        if (batch.quality == batch.quality[0]).all():
            flags |= _Flag.ONE_QUALITY
            columns.append(_UINT32.pack(int(batch.quality[0])))
        else:
            columns.append(batch.quality.astype("<u4", copy=False).tobytes())
    side = b"".join(_side_entry(row, batch.side[row]) for row in sorted(batch.side))
    body = b"".join(
        [_HEADER.pack(_MAGIC, VERSION, flags.value, len(batch), len(side)), *columns, side]
    )
    return body + _UINT32.pack(zlib.crc32(body))


def decode(data: bytes, *, seq: int = 0) -> SampleBatch:
    """Return the batch in these bytes, numbered `seq`; raises `CorruptBatchError` for any damage."""
    if len(data) < _HEADER.size + _UINT32.size:
        msg = f"{len(data)} bytes are too few for a batch"
        raise CorruptBatchError(msg)
    body = memoryview(data)[: -_UINT32.size]
    if zlib.crc32(body) != _UINT32.unpack_from(data, len(body))[0]:
        msg = f"checksum does not match over {len(body)} bytes"
        raise CorruptBatchError(msg)
    magic, version, flags, rows, side_bytes = _HEADER.unpack_from(body)
    if magic != _MAGIC or version != VERSION:
        msg = f"not a batch of version {VERSION}: {magic!r} {version}"
        raise CorruptBatchError(msg)
    reader = _Reader(body, rows)
    try:
        return reader.batch(_Flag(flags), side_bytes, seq)
    except (struct.error, ValueError) as exc:
        msg = f"columns do not fit the header: {exc}"
        raise CorruptBatchError(msg) from exc


class _Reader:
    """Walks over the columns of one batch."""

    def __init__(self, body: memoryview, rows: int) -> None:
        self._body = body
        self._rows = rows
        self._at = _HEADER.size

    def batch(self, flags: _Flag, side_bytes: int, seq: int) -> SampleBatch:
        if self._rows == 0:
            signal = np.empty(0, np.int32)
            source = received = np.empty(0, np.int64)
            value, quality = np.empty(0, np.float64), np.empty(0, np.uint32)
        else:
            signal = self._column("<u2" if _Flag.SHORT_SIGNAL in flags else "<i4").astype(
                np.int32, copy=False
            )
            source = self._source(flags)
            if _Flag.ONE_RECEIVED in flags:
                received = np.full(self._rows, self._one(_INT64), np.int64)
            else:
                received = self._column("<i8")
            value = self._column("<f8")
            if _Flag.ONE_QUALITY in flags:
                quality = np.full(self._rows, self._one(_UINT32), np.uint32)
            else:
                quality = self._column("<u4")
        end = self._at + side_bytes
        if end != len(self._body):
            msg = f"{len(self._body)} bytes where {end} were expected"
            raise ValueError(msg)
        side = MappingProxyType(self._side() if side_bytes else {})
        return SampleBatch(signal, source, received, value, quality, side, seq)

    def _source(self, flags: _Flag) -> NDArray[np.int64]:
        if _Flag.SHORT_SOURCE not in flags:
            return self._column("<i8")
        base = self._one(_INT64)
        offsets: NDArray[np.int64] = self._column("<u4").astype(np.int64)
        offsets += base
        return offsets

    def _column(self, kind: str) -> NDArray[Any]:
        column: NDArray[Any] = np.frombuffer(self._body, kind, self._rows, self._at)
        self._at += column.nbytes
        return column

    def _one(self, layout: struct.Struct) -> int:
        value = int(layout.unpack_from(self._body, self._at)[0])
        self._at += layout.size
        return value

    def _side(self) -> dict[int, SideValue]:
        side: dict[int, SideValue] = {}
        while self._at < len(self._body):
            row, kind, size = _SIDE.unpack_from(self._body, self._at)
            start = self._at + _SIDE.size
            self._at = start + size
            if self._at > len(self._body) or row >= self._rows:
                msg = f"side value of row {row} lies outside"
                raise ValueError(msg)
            side[row] = _side_value(kind, bytes(self._body[start : self._at]))
        return side


def _signal(column: NDArray[np.int32], flags: _Flag) -> tuple[bytes, _Flag]:
    short = column.astype("<u2")
    if (short == column).all():
        return short.tobytes(), flags | _Flag.SHORT_SIGNAL
    return column.astype("<i4", copy=False).tobytes(), flags


def _source(column: NDArray[np.int64], flags: _Flag) -> tuple[list[bytes], _Flag]:
    low, high = int(column.min()), int(column.max())
    if high - low < _OFFSET_LIMIT:
        offsets = (column - low).astype("<u4")
        return [_INT64.pack(low), offsets.tobytes()], flags | _Flag.SHORT_SOURCE
    return [column.astype("<i8", copy=False).tobytes()], flags


def _side_entry(row: int, value: SideValue) -> bytes:
    if isinstance(value, str):
        kind, data = _TEXT, value.encode("utf-8", "surrogatepass")
    elif isinstance(value, int):
        size = value.bit_length() // 8 + 1
        kind, data = _INTEGER, int(value).to_bytes(size, "little", signed=True)
    else:
        kind, data = _ARRAY, np.asarray(value, "<f8").tobytes()
    return _SIDE.pack(row, kind, len(data)) + data


def _side_value(kind: int, data: bytes) -> SideValue:
    if kind == _TEXT:
        return data.decode("utf-8", "surrogatepass")
    if kind == _INTEGER:
        return int.from_bytes(data, "little", signed=True)
    if kind == _ARRAY:
        return tuple(np.frombuffer(data, "<f8").tolist())
    msg = f"unknown kind of side value {kind}"
    raise ValueError(msg)
