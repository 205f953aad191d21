"""A Sparkplug edge node with one device, by a hand-written encoder that shares nothing with the connector's."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

INT32, DOUBLE, BOOLEAN = 3, 10, 11
METRICS = {"Speed/Target": (1, DOUBLE), "Temp": (2, DOUBLE), "Mode": (3, INT32)}
"""Name: alias and data type."""


class Behaviour(Enum):
    """What the device does with a command."""

    OBEYS = auto()
    OBEYS_LATE = auto()
    SILENT = auto()
    TWICE = auto()
    REFUSES = auto()
    """It reports the value it had before, as devices do that refuse."""


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, wire: int, body: bytes) -> bytes:
    return varint(number << 3 | wire) + body


def sized(number: int, body: bytes) -> bytes:
    return field(number, 2, varint(len(body)) + body)


def metric(name: str, alias: int | None, kind: int, value: Any) -> bytes:
    out = sized(1, name.encode()) if name else b""
    out += b"" if alias is None else field(2, 0, varint(alias))
    out += field(3, 0, varint(time.time_ns() // 1_000_000)) + field(4, 0, varint(kind))
    if kind == DOUBLE:
        return out + field(13, 1, struct.pack("<d", value))
    if kind == BOOLEAN:
        return out + field(14, 0, varint(int(value)))
    return out + field(10, 0, varint(value & 0xFFFF_FFFF))


def fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Read the fields of a message: number, and an integer or bytes."""
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
            continue
        size = {1: 8, 5: 4}[key & 7] if key & 7 != 2 else number()
        yield key >> 3, data[at : at + size]
        at += size


class SparkplugDevice:
    """Node `N`, device `D` of a group of its own; it tells its births when asked, and lives until the block ends."""

    def __init__(self, port: int, group: str) -> None:
        self.group = group
        self.behaviour = Behaviour.OBEYS
        self.late_s = 1.0
        self.values: dict[str, Any] = {"Speed/Target": 120.0, "Temp": 50.0, "Mode": -1}
        self.seen: list[tuple[str, dict[Any, Any], int, bool]] = []
        self.births = 0
        self.seq = 0
        self._lock = threading.Lock()
        self._subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"edge-{group}")
        death = sized(2, metric("bdSeq", None, 4, 7))
        self._client.will_set(self._topic("NDEATH"), death, qos=1)
        self._client.on_connect = lambda client, *_: client.subscribe(
            [(f"spBv1.0/{group}/NCMD/N", 1), (f"spBv1.0/{group}/DCMD/N/D", 1)]
        )
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        assert self._subscribed.wait(30)
        self.bear()
        return self

    def __exit__(self, *_: object) -> None:
        self.die()
        self._client.disconnect()
        self._client.loop_stop()

    def _topic(self, kind: str) -> str:
        return f"spBv1.0/{self.group}/{kind}/N{'/D' if kind[0] == 'D' else ''}"

    def _send(self, kind: str, *metrics: bytes) -> None:
        with self._lock:
            self.seq = 0 if kind == "NBIRTH" else (self.seq + 1) % 256
            body = field(1, 0, varint(time.time_ns() // 1_000_000))
            body += b"".join(sized(2, each) for each in metrics)
            self._client.publish(self._topic(kind), body + field(3, 0, varint(self.seq)))

    def bear(self) -> None:
        """Tell both births."""
        self.births += 1
        self._send("NBIRTH", metric("bdSeq", None, 4, 7))
        told = [metric(n, a, k, self.values[n]) for n, (a, k) in METRICS.items()]
        self._send("DBIRTH", *told)

    def tell(self, name: str) -> None:
        """Report one metric by its alias alone."""
        alias, kind = METRICS[name]
        self._send("DDATA", metric("", alias, kind, self.values[name]))

    def die(self) -> None:
        """Let the broker tell its death, by the will's own content."""
        death = sized(2, metric("bdSeq", None, 4, 7))
        self._client.publish(self._topic("NDEATH"), death, qos=1).wait_for_publish(20)

    def lose_one(self) -> None:
        """Skip a sequence number, as a message that was lost would."""
        self.seq = (self.seq + 1) % 256

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        (body,) = (each for number, each in fields(bytes(message.payload)) if number == 2)
        told = dict(fields(body))
        if told.get(1) == b"Node Control/Rebirth":
            self.bear()
            return
        self.seen.append((message.topic, told, message.qos, message.retain))
        threading.Thread(target=self._act, args=(told, self.behaviour)).start()

    def _act(self, told: dict[Any, Any], behaviour: Behaviour) -> None:
        (name,) = (n for n, (alias, _) in METRICS.items() if alias == told[2])
        if behaviour is Behaviour.SILENT:
            return
        if behaviour is Behaviour.OBEYS_LATE:
            time.sleep(self.late_s)
        if behaviour is not Behaviour.REFUSES:
            self.values[name] = struct.unpack("<d", told[13])[0] if 13 in told else told[10]
        for _ in range(2 if behaviour is Behaviour.TWICE else 1):
            self.tell(name)
