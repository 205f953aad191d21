"""MQTT packets out of a stream of bytes: publishes taken apart here, everything else handed on whole."""

from __future__ import annotations

from typing import Final, NamedTuple

from gateway.errors import TaktlineError

PUBLISH: Final = 0x30
MAPPED_ID: Final = 1
LISTEN_ID: Final = 2
"""Subscription identifiers of the mappings and of `listen`, as a publish brings them back (MQTT 5)."""

_MAX_CONTROL: Final = 1_048_576
_ROOM: Final = 131_072
"""Bytes before the payload of a publish at most: topic (64 KiB) and properties."""

_FIXED: Final = {0x01: 1, 0x02: 4, 0x23: 2}
_SIZED: Final = {0x03, 0x08, 0x09}
_CORRELATION: Final = 0x09
_SUBSCRIPTION_ID: Final = 0x0B
_USER_PROPERTY: Final = 0x26


class FrameError(TaktlineError):
    """The peer sent what is not MQTT: end the connection."""


class Message(NamedTuple):
    """One publish; `payload` may be cut where `size` (its true length) is beyond what is allowed."""

    topic: bytes
    payload: bytes
    qos: int
    mid: int
    dup: bool
    retain: bool
    received_ns: int
    size: int
    ids: tuple[int, ...]
    correlation: bytes = b""


class Packet(NamedTuple):
    """Any other packet: the first byte, and what follows the length."""

    header: int
    body: bytes


class Framer:
    """Cuts a stream into packets; a payload beyond `max_payload_bytes` is skipped but for its first `kept_bytes`."""

    def __init__(self, *, v5: bool, max_payload_bytes: int, kept_bytes: int) -> None:
        self._v5 = v5
        self._max_whole = max_payload_bytes + _ROOM
        self._kept = kept_bytes + _ROOM
        self.broken: FrameError | None = None
        self._rest = b""
        self._skip = 0

    def feed(self, chunk: bytes, received_ns: int) -> list[Message | Packet]:
        """Return the packets that this chunk completes, in order.

        What is not MQTT sets `broken`; the packets before it are still returned, and nothing after it counts.
        """
        out: list[Message | Packet] = []
        if self.broken is not None:
            return out
        if self._skip:
            skipped = min(self._skip, len(chunk))
            self._skip -= skipped
            chunk = chunk[skipped:]
        try:
            self._cut(self._rest + chunk if self._rest else chunk, received_ns, out)
        except FrameError as error:
            self.broken = error
        return out

    def _cut(self, data: bytes, received_ns: int, out: list[Message | Packet]) -> None:
        v5 = self._v5
        at, end = 0, len(data)
        while end - at >= 2:
            length = data[at + 1]
            start = at + 2
            if length > 127:
                got = varint(data, at + 1, end)
                if got is None:
                    break
                length, start = got
            stop = start + length
            header = data[at]
            if header & 0xF0 != PUBLISH:
                if length > _MAX_CONTROL:
                    raise FrameError(f"a control packet of {length} bytes")
                if stop > end:
                    break
                out.append(Packet(header, data[start:stop]))
            elif stop <= end:
                out.append(publish(header, data, start, stop, received_ns, missing=0, v5=v5))
            elif length > self._max_whole and end - start >= self._kept:
                shown = start + self._kept
                out.append(
                    publish(header, data, start, shown, received_ns, missing=stop - shown, v5=v5)
                )
                self._skip = stop - end
                stop = end
            else:
                break
            at = stop
        self._rest = data[at:]


def publish(
    header: int, data: bytes, start: int, stop: int, received_ns: int, *, missing: int, v5: bool
) -> Message:
    """Return the publish that `data[start:stop]` holds; `missing` bytes of its payload were cut off."""
    qos = (header >> 1) & 3
    topic_end = start + 2 + ((data[start] << 8) | data[start + 1] if stop - start >= 2 else stop)
    at = topic_end + 2 if qos else topic_end
    if at > stop or qos == 3:
        raise FrameError("a malformed PUBLISH packet")
    mid = (data[topic_end] << 8) | data[topic_end + 1] if qos else 0
    ids: tuple[int, ...] = ()
    correlation = b""
    if v5:
        if at < stop and data[at] == 0:
            at += 1
        else:
            ids, correlation, at = _properties(data, at, stop)
    return Message(
        data[start + 2 : topic_end],
        data[at:stop],
        qos,
        mid,
        bool(header & 8),
        bool(header & 1),
        received_ns,
        stop - at + missing,
        ids,
        correlation,
    )


def varint(data: bytes, at: int, end: int) -> tuple[int, int] | None:
    """Return a variable byte integer and where it ends, or None where the data ends before; raises `FrameError`."""
    value = 0
    for shift in (0, 7, 14, 21):
        if at >= end:
            return None
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise FrameError("a length of more than four bytes")


def _properties(data: bytes, at: int, stop: int) -> tuple[tuple[int, ...], bytes, int]:
    """Return a publish's subscription identifiers and correlation data, and where the payload begins."""
    got = varint(data, at, stop)
    end = got[1] + got[0] if got else stop + 1
    if got is None or end > stop:
        raise FrameError("properties longer than their packet")
    ids: list[int] = []
    correlation = b""
    at = got[1]
    while at < end:
        kind = data[at]
        at += 1
        if kind == _SUBSCRIPTION_ID:
            number = varint(data, at, end)
            if number is None:
                raise FrameError("a cut subscription identifier")
            ids.append(number[0])
            at = number[1]
        elif kind in _FIXED:
            at += _FIXED[kind]
        elif kind in _SIZED:
            begin, at = at + 2, _past_text(data, at, end)
            if kind == _CORRELATION:
                correlation = data[begin:at]
        elif kind == _USER_PROPERTY:
            at = _past_text(data, _past_text(data, at, end), end)
        else:
            raise FrameError(f"unknown property 0x{kind:02x} in a PUBLISH packet")
    if at != end:
        raise FrameError("a property longer than its packet")
    return tuple(ids), correlation, end


def _past_text(data: bytes, at: int, end: int) -> int:
    if at + 2 > end:
        raise FrameError("a cut property")
    return at + 2 + ((data[at] << 8) | data[at + 1])
