"""Which topic feeds which signals: looked up once a topic, then a dictionary hit a message."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from connectors.mqtt.options import MappingOptions, MqttOptions, PayloadFormat, RetainedPolicy
from connectors.mqtt.topics import TopicTemplate, fill, level_problem
from connectors.mqtt.unknown import topic_text
from connectors.payload import Field, TimestampReader, compile_path
from gateway.clock import Clock
from gateway.errors import ConfigError
from gateway.model import Signal
from gateway.ports import Catalogue
from gateway.status import SourceTrouble

MAX_REFUSED: Final = 1_000


class Mapping:
    """One compiled mapping."""

    def __init__(self, options: MappingOptions) -> None:
        self.options = options
        self.topic = TopicTemplate(options.topic)
        self.fields = tuple(Field(value) for value in options.signals)
        self.timestamp = TimestampReader(options.timestamp)
        self.sequence = compile_path(options.sequence) if options.sequence else None
        self.is_json = options.format is PayloadFormat.JSON
        self.takes_retained = options.retained is RetainedPolicy.LAST_KNOWN
        self.data_type = options.signals[0].data_type


class Route:
    """A topic that is mapped: its signals, and what was last seen of it."""

    __slots__ = ("indexes", "last_ns", "last_sequence", "mapping", "plan")

    def __init__(self, mapping: Mapping, indexes: Sequence[int]) -> None:
        self.mapping = mapping
        self.indexes = tuple(indexes)
        self.plan = tuple(
            (field.get, field.convert, index, field.label)
            for field, index in zip(mapping.fields, self.indexes, strict=True)
        )
        self.last_ns = 0
        self.last_sequence: int | None = None


class Refusal:
    """A topic that a mapping wants and that cannot become signals; its messages are dead letters."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Routes:
    """The routes of one connector; bounded by `max_signals` and `MAX_REFUSED`."""

    def __init__(self, options: MqttOptions, *, catalogue: Catalogue, clock: Clock) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._max_signals = options.max_signals
        self._answers = {each.reply.topic.encode() for each in options.commands if each.reply}
        self._mappings = tuple(Mapping(each) for each in options.all_mappings())
        self._known: dict[bytes, Route] = {}
        self._refused: OrderedDict[bytes, Refusal] = OrderedDict()
        self._owner: dict[str, str] = {}
        self._troubles: OrderedDict[str, SourceTrouble] = OrderedDict()
        self.find = self._known.get

    def __len__(self) -> int:
        return len(self._known)

    def signals(self) -> list[int]:
        """Return the indices of all signals that are known so far."""
        return sorted({index for route in self._known.values() for index in route.indexes})

    def troubles(self) -> list[SourceTrouble]:
        """Return the topics whose signals the catalogue does not take."""
        return list(self._troubles.values())

    def refusal(self, topic: bytes) -> Refusal | None:
        """Return why a topic of a mapping is refused, or None where no mapping wants it."""
        return self._refused.get(topic)

    def wants(self, topic: bytes) -> bool:
        """Return whether a mapping or a command names the topic, whether or not anything came of it yet."""
        if topic in self._known or topic in self._refused or topic in self._answers:
            return True
        text = topic.decode(errors="replace")
        return any(mapping.topic.match(text) is not None for mapping in self._mappings)

    def learn_fixed(self) -> None:
        """Register the signals of topics without fields, so that their silence can be noticed."""
        self.learn(m.topic.template.encode() for m in self._mappings if m.topic.literal)

    def learn(self, topics: Iterable[bytes]) -> None:
        """Decide about topics that are new; one registration for all of them. Raises `StorageError`."""
        new: dict[bytes, tuple[Mapping, list[Signal]]] = {}
        for topic in topics:
            if topic not in self._known and topic not in new:
                self._decide(topic, new)
        if not new:
            return
        try:
            self._register(new)
        except ConfigError:
            # One of them does not fit: find out which, so that the others live.
            for topic, wanted in new.items():
                try:
                    self._register({topic: wanted})
                except ConfigError as error:
                    self._refuse_by_catalogue(topic, wanted, str(error))

    def _decide(self, topic: bytes, new: dict[bytes, tuple[Mapping, list[Signal]]]) -> None:
        try:
            text = topic.decode()
        except UnicodeDecodeError:
            self._refuse(topic, f"the topic is not valid UTF-8: {topic[:64].hex()}")
            return
        for mapping in self._mappings:
            levels = mapping.topic.match(text)
            if levels is None:
                continue
            try:
                new[topic] = (mapping, self._signals(mapping, text, levels))
            except ValueError as error:
                self._refuse(topic, str(error))
            return

    def _signals(self, mapping: Mapping, topic: str, levels: dict[str, str]) -> list[Signal]:
        """Return the signals of a topic; raises `ValueError` with the reason where there can be none."""
        problem = level_problem(levels)
        if problem is not None:
            raise ValueError(problem)
        signals = [value.to_signal(fill(value.signal, levels)) for value in mapping.options.signals]
        more = [signal for signal in signals if signal.path not in self._owner]
        if len(self._owner) + len(more) > self._max_signals:
            msg = f"more than max_signals ({self._max_signals}) signals"
            raise ValueError(msg)
        for signal in signals:
            other = self._owner.get(signal.path, topic)
            if other != topic and not mapping.topic.shares_signals:
                msg = f"signal {signal.path} is already fed by topic {topic_text(other.encode())}"
                raise ValueError(msg)
        self._owner.update((signal.path, topic) for signal in more)
        return signals

    def _register(self, new: dict[bytes, tuple[Mapping, list[Signal]]]) -> None:
        signals = [signal for _, wanted in new.values() for signal in wanted]
        indexes = self._catalogue.register(signals).tolist()
        at = 0
        for topic, (mapping, wanted) in new.items():
            self._known[topic] = Route(mapping, indexes[at : at + len(wanted)])
            at += len(wanted)

    def _refuse(self, topic: bytes, reason: str) -> None:
        self._refused[topic] = Refusal(reason)
        self._refused.move_to_end(topic)
        if len(self._refused) > MAX_REFUSED:
            self._refused.popitem(last=False)

    def _refuse_by_catalogue(
        self, topic: bytes, wanted: tuple[Mapping, list[Signal]], reason: str
    ) -> None:
        self._refuse(topic, reason)
        name = topic_text(topic)
        if name not in self._troubles:
            self._troubles[name] = SourceTrouble(
                source=name,
                signal_path=wanted[1][0].path,
                reason=reason,
                since_ns=self._clock.now_ns(),
            )
            if len(self._troubles) > MAX_REFUSED:
                self._troubles.popitem(last=False)
