"""MQTT as a source of samples: connect, read in bulk, acknowledge what is on disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.mqtt.commands.actuator import MqttActuator
from connectors.mqtt.commands.waiting import Answers
from connectors.mqtt.decoder import Decoder
from connectors.mqtt.frames import Message
from connectors.mqtt.inbox import Dropped
from connectors.mqtt.link import Link, Opened
from connectors.mqtt.options import MqttOptions
from connectors.mqtt.overhear import Overhearing
from connectors.mqtt.receipts import Receipt, Receipts
from connectors.mqtt.routes import Routes
from connectors.mqtt.unknown import UnknownTopics
from connectors.payload import PayloadError
from gateway.clock import Clock
from gateway.errors import InvalidRequestError, NotConnectedError
from gateway.model import DeadLetter, Intake, SampleBatch
from gateway.ports import Catalogue, Session
from gateway.status import ConnectorFigures, SourceTrouble, UnknownSource

BURST: Final = 1_000
"""Messages that one read decodes at most, so that the event loop stays free (about 10 ms)."""


class MqttConnector:
    """Reads one broker; see `gateway.ports.Connector` for the contract.

    What arrived and was not read when a connection ends is kept and handed out after the next connect; where the
    broker delivers it again, the repetition is recognised and only acknowledged.
    """

    kind = "mqtt"

    def __init__(
        self, *, name: str, options: MqttOptions, catalogue: Catalogue, clock: Clock
    ) -> None:
        self.name = name
        self.target = f"mqtt{'s' if options.tls else ''}://{options.host}:{options.port}"
        self._options = options
        self._catalogue = catalogue
        self._clock = clock
        self._unknown = UnknownTopics()
        self._routes = Routes(options, catalogue=catalogue, clock=clock)
        self._decoder = Decoder(options, name=name, routes=self._routes, unknown=self._unknown)
        self._overhearing = Overhearing(
            options, routes=self._routes, unknown=self._unknown, clock=clock
        )
        self._receipts = Receipts(window=options.inflight)
        self._link: Link | None = None
        self._answers = Answers(options.commands, max_bytes=options.max_payload_bytes)
        self.actuator = MqttActuator(
            options.commands, answers=self._answers, link=lambda: self._link, clock=clock
        )
        self._held: list[Message] = []
        self._held_dropped: list[tuple[bytes, Dropped]] = []
        self._troubles: tuple[SourceTrouble, ...] = ()
        self._drops = 0
        self._messages = 0
        self._bytes = 0
        self._repeated = 0

    async def connect(self) -> Session:
        """Make one attempt: connect, log in, subscribe again to everything."""
        await self.close()
        self._routes.learn_fixed()
        link = Link(self._options, clock=self._clock)
        try:
            opened = await link.open()
        except BaseException:
            await link.close()
            raise
        self._link = link
        self._receipts.begin(resumed=opened.resumed, carried=self._held)
        # They belong to a connection that is gone: there is nothing to acknowledge.
        self._held = [message._replace(qos=0) for message in self._held]
        self._troubles = self._refused_filters(opened)
        self._overhearing.start()
        return Session(resumed=opened.resumed, remarks=opened.remarks)

    async def read(self) -> Intake:
        """Return the next rows; the receipt also covers messages that gave no row."""
        link = self._link
        if link is None:
            raise NotConnectedError(f"{self.target}: not connected")
        if not self._held:
            await link.wait()
            if link.failure is None and len(link.inbox) < BURST and self._options.gather_ms:
                await self._clock.sleep(self._options.gather_ms / 1000)
            if link.failure is not None:
                raise link.failure
            self._held = link.inbox.take(BURST)
        self._held_dropped += link.inbox.take_dropped()
        return self._hand_out()

    async def acknowledge(self, receipt: object) -> None:
        """Send PUBACK and PUBREC for what is on disk; a receipt of an older connection sends nothing."""
        if not isinstance(receipt, Receipt):
            return
        done = self._receipts.settle(receipt)
        if done and self._link is not None:
            self._link.acknowledge(done)

    async def close(self) -> None:
        """End the connection; the broker keeps our session."""
        link, self._link = self._link, None
        if link is None:
            return
        await self._overhearing.stop()
        await link.close()
        self._drops += link.inbox.drops
        self._held_dropped += link.inbox.take_dropped()
        self._held += link.inbox.take(len(link.inbox))

    def signals(self) -> Sequence[int]:
        """Return the indices of the signals known so far; more come with their topics."""
        return self._routes.signals()

    def figures(self) -> ConnectorFigures:
        """Return its own counts."""
        inbox = self._link.inbox if self._link is not None else None
        extra = {
            "messages": self._messages,
            "bytes": self._bytes,
            "topics": len(self._routes),
            "unacknowledged": self._receipts.unsettled,
            "repeated": self._repeated,
            "unknown_overflow": self._unknown.overflow,
            **self._decoder.counts,
            **(self._answers.counts if self._answers.topics else {}),
        }
        return ConnectorFigures(
            queue_depth=len(self._held) + (len(inbox) if inbox is not None else 0),
            queue_limit=self._options.queue_limit,
            drops=self._drops + (inbox.drops if inbox is not None else 0),
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

    def _hand_out(self) -> Intake:
        """Decode what is held; where that raises, it stays held."""
        burst = self._held
        fresh = [
            message
            for message in burst
            if not (message.dup and self._receipts.is_repeated(message))
        ]
        answers = self._answers.topics
        told = [message for message in fresh if message.topic in answers] if answers else []
        if told:
            fresh = [message for message in fresh if message.topic not in answers]
        batch, letters, losses = self._decoder.decode(fresh, self._held_dropped)
        # Nothing raises from here on: an answer is taken once.
        unread = self._take_answers(told)
        receipt = self._receipts.hand_out(burst)
        self._held, self._held_dropped = [], []
        self._messages += len(burst)
        self._bytes += sum(message.size for message in burst)
        self._repeated += sum(message.dup for message in burst)
        return Intake(batch=batch, dead_letters=(*letters, *unread), losses=losses, receipt=receipt)

    def _take_answers(self, told: Sequence[Message]) -> list[DeadLetter]:
        """Hand answers to the orders that wait for them; return those that nobody can read."""
        unread: list[DeadLetter] = []
        for message in told:
            try:
                self._answers.take(message)
            except PayloadError as error:
                unread.append(self._decoder.dead_letter(message, f"answer to a command: {error}"))
        return unread

    def _refused_filters(self, opened: Opened) -> tuple[SourceTrouble, ...]:
        return tuple(
            SourceTrouble(source=each, signal_path="", reason=reason, since_ns=self._clock.now_ns())
            for each, reason in opened.refused.items()
        )
