"""MQTT as a source of samples: connect, read in bulk, acknowledge what is on disk."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.mqtt.commands.actuator import MqttActuator
from connectors.mqtt.commands.waiting import Answers
from connectors.mqtt.decoder import Decoder
from connectors.mqtt.frames import Message
from connectors.mqtt.options import MqttOptions
from connectors.mqtt.overhear import Overhearing
from connectors.mqtt.reception import Reception
from connectors.mqtt.routes import Routes
from connectors.mqtt.unknown import UnknownTopics
from connectors.payload import PayloadError
from gateway.clock import Clock
from gateway.errors import InvalidRequestError
from gateway.model import DeadLetter, Intake, SampleBatch
from gateway.ports import Catalogue, Session
from gateway.status import ConnectorFigures, SourceTrouble, UnknownSource


class MqttConnector:
    """Reads one broker; see `gateway.ports.Connector` for the contract, and `Reception` for what outlives a connection."""

    kind = "mqtt"

    def __init__(
        self, *, name: str, options: MqttOptions, catalogue: Catalogue, clock: Clock
    ) -> None:
        self.name = name
        self._options = options
        self._catalogue = catalogue
        self._clock = clock
        self._reception = Reception(options, clock=clock)
        self.target = self._reception.target
        self._unknown = UnknownTopics()
        self._routes = Routes(options, catalogue=catalogue, clock=clock)
        self._decoder = Decoder(options, name=name, routes=self._routes, unknown=self._unknown)
        self._overhearing = Overhearing(
            options, routes=self._routes, unknown=self._unknown, clock=clock
        )
        self._answers = Answers(options.commands, max_bytes=options.max_payload_bytes)
        self.actuator = MqttActuator(
            options.commands,
            answers=self._answers,
            link=lambda: self._reception.link,
            clock=clock,
        )
        self._troubles: tuple[SourceTrouble, ...] = ()

    async def connect(self) -> Session:
        """Make one attempt: connect, log in, subscribe again to everything."""
        await self._overhearing.stop()
        self._routes.learn_fixed()
        opened = await self._reception.connect()
        self._troubles = self._reception.refused(opened)
        self._overhearing.start()
        return Session(resumed=opened.resumed, remarks=opened.remarks)

    async def read(self) -> Intake:
        """Return the next rows; the receipt also covers messages that gave no row."""
        fresh = await self._reception.read()
        answers = self._answers.topics
        told = [message for message in fresh if message.topic in answers] if answers else []
        if told:
            fresh = [message for message in fresh if message.topic not in answers]
        batch, letters, losses = self._decoder.decode(fresh, self._reception.dropped)
        # Nothing raises from here on: an answer is taken once.
        unread = self._take_answers(told)
        return Intake(
            batch=batch,
            dead_letters=(*letters, *unread),
            losses=losses,
            receipt=self._reception.hand_out(),
        )

    async def acknowledge(self, receipt: object) -> None:
        """Send PUBACK and PUBREC for what is on disk; a receipt of an older connection sends nothing."""
        self._reception.acknowledge(receipt)

    async def close(self) -> None:
        """End the connection; the broker keeps our session."""
        await self._overhearing.stop()
        await self._reception.close()

    def signals(self) -> Sequence[int]:
        """Return the indices of the signals known so far; more come with their topics."""
        return self._routes.signals()

    def figures(self) -> ConnectorFigures:
        """Return its own counts."""
        reception = self._reception
        extra = {
            "messages": reception.messages,
            "bytes": reception.bytes,
            "topics": len(self._routes),
            "unacknowledged": reception.unsettled,
            "repeated": reception.repeated,
            "unknown_overflow": self._unknown.overflow,
            **self._decoder.counts,
            **(self._answers.counts if self._answers.topics else {}),
        }
        return ConnectorFigures(
            queue_depth=reception.depth,
            queue_limit=self._options.queue_limit,
            drops=reception.drops,
            unknown=self._unknown.messages,
            extra={name: float(count) for name, count in extra.items()},
        )

    def troubles(self) -> Sequence[SourceTrouble]:
        """Return refused subscriptions and topics that the catalogue refuses."""
        alone = self._overhearing.trouble
        return [*self._troubles, *self._routes.troubles(), *([alone] if alone is not None else [])]

    def unknown_sources(self) -> Sequence[UnknownSource]:
        """Return topics that no mapping wants, most frequent first."""
        return self._unknown.sources()

    def decode_again(self, letter: DeadLetter) -> SampleBatch:
        """Return the rows of a dead letter by today's mappings; raises `InvalidRequestError`."""
        if len(letter.payload) < letter.payload_size:
            msg = f"only {len(letter.payload)} of its {letter.payload_size} bytes were kept"
            raise InvalidRequestError(msg)
        topic = letter.source.encode()
        # Routes of its own: what this old message says must not count as the newest of its topic.
        routes = Routes(self._options, catalogue=self._catalogue, clock=self._clock)
        decoder = Decoder(self._options, name=self.name, routes=routes, unknown=UnknownTopics())
        message = Message(
            topic=topic,
            payload=letter.payload,
            qos=0,
            mid=0,
            dup=False,
            retain=False,
            received_ns=letter.time_ns,
            size=letter.payload_size,
            ids=(),
        )
        batch, letters, _ = decoder.decode([message], ())
        if letters:
            raise InvalidRequestError(f"still unusable: {letters[0].reason}")
        if not len(batch):
            raise InvalidRequestError(f"still unusable: no mapping wants the topic {letter.source}")
        return batch

    def _take_answers(self, told: Sequence[Message]) -> list[DeadLetter]:
        """Hand answers to the orders that wait for them; return those that nobody can read."""
        unread: list[DeadLetter] = []
        for message in told:
            try:
                self._answers.take(message)
            except PayloadError as error:
                unread.append(self._decoder.dead_letter(message, f"answer to a command: {error}"))
        return unread
