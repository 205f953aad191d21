"""The table names code that exists, and an unknown type is answered with the known ones."""

import pytest

from connectors.registry import build, connector_types, options_model
from gateway.clock import ManualClock
from gateway.errors import ConfigError
from tests.peers.mqtt_driver import MemoryCatalogue


def test_types():
    assert connector_types() == ("mqtt", "opcua", "sparkplug")


@pytest.mark.parametrize("type_name", connector_types())
def test_every_options_model_carries_its_type(type_name):
    assert options_model(type_name).model_fields["type"].default == type_name


def test_build():
    settings = {
        "host": "h",
        "client_id": "c",
        "mappings": [
            {"topic": "t", "format": "value", "signals": [{"signal": "a/b/c/d/e"}]},
        ],
    }
    connector = build(
        name="b",
        options=options_model("mqtt").model_validate(settings),
        catalogue=MemoryCatalogue(),
        clock=ManualClock(),
    )
    assert (connector.name, connector.kind) == ("b", "mqtt")


def test_an_unknown_type_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="'profinet' is not known; want one of mqtt, opcua"):
        options_model("profinet")
