"""The settings of a Sparkplug connector, as a person writes them."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from connectors.mqtt.broker import BrokerOptions, Subscription
from connectors.signals import SignalOptions
from gateway.model import DataType, path_problem
from gateway.options import Options

NAMESPACE = "spBv1.0"
Part = Annotated[
    str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^/+#\x00-\x1f]+$")
]
_SCALARS = {DataType.FLOAT, DataType.INTEGER, DataType.BOOLEAN, DataType.ENUM, DataType.STRING}


class MetricOptions(SignalOptions):
    """One metric and the signal that it becomes."""

    metric: str = Field(
        min_length=1,
        max_length=255,
        description="Name of the metric as its birth gives it, such as Speed/Target.",
    )
    signal: str = Field(
        max_length=255, description="Name of the signal on `machine`, or its full path."
    )

    @model_validator(mode="after")
    def _scalar(self) -> MetricOptions:
        if self.data_type not in _SCALARS:
            msg = f"metric {self.metric!r}: data_type {self.data_type} is no scalar"
            raise ValueError(msg)
        return self


class DeviceOptions(Options):
    """A device of an edge node, or the node itself, and what is read of it."""

    group: Part = Field(description="Group id.")
    node: Part = Field(description="Edge node id.")
    device: Part | None = Field(None, description="Device id; without it the node's own metrics.")
    machine: str = Field(description="Path site/area/line/machine of its signals.")
    metrics: tuple[MetricOptions, ...] = Field(
        min_length=1, max_length=2000, description="The metrics that become signals."
    )

    def path(self, signal: str) -> str:
        """Return the full path of a signal."""
        return signal if "/" in signal else f"{self.machine}/{signal}"

    @model_validator(mode="after")
    def _paths(self) -> DeviceOptions:
        for each in self.metrics:
            problem = path_problem(self.path(each.signal))
            if problem is not None:
                msg = f"signal {each.signal!r}: {problem}"
                raise ValueError(msg)
        return self


class SparkplugOptions(BrokerOptions):
    """One broker and the Sparkplug B nodes and devices that are read, and commanded, over it."""

    type: Literal["sparkplug"] = Field("sparkplug", description="Kind of connector.")
    devices: tuple[DeviceOptions, ...] = Field(
        min_length=1, max_length=2000, description="Nodes and devices."
    )

    @field_validator("devices")
    @classmethod
    def _once(cls, devices: tuple[DeviceOptions, ...]) -> tuple[DeviceOptions, ...]:
        signals = Counter(each.path(metric.signal) for each in devices for metric in each.metrics)
        path, times = signals.most_common(1)[0]
        if times > 1:
            msg = f"signal {path!r} is fed by two metrics"
            raise ValueError(msg)
        sources = Counter(
            (each.group, each.node, each.device, metric.metric)
            for each in devices
            for metric in each.metrics
        )
        source, times = sources.most_common(1)[0]
        if times > 1:
            msg = f"metric {'/'.join(filter(None, source))!r} feeds two signals: want one"
            raise ValueError(msg)
        return devices

    def writable(self) -> frozenset[str]:
        """Return every signal: a birth says what each metric takes, and the machine what it does with it."""
        return frozenset(
            each.path(metric.signal) for each in self.devices for metric in each.metrics
        )

    def nodes(self) -> tuple[tuple[str, str], ...]:
        """Return group and node of every edge node, once each."""
        return tuple(dict.fromkeys((each.group, each.node) for each in self.devices))

    def filters(self) -> tuple[Subscription, ...]:
        """Return what the broker is asked for: everything of each node."""
        return tuple(
            Subscription(f"{NAMESPACE}/{group}/+/{node}/#", 1) for group, node in self.nodes()
        )
