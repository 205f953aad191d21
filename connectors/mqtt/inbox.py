"""Messages between the network thread and the event loop: bounded, with a counted drop policy for QoS 0."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from connectors.mqtt.frames import Message

MAX_DROPPED_TOPICS: Final = 1_000


@dataclass(slots=True)
class Dropped:
    """What was dropped of one topic between two arrival times."""

    first_ns: int
    last_ns: int
    count: int


class Inbox:
    """A first-in first-out queue for one writing and one reading thread.

    Beyond `limit` messages or `limit_bytes` of payload the newest of QoS 0 are dropped and counted by topic. QoS 1
    and 2 are never dropped: beyond `window` more messages, or twice the bytes, `full` asks the network thread to
    stop reading, which is TCP's own backpressure.
    """

    def __init__(self, *, limit: int, limit_bytes: int, window: int) -> None:
        self.limit = limit
        self.drops = 0
        self._limit_bytes = limit_bytes
        self._hard = limit + window
        self._hard_bytes = 2 * limit_bytes
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._dropped: OrderedDict[bytes, Dropped] = OrderedDict()
        self._lock = threading.Lock()
        self._room = threading.Event()
        self._room.set()

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def full(self) -> bool:
        """Whether the network thread must stop reading."""
        return not self._room.is_set()

    def wait_for_room(self, timeout_s: float) -> bool:
        """Return whether there is room, waiting for it at most `timeout_s`; for the network thread."""
        return self._room.wait(timeout_s)

    def put(self, burst: Sequence[Message]) -> None:
        """Append a burst, or what of it may still come in."""
        with self._lock:
            for message in burst:
                if message.qos == 0 and (
                    len(self._messages) >= self.limit or self._bytes >= self._limit_bytes
                ):
                    self._drop(message)
                else:
                    self._messages.append(message)
                    self._bytes += len(message.payload)
            if len(self._messages) >= self._hard or self._bytes >= self._hard_bytes:
                self._room.clear()

    def take(self, most: int) -> list[Message]:
        """Remove and return the oldest messages, at most `most`."""
        with self._lock:
            messages = self._messages
            taken = [messages.popleft() for _ in range(min(most, len(messages)))]
            self._bytes -= sum(len(message.payload) for message in taken)
            if len(messages) < self._hard and self._bytes < self._hard_bytes:
                self._room.set()
            return taken

    def take_dropped(self) -> list[tuple[bytes, Dropped]]:
        """Return and forget what was dropped since the last call; the topic b"" stands for topics beyond the bound."""
        with self._lock:
            dropped = list(self._dropped.items())
            self._dropped.clear()
            return dropped

    def _drop(self, message: Message) -> None:
        self.drops += 1
        known = self._dropped
        topic = message.topic
        if topic not in known and len(known) >= MAX_DROPPED_TOPICS:
            topic = b""
        entry = known.get(topic)
        if entry is None:
            known[topic] = Dropped(message.received_ns, message.received_ns, 1)
        else:
            entry.last_ns = message.received_ns
            entry.count += 1
