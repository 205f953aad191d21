"""What the connector says while no broker answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from connectors.sparkplug.connector import SparkplugConnector
from connectors.sparkplug.options import SparkplugOptions
from gateway.clock import ManualClock
from gateway.errors import NotConnectedError
from tests.peers.process import free_port
from tests.peers.web_memory import MemoryCatalogue

SAMPLE = Path(__file__).parents[3] / "connectors/sparkplug/samples/packer.yaml"


async def test_a_device_that_was_never_heard_of_is_offline_since_the_start() -> None:
    settings = yaml.safe_load(SAMPLE.read_text()) | {"host": "127.0.0.1", "port": free_port()}
    clock = ManualClock()
    connector = SparkplugConnector(
        name="edge",
        options=SparkplugOptions.model_validate(settings),
        catalogue=MemoryCatalogue(),
        clock=clock,
    )
    began_ns = clock.now_ns()
    await clock.advance(60)
    with pytest.raises(NotConnectedError):
        await connector.connect()
    (offline,) = connector.troubles()
    assert (offline.source, offline.since_ns) == ("Plant1/Line1/Packer", began_ns)
    assert offline.signal_path == settings["devices"][0]["machine"]
    assert len(connector.signals()) == 3
    await connector.close()
