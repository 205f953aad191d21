"""The table of connector types: the one place that turns a word of the configuration into code."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final, cast

from gateway.clock import Clock
from gateway.errors import ConfigError
from gateway.options import Options
from gateway.ports import Catalogue, Connector

_TYPES: Final = {
    "mqtt": ("connectors.mqtt.options:MqttOptions", "connectors.mqtt.connector:MqttConnector"),
    "opcua": ("connectors.opcua.options:OpcUaOptions", "connectors.opcua.connector:OpcUaConnector"),
    "sparkplug": (
        "connectors.sparkplug.options:SparkplugOptions",
        "connectors.sparkplug.connector:SparkplugConnector",
    ),
}
"""Type name to its options model and its factory, as `module:name`; loaded when first asked for."""


def connector_types() -> tuple[str, ...]:
    """Return the names of all connector types, sorted."""
    return tuple(sorted(_TYPES))


def options_model(type_name: str) -> type[Options]:
    """Return the options model of a type; raises `ConfigError` naming the known types."""
    model = _load(_entry(type_name)[0])
    return cast("type[Options]", model)


def build(*, name: str, options: Options, catalogue: Catalogue, clock: Clock) -> Connector:
    """Return a connector for its options, without touching the network; raises `ConfigError`."""
    type_name = str(getattr(options, "type", type(options).__name__))
    factory = cast("Callable[..., Connector]", _load(_entry(type_name)[1]))
    return factory(name=name, options=options, catalogue=catalogue, clock=clock)


def _entry(type_name: str) -> tuple[str, str]:
    entry = _TYPES.get(type_name)
    if entry is None:
        known = ", ".join(connector_types())
        raise ConfigError(f"connector type {type_name!r} is not known; want one of {known}")
    return entry


def _load(where: str) -> Any:
    module, _, attribute = where.partition(":")
    loaded = importlib.import_module(module)  # noqa: TID251 - lazily, from the fixed table above only
    return getattr(loaded, attribute)
