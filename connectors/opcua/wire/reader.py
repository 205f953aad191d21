"""A bounds-checked cursor over the bytes of one message."""

from __future__ import annotations

import struct
from typing import Final

UNIX_EPOCH_TICKS: Final = 116_444_736_000_000_000
"""1970-01-01 as OPC UA counts: 100 ns ticks since 1601-01-01."""

MAX_DEPTH: Final = 8

_U16: Final = struct.Struct("<H")
_U32: Final = struct.Struct("<I")
_I32: Final = struct.Struct("<i")
_I64: Final = struct.Struct("<q")


class DecodeError(ValueError):
    """The bytes are not what the standard says; nothing was read from them."""


class Reader:
    """Reads OPC UA's built-in types in order; every read past the end raises `DecodeError`."""

    __slots__ = ("data", "end", "pos")

    def __init__(self, data: bytes, pos: int = 0, end: int | None = None) -> None:
        self.data = data
        self.pos = pos
        self.end = len(data) if end is None else end

    @property
    def left(self) -> int:
        """Bytes that have not been read."""
        return self.end - self.pos

    def skip(self, size: int) -> int:
        """Move over `size` bytes and return where they begin."""
        start = self.pos
        if size < 0 or size > self.end - start:
            msg = f"{size} bytes wanted at {start}, {self.end - start} left"
            raise DecodeError(msg)
        self.pos = start + size
        return start

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        start = self.skip(size)
        return self.data[start : self.pos]

    def u8(self) -> int:
        """Return a Byte."""
        return self.data[self.skip(1)]

    def u16(self) -> int:
        """Return a UInt16."""
        return int(_U16.unpack_from(self.data, self.skip(2))[0])

    def u32(self) -> int:
        """Return a UInt32."""
        return int(_U32.unpack_from(self.data, self.skip(4))[0])

    def i32(self) -> int:
        """Return an Int32."""
        return int(_I32.unpack_from(self.data, self.skip(4))[0])

    def i64(self) -> int:
        """Return an Int64."""
        return int(_I64.unpack_from(self.data, self.skip(8))[0])

    def count(self, smallest: int) -> int | None:
        """Return an array's length, or None for a null array; `smallest` is the fewest bytes an element takes."""
        n = self.i32()
        if n == -1:
            return None
        if n < 0 or n * smallest > self.left:
            msg = f"an array of {n} elements cannot stand in {self.left} bytes"
            raise DecodeError(msg)
        return n

    def blob(self) -> bytes | None:
        """Return a ByteString, or None where it is null."""
        n = self.count(1)
        return None if n is None else self.take(n)

    def node_id(self) -> str:
        """Return a NodeId or ExpandedNodeId as text, by index as the server wrote it."""
        encoding = self.u8()
        kind = encoding & 0x3F
        if kind == 0:
            text = f"i={self.u8()}"
        elif kind == 1:
            text = f"ns={self.u8()};i={self.u16()}"
        elif kind == 2:
            text = f"ns={self.u16()};i={self.u32()}"
        elif kind == 3:
            text = f"ns={self.u16()};s={(self.blob() or b'').decode(errors='replace')}"
        elif kind == 4:
            text = f"ns={self.u16()};g={self.take(16).hex()}"
        elif kind == 5:
            text = f"ns={self.u16()};b={(self.blob() or b'').hex()}"
        else:
            msg = f"node id of unknown kind {kind} at {self.pos - 1}"
            raise DecodeError(msg)
        if encoding & 0x80:
            text = f"nsu={(self.blob() or b'').decode(errors='replace')};{text}"
        if encoding & 0x40:
            text = f"svr={self.u32()};{text}"
        return text

    def type_id(self) -> int | None:
        """Return the number of a numeric node id of namespace 0, None for any other node id."""
        encoding = self.u8()
        if encoding == 0:
            return self.u8()
        if encoding == 1:
            namespace, number = self.u8(), self.u16()
            return number if namespace == 0 else None
        if encoding == 2:
            namespace, number = self.u16(), self.u32()
            return number if namespace == 0 else None
        self.pos -= 1
        self.node_id()
        return None

    def diagnostic_info(self, depth: int = 0) -> None:
        """Move over a DiagnosticInfo."""
        if depth > MAX_DEPTH:
            msg = "diagnostic info nested too deep"
            raise DecodeError(msg)
        mask = self.u8()
        if mask & 0x80:
            msg = f"diagnostic info with unknown mask 0x{mask:02X}"
            raise DecodeError(msg)
        self.skip(4 * (mask & 0x0F).bit_count())
        if mask & 0x10:
            self.blob()
        if mask & 0x20:
            self.skip(4)
        if mask & 0x40:
            self.diagnostic_info(depth + 1)

    def extension(self) -> tuple[int | None, bytes]:
        """Return an ExtensionObject's type and body; the body is empty where there is none."""
        kind = self.type_id()
        encoding = self.u8()
        if encoding > 2:
            msg = f"extension object with unknown encoding {encoding}"
            raise DecodeError(msg)
        return kind, (self.blob() or b"") if encoding else b""
