"""Who waits for which answer, across connections: by correlation data or by the request id that the answer repeats."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from connectors.mqtt.commands.messages import Replies, read
from connectors.mqtt.commands.options import PublishOptions
from connectors.mqtt.frames import LISTEN_ID, Message
from connectors.payload import PayloadError

_REMEMBERED: Final = 1_000
_LATE: Final = "late_replies"
_REPEATED: Final = "repeated_replies"
_FOREIGN: Final = "foreign_replies"


class Answers:
    """Hands each answer to the order that waits for it, once; what comes late, twice or unasked is counted alone."""

    def __init__(self, commands: Sequence[PublishOptions], *, max_bytes: int) -> None:
        self._topics: dict[bytes, list[Replies]] = {}
        for each in commands:
            if each.reply is not None:
                held = self._topics.setdefault(each.reply.topic.encode(), [])
                held.append(Replies(each.reply))
        self._max_bytes = max_bytes
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._ended: OrderedDict[str, str] = OrderedDict()
        self.counts = {"replies": 0, _LATE: 0, _REPEATED: 0, _FOREIGN: 0}

    @property
    def topics(self) -> Mapping[bytes, Sequence[Replies]]:
        """The topics of answers; a message on one of them is no sample."""
        return self._topics

    @contextmanager
    def expected(self, order_id: str) -> Iterator[asyncio.Future[Any]]:
        """Wait for the answer to one order within this block; what comes after it is late."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[order_id] = future
        try:
            yield future
        finally:
            del self._waiting[order_id]
            answered = future.done() and not future.cancelled()
            self._ended[order_id] = _REPEATED if answered else _LATE
            future.cancel()
            while len(self._ended) > _REMEMBERED:
                self._ended.popitem(last=False)

    def take(self, message: Message) -> None:
        """Hand an answer on; raises `PayloadError` where it cannot be read, and nobody's answer it is."""
        if message.ids == (LISTEN_ID,):
            # The subscription to the answers themselves delivers it too.
            return
        if message.retain:
            # Kept by the broker from some time before: it answers nothing that was asked now.
            self.counts[_FOREIGN] += 1
            return
        if message.size > self._max_bytes:
            raise PayloadError(f"an answer of {message.size} bytes, at most {self._max_bytes}")
        document = read(message.payload, max_bytes=self._max_bytes)
        order_id = self._order(message, document)
        future = self._waiting.get(order_id)
        if future is not None and not future.done():
            self.counts["replies"] += 1
            future.set_result(document)
        elif future is not None:
            self.counts[_REPEATED] += 1
        else:
            self.counts[self._ended.get(order_id, _FOREIGN)] += 1

    def _order(self, message: Message, document: Any) -> str:
        if message.correlation:
            return message.correlation.decode("ascii", errors="replace")
        named = [each.request_id(document) for each in self._topics[message.topic]]
        known = [each for each in named if each in self._waiting or each in self._ended]
        return known[0] if known else ""
