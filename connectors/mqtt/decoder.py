"""Messages to columns: rows, dead letters and declared losses of one burst."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np

from connectors.mqtt.frames import LISTEN_ID, Message
from connectors.mqtt.inbox import Dropped
from connectors.mqtt.options import MqttOptions
from connectors.mqtt.routes import Route, Routes
from connectors.mqtt.unknown import UnknownTopics, topic_text
from connectors.payload import MISSING, PayloadError, decode_json, decode_value
from gateway import quality
from gateway.model import DeadLetter, Loss, SampleBatch, SideValue

Dropouts: TypeAlias = Sequence[tuple[bytes, Dropped]]

_NAN: Final = float("nan")
_MAX_SEQUENCE: Final = 2**53


class Columns:
    """Columns under construction; `close_message` gives the rows added since the last call their times."""

    def __init__(self) -> None:
        self.signal: list[int] = []
        self.value: list[float] = []
        self.side: dict[int, SideValue] = {}
        self.quality: dict[int, int] = {}
        self._rows: list[int] = []
        self._source_ns: list[int] = []
        self._received_ns: list[int] = []
        self._closed = 0

    def keep_aside(self, held: float | SideValue) -> float:
        """Put the next row's value into the side table; return what its column shows."""
        if isinstance(held, float):
            return held
        self.side[len(self.signal)] = held
        return float(held) if isinstance(held, int) else _NAN

    def close_message(self, *, source_ns: int, received_ns: int) -> None:
        """Give the rows of a message their times."""
        self._rows.append(len(self.signal) - self._closed)
        self._closed = len(self.signal)
        self._source_ns.append(source_ns)
        self._received_ns.append(received_ns)

    def batch(self) -> SampleBatch:
        """Return everything as one batch."""
        if not self.signal:
            return SampleBatch.empty()
        codes = np.zeros(len(self.signal), np.uint32)
        if self.quality:
            codes[list(self.quality)] = list(self.quality.values())
        return SampleBatch(
            np.array(self.signal, np.int32),
            np.repeat(np.array(self._source_ns, np.int64), self._rows),
            np.repeat(np.array(self._received_ns, np.int64), self._rows),
            np.array(self.value, np.float64),
            codes,
            MappingProxyType(self.side),
        )


class Decoder:
    """Decodes bursts; keeps the counts that belong to decoding."""

    def __init__(
        self, options: MqttOptions, *, name: str, routes: Routes, unknown: UnknownTopics
    ) -> None:
        self._options = options
        self._name = name
        self._routes = routes
        self._unknown = unknown
        self._letters: list[DeadLetter] = []
        self._losses: list[Loss] = []
        self.counts = {"missing_fields": 0, "retained_skipped": 0, "sequence_jumps": 0}
        self.counts |= {"sequence_restarts": 0}

    def decode(
        self, burst: Sequence[Message], dropped: Dropouts
    ) -> tuple[SampleBatch, tuple[DeadLetter, ...], tuple[Loss, ...]]:
        """Return what a burst holds. Raises `StorageError` before anything of it was taken."""
        self._learn(burst, dropped)
        self._letters, self._losses = [], []
        columns = Columns()
        find = self._routes.find
        largest = self._options.max_payload_bytes
        for message in burst:
            route = find(message.topic)
            if route is None:
                self._unmapped(message)
                continue
            if message.ids == (LISTEN_ID,):
                # A mapping's own subscription delivers it too.
                continue
            if message.size > largest:
                self._dead(
                    message, f"payload of {message.size} bytes, at most {largest} are allowed"
                )
                continue
            try:
                self._message(message, route, columns)
            except PayloadError as error:
                self._dead(message, str(error))
        for topic, entry in dropped:
            self._declare_dropped(topic, entry)
        return columns.batch(), tuple(self._letters), tuple(self._losses)

    def _learn(self, burst: Sequence[Message], dropped: Dropouts) -> None:
        find, refusal, unknown = self._routes.find, self._routes.refusal, self._unknown
        topics = {message.topic for message in burst} | {topic for topic, _ in dropped if topic}
        new = [
            topic
            for topic in topics
            if find(topic) is None and refusal(topic) is None and topic not in unknown
        ]
        if new:
            self._routes.learn(new)

    def _message(self, message: Message, route: Route, columns: Columns) -> None:
        mapping, options = route.mapping, self._options
        if mapping.is_json:
            document = decode_json(
                message.payload,
                max_bytes=options.max_payload_bytes,
                max_depth=options.max_depth,
            )
        else:
            document = decode_value(
                message.payload,
                data_type=mapping.data_type,
                max_bytes=options.max_payload_bytes,
                max_depth=options.max_depth,
            )
        if mapping.timestamp.from_payload:
            source_ns = mapping.timestamp.read_ns(document)
        else:
            # Two messages of one arrival must not fall on the same time: (signal, time) is the key of a sample.
            source_ns = max(message.received_ns, route.last_ns + 1)
        aged = False
        if message.retain:
            if not _is_news(route, source_ns):
                self.counts["retained_skipped"] += 1
                return
            aged = not mapping.timestamp.from_payload
        start = len(columns.signal)
        self._rows(message, document, route, columns)
        columns.close_message(source_ns=source_ns, received_ns=message.received_ns)
        if aged:
            for row in range(start, len(columns.signal)):
                columns.quality.setdefault(row, quality.UNCERTAIN_LAST_USABLE_VALUE)
        if mapping.sequence is not None:
            self._sequence(message, mapping.sequence(document), route, source_ns)
        route.last_ns = max(route.last_ns, source_ns)

    def _rows(self, message: Message, document: Any, route: Route, columns: Columns) -> None:
        signal, value = columns.signal, columns.value
        before = len(signal)
        missing = 0
        problems: list[str] = []
        for get, convert, index, label in route.plan:
            raw = get(document)
            if raw is MISSING:
                missing += 1
                continue
            if raw is None:
                columns.quality[len(signal)] = quality.BAD
                number = _NAN
            else:
                try:
                    converted = convert(raw)
                    if type(converted) is float:
                        number = converted
                    else:
                        number = columns.keep_aside(converted)
                except PayloadError as error:
                    problems.append(f"{label}: {error}")
                    columns.quality[len(signal)] = quality.BAD_DECODING_ERROR
                    number = _NAN
            signal.append(index)
            value.append(number)
        if missing:
            self.counts["missing_fields"] += missing
            if len(signal) == before:
                labels = ", ".join(label for *_, label in route.plan[:5])
                raise PayloadError(f"none of its values is there: {labels}")
        if problems:
            self._dead(message, "; ".join(problems[:5]))

    def _sequence(self, message: Message, raw: Any, route: Route, source_ns: int) -> None:
        if type(raw) is not int or not 0 <= raw < _MAX_SEQUENCE:
            reason = "is missing" if raw is MISSING else "is not a whole number from 0"
            self._dead(message, f"sequence number {reason}; the values were taken")
            return
        last = route.last_sequence
        if last is not None and raw <= last:
            if message.dup or message.retain or raw == last:
                return
            self.counts["sequence_restarts"] += 1
        elif last is not None and raw > last + 1:
            self.counts["sequence_jumps"] += 1
            cause = f"sequence number jumped from {last} to {raw}: {raw - last - 1} missing"
            self._losses += [
                Loss(
                    signal=index,
                    start_ns=min(route.last_ns, source_ns),
                    end_ns=source_ns,
                    cause=cause,
                )
                for index in route.indexes
            ]
        route.last_sequence = raw

    def _unmapped(self, message: Message) -> None:
        refusal = self._routes.refusal(message.topic)
        if refusal is None:
            self._unknown.note(message)
        elif message.ids != (LISTEN_ID,):
            self._dead(message, refusal.reason)

    def _declare_dropped(self, topic: bytes, entry: Dropped) -> None:
        """Declare what the inbox dropped; messages of topics beyond its bound concern every signal."""
        route = self._routes.find(topic)
        indexes: Sequence[int] = route.indexes if route is not None else ()
        if topic == b"":
            indexes = self._routes.signals()
        cause = f"{entry.count} messages of QoS 0 dropped: our queue was full"
        self._losses += [
            Loss(signal=index, start_ns=entry.first_ns, end_ns=entry.last_ns, cause=cause)
            for index in indexes
        ]

    def _dead(self, message: Message, reason: str) -> None:
        self._letters.append(self.dead_letter(message, reason))

    def dead_letter(self, message: Message, reason: str) -> DeadLetter:
        """Return a message as one that cannot be used."""
        return DeadLetter(
            time_ns=message.received_ns,
            connector=self._name,
            source=topic_text(message.topic),
            reason=reason,
            payload=message.payload[: self._options.dead_letter_bytes],
            payload_size=message.size,
        )


def _is_news(route: Route, source_ns: int) -> bool:
    """Return whether a retained message tells something new.

    With a time of its own it must be newer than all that was seen; without one only the first counts, because
    its age is not known and every reconnect would bring it again.
    """
    if not route.mapping.takes_retained:
        return False
    if route.mapping.timestamp.from_payload:
        return source_ns > route.last_ns
    return route.last_ns == 0
