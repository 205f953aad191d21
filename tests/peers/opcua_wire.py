"""Writes notifications as OPC 10000-6 says, so that our decoder and the library's can be asked the same."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from asyncua import ua
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.ua_binary import variant_to_binary
from asyncua.ua.uaerrors import UaStatusCodeError


def status_error(name: str) -> UaStatusCodeError:
    """Return the library's error for a status code by its name."""
    make: Callable[[int], UaStatusCodeError] = UaStatusCodeError
    return make(getattr(StatusCodes, name))


@dataclass(frozen=True)
class Item:
    """One monitored item's change; times in 100 ns ticks since 1601, parts in 10 ps; None is left out."""

    handle: int
    variant: ua.Variant | None = None
    status: int | None = None
    source: int | None = None
    source_ps: int | None = None
    server: int | None = None
    server_ps: int | None = None

    def encode(self) -> bytes:
        body = bytearray(variant_to_binary(self.variant) if self.variant is not None else b"")
        mask = 1 if self.variant is not None else 0
        for bit, form, value in (
            (2, "<I", self.status),
            (4, "<q", self.source),
            (16, "<H", self.source_ps),
            (8, "<q", self.server),
            (32, "<H", self.server_ps),
        ):
            if value is not None:
                mask |= bit
                body += struct.pack(form, value)
        return struct.pack("<IB", self.handle, mask) + bytes(body)


def notification(items: list[Item]) -> bytes:
    """Return the body of a DataChangeNotification without diagnostics."""
    return struct.pack("<i", len(items)) + b"".join(i.encode() for i in items) + b"\xff\xff\xff\xff"


def publish_response(
    bodies: list[bytes],
    *,
    subscription: int = 7,
    sequence: int = 1,
    kind: int = 811,
    available: Sequence[int] = (),
) -> bytes:
    """Return a PublishResponse around bodies of data changes; without bodies it is a keep-alive."""
    time = 132_000_000_000_000_000
    head = struct.pack("<BBHqIIBiBBB", 1, 0, 829, time, 1, 0, 0, -1, 0, 0, 0)
    head += struct.pack(f"<Ii{len(available)}I", subscription, len(available), *available)
    head += struct.pack("<BIqi", 0, sequence, time, len(bodies))
    for body in bodies:
        head += struct.pack("<BBHBi", 1, 0, kind, 1, len(body)) + body
    return head + struct.pack("<ii", -1, -1)
