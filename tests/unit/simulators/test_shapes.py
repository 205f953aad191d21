"""Payloads look as the three kinds of real devices send them."""

from __future__ import annotations

import json

from simulators.mqtt.shapes import SHAPES, TOPICS
from simulators.plant.events import BadQuality
from simulators.plant.model import PlantModel

STAMP_NS = 1_767_225_600_250_000_000


def messages(key: str, *, seq: int = 0, events: tuple[BadQuality, ...] = ()) -> dict[str, str]:
    sample = PlantModel(seed=1, events=events).advance().samples[key]
    return {m.topic: m.payload for m in SHAPES[key](sample.readings, STAMP_NS, seq)}


def test_the_mill_sends_a_flat_object_with_epoch_milliseconds() -> None:
    body = json.loads(messages("mill-1")["plant1/machining/mill-1/telemetry"])
    assert set(body) == {"ts", "spindle_rpm", "load_pct", "temp_c", "state", "parts"}
    assert body["ts"] == 1_767_225_600_250
    assert body["state"] in ("EXECUTE", "IDLE")


def test_the_lathe_sends_a_nested_object_with_its_own_time() -> None:
    body = json.loads(messages("lathe-1", seq=4)["plant1/machining/lathe-1/data"])
    assert body["header"] == {"time": "2026-01-01T00:00:00.250Z", "seq": 4}
    assert set(body["data"]) == {"spindle", "axis", "count", "state"}
    assert set(body["data"]["spindle"]) == {"speed", "load"}
    assert len(body["data"]["axis"]) == 3
    assert set(body["data"]["count"]) == {"good", "scrap"}


def test_rooms_send_one_value_a_topic_and_the_battery_now_and_then() -> None:
    first = messages("hall-1")
    assert set(first) == {
        f"plant1/rooms/hall-1/{n}" for n in ("temperature", "humidity", "battery")
    }
    assert 19 < float(first["plant1/rooms/hall-1/temperature"]) < 24
    assert "plant1/rooms/hall-1/battery" not in messages("hall-1", seq=1)
    assert set(messages("cold-store")) == {
        "plant1/rooms/cold-store/temperature",
        "plant1/rooms/cold-store/humidity",
    }


def test_every_topic_is_announced() -> None:
    assert set(TOPICS) == {topic for key in SHAPES for topic in messages(key)}


def test_a_failed_sensor_sends_null_or_a_word() -> None:
    def failed(machine: str) -> BadQuality:
        return BadQuality(kind="bad_quality", at_s=0, machine=machine, for_s=5)

    body = messages("mill-1", events=(failed("mill-1"),))["plant1/machining/mill-1/telemetry"]
    assert json.loads(body)["temp_c"] is None
    body = messages("lathe-1", events=(failed("lathe-1"),))["plant1/machining/lathe-1/data"]
    assert json.loads(body)["data"]["axis"] is None
    assert set(messages("hall-1", events=(failed("hall-1"),)).values()) == {"unavailable"}
