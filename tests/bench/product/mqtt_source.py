"""A cheap MQTT load: PUBLISH packets of QoS 1 written straight to a socket, 4 values and the time of sending in each.

Run: python -m tests.bench.product.mqtt_source PORT SIGNALS REPORT; orders come by standard input.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np

from tests.bench.product.orders import Orders, Ticker, report
from tests.bench.product.sent import MACHINES, PHASES, VALUES, SentFile, mqtt_texts

_TICK_S: Final = 0.005
_CONNECT: Final = b"\x00\x04MQTT\x04\x02\x00\x00\x00\x0aload-bench"
_PUBLISH_QOS_1: Final = 0x32
_PUBACK_BYTES: Final = 4


def connect(port: int) -> socket.socket:
    """Return a connection that the broker has accepted."""
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(bytes([0x10, len(_CONNECT)]) + _CONNECT)
    if link.recv(4) != b"\x20\x02\x00\x00":
        msg = "the broker refused the load"
        raise RuntimeError(msg)
    return link


def packet(topic: bytes, identifier: bytes, body: bytes) -> bytes:
    """Return one PUBLISH; its remaining length takes one or two bytes."""
    rest = struct.pack(">H", len(topic)) + topic + identifier + body
    size = len(rest)
    length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
    return bytes([_PUBLISH_QOS_1]) + length + rest


def publish(port: int, signals: int, path: Path) -> None:
    """Publish until told to end; the report tells what was sent and what it took."""
    orders = Orders()
    ticker = Ticker(orders, signals)
    groups = signals // VALUES
    topics = [f"bench/m{g % MACHINES}/g{g // MACHINES}".encode() for g in range(groups)]
    values = mqtt_texts()
    sent = SentFile(path.with_suffix(".sent"))
    link = connect(port)
    link.setblocking(True)
    orders.listen()
    count = acknowledged = 0
    owed = 0
    told_s = 0.0
    began_ns = time.time_ns()
    while not orders.ended.is_set():
        owed += ticker.due()
        messages, owed = divmod(owed, VALUES)
        now_ns = time.time_ns()
        # Spread over the time since the last turn: a late turn must not give a signal two values at one time.
        stamps = np.linspace(began_ns, now_ns, messages + 1)[1:].astype(np.int64) // 1_000_000
        began_ns = now_ns
        out = []
        for number, stamp in enumerate(stamps.tolist(), start=count):
            identifier = struct.pack(">H", number % 60_000 + 1)
            body = b'{"ts":%d%b' % (stamp, values[number % PHASES])
            out.append(packet(topics[number % groups], identifier, body))
        if out:
            sent.add(np.arange(count, count + messages), stamps)
            count += messages
            link.sendall(b"".join(out))
        acknowledged += _taken(link) // _PUBACK_BYTES
        now_s = time.monotonic()
        if now_s - told_s > 0.25:
            told_s = now_s
            sent.flush()
            report(
                path,
                {
                    "samples": count * VALUES,
                    "acknowledged": acknowledged * VALUES,
                    "skipped": ticker.skipped,
                    "cpu_s": time.process_time(),
                },
            )
        time.sleep(_TICK_S)
    sent.flush()


def _taken(link: socket.socket) -> int:
    try:
        return len(link.recv(1 << 20, socket.MSG_DONTWAIT))
    except BlockingIOError:
        return 0


if __name__ == "__main__":
    publish(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
