"""Topics that sent data and that no mapping wants: counted and listed, bounded."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from connectors.mqtt.frames import Message
from gateway.status import UnknownSource

MAX_TOPICS: Final = 500
MAX_NAME: Final = 200
_SAMPLE: Final = 256


@dataclass(slots=True)
class _Seen:
    count: int
    first_ns: int
    last_ns: int
    sample: bytes


class UnknownTopics:
    """The topics heard most lately, at most `MAX_TOPICS`; `overflow` counts messages of topics put out for room."""

    def __init__(self) -> None:
        self.messages = 0
        self.overflow = 0
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()

    def __contains__(self, topic: bytes) -> bool:
        return topic in self._seen

    def note(self, message: Message) -> None:
        """Count one message."""
        self.messages += 1
        entry = self._seen.get(message.topic)
        if entry is None:
            entry = _Seen(0, message.received_ns, 0, b"")
            self._seen[message.topic] = entry
            if len(self._seen) > MAX_TOPICS:
                _, lost = self._seen.popitem(last=False)
                self.overflow += lost.count
        else:
            self._seen.move_to_end(message.topic)
        entry.count += 1
        entry.last_ns = message.received_ns
        entry.sample = message.payload[:_SAMPLE]

    def sources(self) -> list[UnknownSource]:
        """Return them, most frequent first."""
        found = [
            UnknownSource(
                source=topic_text(topic),
                count=seen.count,
                first_ns=seen.first_ns,
                last_ns=seen.last_ns,
                sample=seen.sample,
            )
            for topic, seen in self._seen.items()
        ]
        return sorted(found, key=lambda source: -source.count)


def topic_text(topic: bytes) -> str:
    """Return a topic as printable text of bounded length; invalid UTF-8 and control characters are escaped."""
    text = topic[: 4 * MAX_NAME].decode(errors="backslashreplace")
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= MAX_NAME else f"{text[:MAX_NAME]}…"
