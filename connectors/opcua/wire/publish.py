"""A PublishResponse as the socket gave it: its frame is read, its data changes are left as bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from connectors.opcua.wire.reader import UNIX_EPOCH_TICKS, DecodeError, Reader

PUBLISH_RESPONSE: Final = 829
REPUBLISH_RESPONSE: Final = 835
DATA_CHANGE: Final = 811
STATUS_CHANGE: Final = 820


@dataclass(frozen=True, slots=True)
class Message:
    """A NotificationMessage: its number, its time, the bodies of its data changes, a status of the subscription."""

    sequence: int
    publish_ns: int
    data_changes: tuple[bytes, ...] = ()
    status_change: int | None = None
    others: int = 0

    @property
    def is_keepalive(self) -> bool:
        """Whether the message only says that the subscription lives; its number is then the next one's."""
        return not self.data_changes and self.status_change is None and not self.others


@dataclass(frozen=True, slots=True)
class Publish:
    """One answer to a publish request; `available` are the messages that the server can send again."""

    service_result: int
    subscription: int = 0
    available: tuple[int, ...] = ()
    message: Message | None = None


def read_publish(data: bytes) -> Publish:
    """Return the frame of a PublishResponse; raises `DecodeError`."""
    reader = Reader(data)
    result = _header(reader, PUBLISH_RESPONSE)
    if result >> 30:
        return Publish(result)
    subscription = reader.u32()
    available = tuple(reader.u32() for _ in range(reader.count(4) or 0))
    reader.u8()
    return Publish(result, subscription, available, _message(reader))


def read_republish(data: bytes) -> Publish:
    """Return the frame of a RepublishResponse; raises `DecodeError`."""
    reader = Reader(data)
    result = _header(reader, REPUBLISH_RESPONSE)
    return Publish(result) if result >> 30 else Publish(result, message=_message(reader))


def _header(reader: Reader, wanted: int) -> int:
    """Read type and response header, and return the service result."""
    kind = reader.type_id()
    if kind != wanted:
        msg = f"answer of type i={kind}, want i={wanted}"
        raise DecodeError(msg)
    reader.skip(12)
    result = reader.u32()
    reader.diagnostic_info()
    for _ in range(reader.count(4) or 0):
        reader.blob()
    reader.extension()
    return result


def _message(reader: Reader) -> Message:
    sequence = reader.u32()
    publish_ns = (reader.i64() - UNIX_EPOCH_TICKS) * 100
    changes: list[bytes] = []
    status: int | None = None
    others = 0
    for _ in range(reader.count(3) or 0):
        kind, body = reader.extension()
        if kind == DATA_CHANGE:
            changes.append(body)
        elif kind == STATUS_CHANGE:
            status = Reader(body).u32()
        else:
            others += 1
    return Message(sequence, publish_ns, tuple(changes), status, others)
