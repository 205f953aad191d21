"""What comes from one broker, across its connections: kept until it is read, acknowledged once it is on disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.mqtt.broker import BrokerOptions
from connectors.mqtt.frames import Message
from connectors.mqtt.inbox import Dropped
from connectors.mqtt.link import Link, Opened
from connectors.mqtt.receipts import Receipt, Receipts
from gateway.clock import Clock
from gateway.errors import NotConnectedError
from gateway.status import SourceTrouble

BURST: Final = 1_000
"""Messages that one read hands out at most, so that the event loop stays free (about 10 ms of decoding)."""


class Reception:
    """Messages in order. What arrived and was not read when a connection ends is kept for after the next connect.

    Where the broker delivers such a message again, the repetition is recognised and only acknowledged.
    """

    def __init__(self, options: BrokerOptions, *, clock: Clock) -> None:
        self.target = f"mqtt{'s' if options.tls else ''}://{options.host}:{options.port}"
        self.link: Link | None = None
        self.messages = 0
        self.bytes = 0
        self.repeated = 0
        self._options = options
        self._clock = clock
        self._receipts = Receipts(window=options.inflight)
        self._held: list[Message] = []
        self._held_dropped: list[tuple[bytes, Dropped]] = []
        self._drops = 0

    @property
    def depth(self) -> int:
        """How many messages wait to be read."""
        return len(self._held) + (len(self.link.inbox) if self.link is not None else 0)

    @property
    def drops(self) -> int:
        """How many messages of QoS 0 were dropped because too many waited."""
        return self._drops + (self.link.inbox.drops if self.link is not None else 0)

    @property
    def unsettled(self) -> int:
        """How many messages are handed out and not yet acknowledged."""
        return self._receipts.unsettled

    @property
    def dropped(self) -> Sequence[tuple[bytes, Dropped]]:
        """What was dropped and is not declared yet."""
        return self._held_dropped

    async def connect(self) -> Opened:
        """Make one attempt: connect, log in, subscribe again to everything."""
        await self.close()
        link = Link(self._options, clock=self._clock)
        try:
            opened = await link.open()
        except BaseException:
            await link.close()
            raise
        self.link = link
        self._receipts.begin(resumed=opened.resumed, carried=self._held)
        # They belong to a connection that is gone: there is nothing to acknowledge.
        self._held = [message._replace(qos=0) for message in self._held]
        return opened

    async def read(self) -> list[Message]:
        """Return the next messages but for repetitions; until `hand_out` the same ones are returned again."""
        link = self.link
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
        return [
            message
            for message in self._held
            if not (message.dup and self._receipts.is_repeated(message))
        ]

    def hand_out(self) -> Receipt:
        """Return the receipt of what was read: it is decoded, and not read again."""
        receipt = self._receipts.hand_out(self._held)
        self.messages += len(self._held)
        self.bytes += sum(message.size for message in self._held)
        self.repeated += sum(message.dup for message in self._held)
        self._held, self._held_dropped = [], []
        return receipt

    def acknowledge(self, receipt: object) -> None:
        """Send PUBACK and PUBREC for what is on disk; a receipt of an older connection sends nothing."""
        if not isinstance(receipt, Receipt):
            return
        done = self._receipts.settle(receipt)
        if done and self.link is not None:
            self.link.acknowledge(done)

    async def close(self) -> None:
        """End the connection; the broker keeps our session."""
        link, self.link = self.link, None
        if link is None:
            return
        await link.close()
        self._drops += link.inbox.drops
        self._held_dropped += link.inbox.take_dropped()
        self._held += link.inbox.take(len(link.inbox))

    def refused(self, opened: Opened) -> tuple[SourceTrouble, ...]:
        """Return the subscriptions that the broker refused."""
        return tuple(
            SourceTrouble(source=each, signal_path="", reason=reason, since_ns=self._clock.now_ns())
            for each, reason in opened.refused.items()
        )
