"""Sparkplug over a real broker: births and data read, gaps mended by a rebirth, commands sent once and read back."""

from __future__ import annotations

import itertools
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.sparkplug.connector import SparkplugConnector
from connectors.sparkplug.options import SparkplugOptions
from gateway.clock import Clock
from gateway.command import OperationState as S
from gateway.errors import ConflictError
from gateway.ports import Catalogue
from tests.peers.control_house import MACHINE, MODE, SPEED, TEMP
from tests.peers.control_live import Live, live_house
from tests.peers.mosquitto import Mosquitto
from tests.peers.sparkplug_device import Behaviour, SparkplugDevice
from tests.peers.web_server import eventually

pytestmark = pytest.mark.peer

COMMANDS: dict[str, Any] = {
    "speed": {
        "title": "Target speed",
        "kind": "setpoint",
        "machine": MACHINE,
        "parameters": [{"signal": "speed", "low": 60, "high": 130}],
        "interlocks": [{"name": "cool", "when": "temp < 70 and mode == -1", "max_age_s": 0.001}],
        "rate_per_min": 60,
        "read_back": {"within_s": 1.0},
    }
}
GROUPS = (f"G{n}" for n in itertools.count())


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as made:
        yield made


@asynccontextmanager
async def plant(folder: Path, broker: Mosquitto) -> AsyncIterator[tuple[Live, SparkplugDevice]]:
    group = next(GROUPS)
    metrics = [
        {"metric": "Speed/Target", "signal": "speed"},
        {"metric": "Temp", "signal": "temp"},
        {"metric": "Mode", "signal": "mode", "data_type": "enum"},
    ]
    options = SparkplugOptions.model_validate(
        {
            "host": "127.0.0.1",
            "port": broker.port,
            "client_id": f"gateway-{group}",
            "gather_ms": 1,
            "devices": [
                {"group": group, "node": "N", "device": "D", "machine": MACHINE, "metrics": metrics}
            ],
        }
    )

    def build(catalogue: Catalogue, clock: Clock) -> SparkplugConnector:
        return SparkplugConnector(name="edge", options=options, catalogue=catalogue, clock=clock)

    # The device is there first: its births were told to nobody, and are asked for.
    with SparkplugDevice(broker.port, group) as device:
        async with live_house(folder, build, COMMANDS) as live:
            await live.shows(SPEED, 120.0)
            yield live, device


async def operate(live: Live, value: float = 110.0) -> Any:
    return await live.house.operate(await live.house.select(value))


async def test_births_are_asked_for_and_data_is_read_by_alias(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with plant(tmp_path, broker) as (live, device):
        assert device.births >= 2
        device.values["Temp"] = 61.5
        device.tell("Temp")
        await live.shows(TEMP, 61.5)
        await live.shows(MODE, -1.0)
        births = device.births
        device.lose_one()
        device.values["Temp"] = 62.5
        device.tell("Temp")
        await live.shows(TEMP, 62.5)
        figures = live.connector.figures
        await eventually(lambda: figures().extra["sequence_gaps"] == 1, timeout_s=30)
        assert [each.cause for each in live.losses[-3:]] == [
            "the node's sequence numbers have a gap"
        ] * 3
        await eventually(lambda: device.births > births, timeout_s=30)


async def test_a_device_that_obeys_is_ok_once(tmp_path: Path, broker: Mosquitto) -> None:
    async with plant(tmp_path, broker) as (live, device):
        done = await operate(live)
        assert done.state is S.OK, done.explanation
        ((topic, told, qos, retain),) = device.seen
        assert topic == f"spBv1.0/{device.group}/DCMD/N/D"
        # By alias alone, in the birth's data type, at QoS 0 and not retained, as the standard wants.
        assert (1 in told, told[2], told[4]) == (False, 1, 10)
        assert struct.unpack("<d", told[13]) == (110.0,)
        assert (qos, retain) == (0, False)
        # What is shown already is no change, so that no report is waited for.
        assert (await operate(live)).state is S.OK


async def test_late_never_twice_and_refused(tmp_path: Path, broker: Mosquitto) -> None:
    async with plant(tmp_path, broker) as (live, device):
        device.behaviour = Behaviour.TWICE
        assert (await operate(live, 111)).state is S.OK
        device.behaviour = Behaviour.REFUSES
        refused = await operate(live, 112)
        assert refused.state is S.FAILED
        assert "shows 111" in refused.explanation
        device.behaviour = Behaviour.SILENT
        never = await operate(live, 113)
        assert never.state is S.UNKNOWN
        assert "reported nothing since" in never.explanation
        device.behaviour, device.late_s = Behaviour.OBEYS_LATE, 1.5
        late = await operate(live, 114)
        assert late.state is S.UNKNOWN
        await live.shows(SPEED, 114.0)
        assert (await live.house.guard.operation(late.id)).state is S.UNKNOWN
        assert len(device.seen) == 4


async def test_a_device_that_died_takes_nothing(tmp_path: Path, broker: Mosquitto) -> None:
    async with plant(tmp_path, broker) as (live, device):
        selected = await live.house.select(110)
        device.die()
        figures = live.connector.figures
        await eventually(lambda: figures().extra["deaths"] == 1, timeout_s=30)
        with pytest.raises(ConflictError, match="offline"):
            await live.house.operate(selected)
        with pytest.raises(ConflictError, match="offline"):
            await live.house.select(110)
        assert device.seen == []
        assert [each.reason for each in live.connector.troubles()] == [
            "offline: no birth since its last death"
        ]
        device.bear()
        await eventually(lambda: figures().extra["online"] == 1, timeout_s=30)
        assert (await operate(live)).state is S.OK
