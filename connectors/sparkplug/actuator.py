"""Commands to Sparkplug nodes and devices: one NCMD or DCMD an order, and what the machine reports of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from connectors.mqtt.link import Link
from connectors.sparkplug.nodes import Born, Device, Node, NodeKey, Shown
from connectors.sparkplug.options import NAMESPACE
from connectors.sparkplug.payload import DataType, Metric, Payload, encode, raw
from gateway.actuator import Order
from gateway.clock import NS_PER_MS, NS_PER_S, Clock
from gateway.command import Present, Value
from gateway.errors import NotSentError, UnansweredError

_LEAVE_S: Final = 5.0
REBIRTH: Final = "Node Control/Rebirth"


class SparkplugActuator:
    """Implements `Actuator`. Sparkplug reports by exception: what a born metric showed last is what it holds.

    `age_s` counts from that report, so that a read-back sees what was reported after the order left.
    """

    def __init__(
        self,
        nodes: Callable[[], Mapping[NodeKey, Node]],
        shown: dict[str, Shown],
        *,
        paths: Collection[str],
        link: Callable[[], Link | None],
        clock: Clock,
    ) -> None:
        self._nodes = nodes
        self._shown = shown
        self._paths = frozenset(paths)
        self._link = link
        self._clock = clock

    def writes(self) -> Collection[str]:
        """Return every configured metric's signal."""
        return self._paths

    def reads(self) -> Collection[str]:
        """Return every configured metric's signal."""
        return self._paths

    async def ask(self, paths: Sequence[str]) -> Mapping[str, Present]:
        """Return what each metric reported last, as long as its device lives."""
        return {path: self._present(path) for path in paths}

    def _present(self, path: str) -> Present:
        found = self._find(path)
        if found is None or not found[1].online:
            return Present(value=None, problem="is offline: no birth since its last death")
        shown = self._shown.get(path)
        if shown is None:
            return Present(value=None, problem="is no metric of its device's birth")
        age_s = max(0.0, (self._clock.now_ns() - shown.received_ns) / NS_PER_S)
        problem = "" if shown.value is not None else "is null"
        return Present(value=shown.value, age_s=age_s, problem=problem)

    async def check(self, order: Order) -> None:
        """Build the message and throw it away; raises `CommandRefusedError` or `NotSentError`."""
        self._built(order)

    async def carry_out(self, order: Order) -> str:
        """Send it once at QoS 0, as the standard wants; what the machine reports then is read back."""
        topic, payload = self._built(order)
        link = self._link()
        if link is None or link.failure is not None:
            raise NotSentError("there is no connection")
        if self._clock.now_ns() >= order.expires_ns:
            raise NotSentError("the selection ran out")
        left = link.publish(topic, payload, expires_s=1, answer_to=None, qos=0)
        self._unchanged(order.values)
        try:
            async with asyncio.timeout(_LEAVE_S):
                await left
        except TimeoutError:
            raise UnansweredError("it may not have left: the broker takes nothing") from None
        return f"sent to {topic.partition('/')[2]}"

    def _unchanged(self, values: Mapping[str, Value]) -> None:
        """Take what is shown already as shown now: a report by exception tells only changes."""
        now_ns = self._clock.now_ns()
        for path, value in values.items():
            shown = self._shown.get(path)
            if shown is not None and shown.value == value:
                shown.received_ns = now_ns

    def _built(self, order: Order) -> tuple[str, bytes]:
        now_ms = self._clock.now_ns() // NS_PER_MS
        metrics: list[Metric] = []
        homes: set[tuple[str, ...]] = set()
        for path, value in order.values.items():
            node, device, born = self._born(path)
            homes.add((*node.key, device.key))
            metrics.append(
                Metric(
                    # By alias alone where the birth gave one (tck-id-payloads-alias-data-cmd-requirement).
                    name="" if born.alias is not None else born.name,
                    alias=born.alias,
                    timestamp_ms=now_ms,
                    datatype=born.datatype,
                    value=raw(value, born.datatype, name=path),
                )
            )
        if len(homes) != 1:
            raise NotSentError("its values are of several devices, which one message cannot set")
        ((group, node_id, device_id),) = homes
        kind = "DCMD" if device_id else "NCMD"
        topic = "/".join(filter(None, (NAMESPACE, group, kind, node_id, device_id)))
        return topic, encode(Payload(timestamp_ms=now_ms, metrics=tuple(metrics)))

    def _born(self, path: str) -> tuple[Node, Device, Born]:
        found = self._find(path)
        if found is None or not found[1].online:
            raise NotSentError(f"{path}: its device is offline")
        node, device, name = found
        born = device.born.get(name)
        if born is None:
            raise NotSentError(f"{path}: the device's birth has no metric {name!r}")
        return node, device, born

    def _find(self, path: str) -> tuple[Node, Device, str] | None:
        for node in self._nodes().values():
            for device in node.devices.values():
                for name, (_, mine, _) in device.wanted.items():
                    if mine == path:
                        return node, device, name
        return None


def rebirth(now_ns: int) -> bytes:
    """Return the command by which a node is asked to tell its birth again."""
    ask = Metric(
        name=REBIRTH, timestamp_ms=now_ns // NS_PER_MS, datatype=DataType.BOOLEAN, value=True
    )
    return encode(Payload(timestamp_ms=now_ns // NS_PER_MS, metrics=(ask,)))
