"""What stands of every node and device: who is born, which alias is which metric, and what each showed last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from connectors.sparkplug.options import DeviceOptions, MetricOptions, SparkplugOptions
from connectors.sparkplug.payload import Metric, Payload
from gateway.command import Value

NodeKey: TypeAlias = "tuple[str, str]"
BD_SEQ: Final = "bdSeq"
_SEQ: Final = 256
_MOST_ALIASES: Final = 20_000


@dataclass(slots=True)
class Born:
    """One metric as its birth described it."""

    name: str
    datatype: int
    alias: int | None


@dataclass(slots=True, eq=False)
class Device:
    """A device, or a node's own metrics (`options.device` None); `online` between birth and death."""

    options: DeviceOptions
    wanted: Mapping[str, tuple[MetricOptions, str, int]]
    online: bool = False
    born: dict[str, Born] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its id below its node, "" for the node itself."""
        return self.options.device or ""


@dataclass(slots=True, eq=False)
class Node:
    """An edge node. Aliases are unique across it; `seq` is the last sequence number, None before a birth."""

    key: NodeKey
    devices: dict[str, Device] = field(default_factory=dict)
    aliases: dict[int, str] = field(default_factory=dict)
    bd_seq: int | None = None
    seq: int | None = None
    seen_ns: int = 0

    def die(self) -> None:
        """Note that nothing of it is known any more."""
        self.seq = None
        self.aliases.clear()
        for each in self.devices.values():
            each.online = False
            each.born.clear()

    def follows(self, seq: int | None) -> bool:
        """Take the next sequence number; return whether it follows the last one without a gap."""
        before, self.seq = self.seq, seq
        return before is not None and seq == (before + 1) % _SEQ

    def bear(self, device: str, payload: Payload) -> None:
        """Learn the metrics of a birth, configured or not, as their aliases may be used from now on."""
        mine = self.devices.get(device)
        if mine is not None:
            mine.online = True
            mine.born.clear()
        for each in payload.metrics:
            if not each.name:
                continue
            if each.alias is not None and len(self.aliases) < _MOST_ALIASES:
                self.aliases[each.alias] = each.name
            if mine is not None and each.name in mine.wanted:
                mine.born[each.name] = Born(each.name, each.datatype, each.alias)

    def name_of(self, metric: Metric) -> str:
        """Return a metric's name, "" for an alias that no birth gave."""
        return metric.name or self.aliases.get(metric.alias if metric.alias is not None else -1, "")


def bd_seq(payload: Payload) -> int | None:
    """Return the number that ties a death to its birth."""
    found = [each.value for each in payload.metrics if each.name == BD_SEQ]
    return found[0] if found and isinstance(found[0], int) else None


@dataclass(slots=True)
class Shown:
    """What a metric showed last, and when the gateway heard of it."""

    value: Value | None
    received_ns: int


def build(options: SparkplugOptions, indexes: Mapping[str, int]) -> dict[NodeKey, Node]:
    """Return every configured node; `indexes` by signal path."""
    nodes = {key: Node(key) for key in options.nodes()}
    for each in options.devices:
        node = nodes[each.group, each.node]
        wanted = {
            metric.metric: (metric, path := each.path(metric.signal), indexes[path])
            for metric in each.metrics
        }
        held = node.devices.get(each.device or "")
        both = {**held.wanted, **wanted} if held is not None else wanted
        node.devices[each.device or ""] = Device(each, both)
    return nodes
