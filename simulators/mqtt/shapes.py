"""Payloads in three shapes that real plants send: flat object, nested object, one value a topic."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from simulators.plant.cell import COLD_STORE, HALL, LATHE, MILL
from simulators.plant.faults import Reading

BAD: Final = "unavailable"
"""What a room sensor with bad quality sends."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Message:
    """A payload for a topic; `time_ns` is the source time, which a bare value does not carry."""

    topic: str
    payload: str
    time_ns: int


Readings = Mapping[str, Reading]
Shape = Callable[[Readings, int, int], list[Message]]


def flat(readings: Readings, stamp_ns: int, _seq: int) -> list[Message]:
    """One flat object with epoch milliseconds; a bad value is null."""
    body = {"ts": stamp_ns // 1_000_000} | {name: r.value for name, r in readings.items()}
    return [Message(f"plant1/machining/{MILL}/telemetry", _json(body), stamp_ns)]


def nested(readings: Readings, stamp_ns: int, seq: int) -> list[Message]:
    """A nested object with an ISO 8601 time stamp of its own."""
    value = {name: reading.value for name, reading in readings.items()}
    axis = value["axis"]
    body = {
        "header": {"time": iso(stamp_ns), "seq": seq},
        "data": {
            "spindle": {"speed": value["speed"], "load": value["load"]},
            "axis": list(axis) if isinstance(axis, tuple) else None,
            "count": {"good": value["good"], "scrap": value["scrap"]},
            "state": value["state"],
        },
    }
    return [Message(f"plant1/machining/{LATHE}/data", _json(body), stamp_ns)]


def one_a_topic(room: str) -> Shape:
    """Return the shape of a room: each value alone on its topic, the battery every 15th time."""

    def shape(readings: Readings, stamp_ns: int, seq: int) -> list[Message]:
        return [
            Message(f"plant1/rooms/{room}/{name}", _bare(reading), stamp_ns)
            for name, reading in readings.items()
            if name != "battery" or seq % 15 == 0
        ]

    return shape


def iso(stamp_ns: int) -> str:
    """UTC with milliseconds and Z."""
    moment = _EPOCH + timedelta(milliseconds=stamp_ns // 1_000_000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(body: object) -> str:
    return json.dumps(body, separators=(",", ":"))


def _bare(reading: Reading) -> str:
    return BAD if reading.value is None else str(reading.value)


SHAPES: Final[dict[str, Shape]] = {
    MILL: flat,
    LATHE: nested,
    HALL: one_a_topic(HALL),
    COLD_STORE: one_a_topic(COLD_STORE),
}

EVERY_NS: Final = {
    MILL: 1_000_000_000,
    LATHE: 1_000_000_000,
    HALL: 2_000_000_000,
    COLD_STORE: 2_000_000_000,
}
"""How often each device publishes, in plant time."""

TOPICS: Final = (
    f"plant1/machining/{MILL}/telemetry",
    f"plant1/machining/{LATHE}/data",
    f"plant1/rooms/{HALL}/temperature",
    f"plant1/rooms/{HALL}/humidity",
    f"plant1/rooms/{HALL}/battery",
    f"plant1/rooms/{COLD_STORE}/temperature",
    f"plant1/rooms/{COLD_STORE}/humidity",
)
