"""Sparkplug B as a source of samples, and the way back to its devices."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

from connectors.mqtt.reception import Reception
from connectors.mqtt.unknown import UnknownTopics
from connectors.sparkplug.actuator import SparkplugActuator, rebirth
from connectors.sparkplug.decoder import Decoder
from connectors.sparkplug.nodes import Node, NodeKey, Shown, build
from connectors.sparkplug.options import NAMESPACE, SparkplugOptions
from gateway.clock import Clock
from gateway.errors import NotSentError
from gateway.model import Intake
from gateway.ports import Catalogue, Session
from gateway.status import ConnectorFigures, SourceTrouble, UnknownSource

_AGAIN_S: Final = 2.0


class SparkplugConnector:
    """Reads the configured nodes of one broker; see `gateway.ports.Connector` for the contract.

    Births are not retained, so each connection begins by asking every node for its own.
    """

    kind = "sparkplug"

    def __init__(
        self, *, name: str, options: SparkplugOptions, catalogue: Catalogue, clock: Clock
    ) -> None:
        self.name = name
        self._options = options
        self._catalogue = catalogue
        self._clock = clock
        self._reception = Reception(options, clock=clock)
        self.target = self._reception.target
        self._unknown = UnknownTopics()
        self._nodes: dict[NodeKey, Node] = {}
        self._shown: dict[str, Shown] = {}
        self._decoder: Decoder | None = None
        self._indexes: dict[str, int] = {}
        self._asked: dict[NodeKey, float] = {}
        self._later: dict[NodeKey, asyncio.TimerHandle] = {}
        self._rebirths = 0
        self._began_ns = clock.now_ns()
        self._troubles: tuple[SourceTrouble, ...] = ()
        self.actuator = SparkplugActuator(
            lambda: self._nodes,
            self._shown,
            paths=options.writable(),
            link=lambda: self._reception.link,
            clock=clock,
        )

    async def connect(self) -> Session:
        """Make one attempt: connect, log in, subscribe, and ask every node for its birth."""
        self._ready()
        for node in self._nodes.values():
            node.die()
        self._shown.clear()
        opened = await self._reception.connect()
        self._troubles = self._reception.refused(opened)
        self._asked.clear()
        self._ask_for_births(self._nodes)
        return Session(resumed=opened.resumed, remarks=opened.remarks)

    def _ready(self) -> Decoder:
        """Return the decoder, once the catalogue has every signal; raises as the catalogue does."""
        if self._decoder is not None:
            return self._decoder
        signals = [
            metric.to_signal(device.path(metric.signal))
            for device in self._options.devices
            for metric in device.metrics
        ]
        numbers = self._catalogue.register(signals).tolist()
        self._indexes = dict(zip((each.path for each in signals), numbers, strict=True))
        self._nodes = build(self._options, self._indexes)
        self._decoder = Decoder(
            self._options,
            name=self.name,
            nodes=self._nodes,
            shown=self._shown,
            unknown=self._unknown,
        )
        return self._decoder

    async def read(self) -> Intake:
        """Return the next rows; the receipt also covers messages that gave no row."""
        fresh = await self._reception.read()
        decoded = self._ready().decode(fresh, self._reception.dropped)
        self._ask_for_births(decoded.rebirths)
        return Intake(
            batch=decoded.batch,
            dead_letters=decoded.letters,
            losses=decoded.losses,
            receipt=self._reception.hand_out(),
        )

    def _ask_for_births(self, nodes: Iterable[NodeKey]) -> None:
        """Ask nodes to tell their births again, each at most once in two seconds, and then later."""
        link, now_s = self._reception.link, self._clock.monotonic_s()
        for key in nodes:
            if link is None:
                return
            wait_s = self._asked.get(key, -_AGAIN_S) + _AGAIN_S - now_s
            if wait_s > 0:
                self._ask_later(key, wait_s)
                continue
            self._asked[key] = now_s
            topic = f"{NAMESPACE}/{key[0]}/NCMD/{key[1]}"
            try:
                left = link.publish(
                    topic, rebirth(self._clock.now_ns()), expires_s=5, answer_to=None, qos=0
                )
            except NotSentError:
                # The connection is going: the next one begins by asking.
                return
            # Where it did not leave, the connection ends, and the next one asks.
            left.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._rebirths += 1

    def _ask_later(self, key: NodeKey, wait_s: float) -> None:
        if key in self._later:
            return

        def ask() -> None:
            del self._later[key]
            self._ask_for_births((key,))

        self._later[key] = asyncio.get_running_loop().call_later(wait_s, ask)

    async def acknowledge(self, receipt: object) -> None:
        """Send PUBACK for what is on disk; a receipt of an older connection sends nothing."""
        self._reception.acknowledge(receipt)

    async def close(self) -> None:
        """End the connection."""
        for each in self._later.values():
            each.cancel()
        self._later.clear()
        await self._reception.close()

    def signals(self) -> Sequence[int]:
        """Return the indices of its signals."""
        return sorted(self._indexes.values())

    def figures(self) -> ConnectorFigures:
        """Return its own counts."""
        reception = self._reception
        online = sum(each.online for node in self._nodes.values() for each in node.devices.values())
        extra = {
            "messages": reception.messages,
            "bytes": reception.bytes,
            "unacknowledged": reception.unsettled,
            "online": online,
            "rebirths_asked": self._rebirths,
            **(self._decoder.counts if self._decoder is not None else {}),
        }
        return ConnectorFigures(
            queue_depth=reception.depth,
            queue_limit=self._options.queue_limit,
            drops=reception.drops,
            unknown=self._unknown.messages,
            extra={name: float(count) for name, count in extra.items()},
        )

    def troubles(self) -> Sequence[SourceTrouble]:
        """Return refused subscriptions, and devices that are not born."""
        offline = [
            SourceTrouble(
                source="/".join(filter(None, (*node.key, device.key))),
                signal_path=device.options.machine,
                reason="offline: no birth since its last death",
                since_ns=node.seen_ns or self._began_ns,
            )
            for node in self._nodes.values()
            for device in node.devices.values()
            if not device.online
        ]
        return [*self._troubles, *offline]

    def unknown_sources(self) -> Sequence[UnknownSource]:
        """Return topics of devices that are not configured, most frequent first."""
        return self._unknown.sources()
