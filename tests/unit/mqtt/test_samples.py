"""Every sample beside the code loads, and does with its example payload what its comment says."""

from pathlib import Path

import orjson
import pytest
import yaml

from connectors.mqtt.commands.messages import CommandTopic
from connectors.mqtt.decoder import Decoder
from connectors.mqtt.frames import Message
from connectors.mqtt.options import MqttOptions
from connectors.mqtt.routes import Routes
from connectors.mqtt.unknown import UnknownTopics
from gateway.actuator import Order
from gateway.clock import ManualClock
from tests.peers.mqtt_driver import MemoryCatalogue

SAMPLES = Path(__file__).parents[3] / "connectors/mqtt/samples"
FLAT = b'{"ts": 1767225600123, "seq": 17, "spindle_speed": 8000, "spindle_load": 41.5, "state": "EXECUTE", "good": 1204}'
NESTED = b"""{"header": {"time": "2026-01-01T08:00:00.250+01:00", "count": 17},
  "data": {"temps": [21.5, 22.0], "door.open": "off", "vibration": [0.1, 0.2, 0.15], "raw_pressure": 512}}"""
T_MS = 1_767_225_600_000


@pytest.mark.parametrize(
    ("sample", "topic", "payload", "time_ms", "values"),
    [
        (
            "flat",
            "plant1/cell1/cnc-1/telemetry",
            FLAT,
            T_MS + 123,
            {"spindle_speed": 8000, "spindle_load": 41.5, "state": 6, "good_count": 1204},
        ),
        (
            "nested",
            "v1/line-a/packer/state",
            NESTED,
            T_MS + 7 * 3600_000 + 250,
            {
                "temperature_in": 21.5,
                "temperature_out": 22,
                "door_open": 0,
                "vibration": (0.1, 0.2, 0.15),
                "pressure": 4.12,
            },
        ),
        ("commands", "v1/oven/state", b'{"target":185.5}', T_MS, {"target_temp": 185.5}),
        ("values", "rooms/hall-2/temperature", b"21.4", T_MS, {"temperature": 21.4}),
        ("values", "rooms/hall-2/occupied", b"ON", T_MS, {"occupied": 1}),
    ],
)
def test_sample(sample, topic, payload, time_ms, values):
    settings = yaml.safe_load((SAMPLES / f"{sample}.yaml").read_text())
    options = MqttOptions.model_validate(settings)
    catalogue = MemoryCatalogue()
    routes = Routes(options, catalogue=catalogue, clock=ManualClock())
    decoder = Decoder(options, name=sample, routes=routes, unknown=UnknownTopics())
    message = Message(
        topic.encode(), payload, 1, 1, False, False, T_MS * 1_000_000, len(payload), ()
    )
    batch, letters, losses = decoder.decode([message], [])
    assert (letters, losses) == ((), ())
    assert set(batch.source_ns.tolist()) == {time_ms * 1_000_000}
    got = {
        catalogue.known[index].name: batch.side.get(row, float(batch.value[row]))
        for row, index in enumerate(batch.signal)
    }
    assert got.keys() == values.keys()
    assert all(got[name] == pytest.approx(value) for name, value in values.items())


def test_a_sample_command_is_the_message_that_its_comment_shows():
    text = (SAMPLES / "commands.yaml").read_text()
    options = MqttOptions.model_validate(yaml.safe_load(text))
    path = "plant1/baking/line1/oven/target_temp"
    order = Order(id="9f2c41aa07d3e815", values={path: 185.0}, expires_ns=1_767_225_610_123_000_000)
    message = orjson.loads(CommandTopic(options.commands[0]).message(order))
    assert message == orjson.loads(text.splitlines()[1].lstrip("# "))


def test_no_sample_is_untested():
    assert {path.stem for path in SAMPLES.glob("*.yaml")} == {
        "commands",
        "flat",
        "nested",
        "values",
    }
