"""Messages of nodes and devices to columns: births, data, deaths; gaps of the sequence declared, rebirths asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.mqtt.decoder import Columns, Dropouts
from connectors.mqtt.frames import Message
from connectors.mqtt.unknown import UnknownTopics, topic_text
from connectors.payload import PayloadError, values
from connectors.sparkplug.nodes import Device, Node, NodeKey, Shown, bd_seq
from connectors.sparkplug.options import MetricOptions, SparkplugOptions
from connectors.sparkplug.payload import Metric, Payload, decode, meant
from gateway import quality
from gateway.clock import NS_PER_MS
from gateway.command import Value
from gateway.model import DataType, DeadLetter, Loss, SampleBatch

_NAN: Final = float("nan")
_COMMANDS: Final = {"NCMD", "DCMD"}
_READ: Final = {"NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a burst holds, and the nodes that must be asked for their birth."""

    batch: SampleBatch
    letters: tuple[DeadLetter, ...]
    losses: tuple[Loss, ...]
    rebirths: frozenset[NodeKey]


class Decoder:
    """Keeps what the nodes say of themselves in `nodes`, and what each signal showed last in `shown`."""

    def __init__(
        self,
        options: SparkplugOptions,
        *,
        name: str,
        nodes: Mapping[NodeKey, Node],
        shown: dict[str, Shown],
        unknown: UnknownTopics,
    ) -> None:
        self._options = options
        self._name = name
        self._nodes = nodes
        self._shown = shown
        self._unknown = unknown
        self._columns = Columns()
        self._losses: list[Loss] = []
        self._letters: list[DeadLetter] = []
        self._rebirths: set[NodeKey] = set()
        self.counts = {"births": 0, "deaths": 0, "sequence_gaps": 0, "unborn": 0}
        self._convert = {
            index: _converter(metric)
            for node in nodes.values()
            for device in node.devices.values()
            for metric, _, index in device.wanted.values()
        }

    def decode(self, burst: Sequence[Message], dropped: Dropouts) -> Decoded:
        """Return what a burst holds; what is no payload is a dead letter."""
        self._columns, self._losses, self._letters = Columns(), [], []
        self._rebirths = set()
        for message in burst:
            try:
                self._message(message)
            except PayloadError as error:
                self._dead(message, str(error))
        for _, entry in dropped:
            for node in self._nodes.values():
                self._lose(node, entry.first_ns, entry.last_ns, "dropped: our queue was full")
        return Decoded(
            batch=self._columns.batch(),
            letters=tuple(self._letters),
            losses=tuple(self._losses),
            rebirths=frozenset(self._rebirths),
        )

    def _message(self, message: Message) -> None:
        parts = message.topic.decode(errors="replace").split("/")
        node = self._nodes.get((parts[1], parts[3])) if len(parts) in {4, 5} else None
        if node is None or parts[2] not in _READ:
            if len(parts) < 3 or parts[2] not in _COMMANDS:
                self._unknown.note(message)
            return
        if message.retain:
            # The standard retains none of these: it is from some other time.
            self._unknown.note(message)
            return
        if message.size > self._options.max_payload_bytes:
            raise PayloadError(f"payload of {message.size} bytes is too large")
        payload = decode(message.payload)
        device = parts[4] if len(parts) == 5 else ""
        if device and device not in node.devices:
            self._unknown.note(message)
        self._take(parts[2], node, device, payload, message)
        node.seen_ns = message.received_ns

    def _take(self, kind: str, node: Node, device: str, payload: Payload, message: Message) -> None:
        now_ns = message.received_ns
        if kind == "NDEATH":
            self._node_dies(node, payload, now_ns)
            return
        if kind == "NBIRTH":
            self._node_is_born(node, payload, now_ns)
        elif not self._in_order(node, payload, now_ns):
            return
        if kind in {"NBIRTH", "DBIRTH"}:
            node.bear(device, payload)
        mine = node.devices.get(device)
        if mine is None:
            return
        if kind == "DDEATH":
            self.counts["deaths"] += 1
            self._end(mine, now_ns)
        elif not mine.online:
            self.counts["unborn"] += 1
            self._rebirths.add(node.key)
        else:
            self._rows(mine, node, payload, message)

    def _node_dies(self, node: Node, payload: Payload, now_ns: int) -> None:
        # A late death of an earlier connection ends nothing of this one.
        if node.bd_seq is None or bd_seq(payload) in {None, node.bd_seq}:
            self.counts["deaths"] += 1
            for each in node.devices.values():
                self._end(each, now_ns)
            node.die()

    def _node_is_born(self, node: Node, payload: Payload, now_ns: int) -> None:
        self.counts["births"] += 1
        for each in node.devices.values():
            if each.key:
                self._end(each, now_ns)
        node.die()
        node.seq, node.bd_seq = payload.seq, bd_seq(payload)

    def _in_order(self, node: Node, payload: Payload, now_ns: int) -> bool:
        """Follow the node's sequence; return whether its birth is known, without which nothing can be read."""
        if node.seq is None:
            self.counts["unborn"] += 1
            self._rebirths.add(node.key)
            self._lose(node, now_ns, now_ns, "data before the node's birth was known")
            return False
        if not node.follows(payload.seq):
            self.counts["sequence_gaps"] += 1
            self._rebirths.add(node.key)
            self._lose(node, node.seen_ns, now_ns, "the node's sequence numbers have a gap")
        return True

    def _rows(self, device: Device, node: Node, payload: Payload, message: Message) -> None:
        problems: list[str] = []
        for each in payload.metrics:
            name = node.name_of(each)
            if not name:
                self._rebirths.add(node.key)
                problems.append(f"alias {each.alias} is of no birth")
            elif name in device.wanted and name in device.born:
                self._row(device, name, each, payload, message, problems)
        if problems:
            self._dead(message, "; ".join(problems[:5]))

    def _row(  # noqa: PLR0917 - the parts of one metric
        self,
        device: Device,
        name: str,
        metric: Metric,
        payload: Payload,
        message: Message,
        problems: list[str],
    ) -> None:
        _, path, index = device.wanted[name]
        columns = self._columns
        number, code = _NAN, quality.BAD
        plain: Value | None = None
        raw = meant(metric.value, metric.datatype or device.born[name].datatype)
        if raw is not None:
            try:
                held = self._convert[index](raw)
                number, code = columns.keep_aside(held), quality.GOOD
                plain = _plain(held, device.wanted[name][0].data_type)
            except PayloadError as error:
                problems.append(f"{name}: {error}")
                code = quality.BAD_DECODING_ERROR
        if code != quality.GOOD:
            columns.quality[len(columns.signal)] = code
        columns.signal.append(index)
        columns.value.append(number)
        at_ms = metric.timestamp_ms or payload.timestamp_ms
        columns.close_message(
            source_ns=message.received_ns if at_ms is None else min(at_ms, 2**43) * NS_PER_MS,
            received_ns=message.received_ns,
        )
        if not metric.historical:
            self._shown[path] = Shown(plain, message.received_ns)

    def _end(self, device: Device, now_ns: int) -> None:
        """Say of every signal that showed something that nothing is known any more."""
        for _, path, index in device.wanted.values():
            if self._shown.pop(path, None) is None:
                continue
            self._columns.quality[len(self._columns.signal)] = quality.BAD_NO_COMMUNICATION
            self._columns.signal.append(index)
            self._columns.value.append(_NAN)
            self._columns.close_message(source_ns=now_ns, received_ns=now_ns)
        device.online = False
        device.born.clear()

    def _lose(self, node: Node, start_ns: int, end_ns: int, cause: str) -> None:
        self._losses += [
            Loss(signal=index, start_ns=start_ns or end_ns, end_ns=end_ns, cause=cause)
            for device in node.devices.values()
            for _, _, index in device.wanted.values()
        ]

    def _dead(self, message: Message, reason: str) -> None:
        self._letters.append(
            DeadLetter(
                time_ns=message.received_ns,
                connector=self._name,
                source=topic_text(message.topic),
                reason=reason,
                payload=message.payload[: self._options.dead_letter_bytes],
                payload_size=message.size,
            )
        )


def _plain(held: values.Converted, data_type: DataType) -> Value | None:
    """Return a converted value as commands see it."""
    if isinstance(held, str):
        return held
    if not isinstance(held, float | int):
        return None
    if data_type is DataType.BOOLEAN:
        return bool(held)
    return int(held) if data_type in {DataType.INTEGER, DataType.ENUM} else float(held)


def _converter(metric: MetricOptions) -> Callable[[Any], values.Converted]:
    match metric.data_type:
        case DataType.INTEGER:
            return values.integer_converter(scale=1, offset=0)
        case DataType.BOOLEAN:
            return values.boolean_converter(true_words=("true",), false_words=("false",))
        case DataType.ENUM:
            return values.enum_converter(metric.labels)
        case DataType.STRING:
            return values.to_text
        case _:
            return values.float_converter(scale=1.0, offset=0.0)
