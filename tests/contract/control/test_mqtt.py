"""Commands over a real broker to a machine that answers well, late, never, twice, or refuses."""

from __future__ import annotations

import itertools
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.mqtt.connector import MqttConnector
from connectors.mqtt.options import MqttOptions
from gateway.clock import Clock
from gateway.command import OperationState as S
from gateway.ports import Catalogue
from tests.peers.control_house import MACHINE, SPEED
from tests.peers.control_live import Live, live_house
from tests.peers.mosquitto import Mosquitto
from tests.peers.mqtt_device import Behaviour, MqttDevice
from tests.peers.web_server import eventually

pytestmark = pytest.mark.peer

COMMANDS: dict[str, Any] = {
    "speed": {
        "title": "Target speed",
        "kind": "setpoint",
        "machine": MACHINE,
        "parameters": [{"signal": "speed", "low": 60, "high": 130}],
        "interlocks": [{"name": "cool", "when": "temp < 70 and mode == 1"}],
        "rate_per_min": 60,
        "read_back": {"within_s": 1.5},
    }
}
NAMES = (f"filler{n}" for n in itertools.count())


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as made:
        yield made


def options(port: int, name: str, *, v5: bool, within_s: float = 5.0) -> MqttOptions:
    values = [
        {"signal": f"{MACHINE}/{each}", "path": each, "data_type": kind}
        for each, kind in (("speed", "float"), ("temp", "float"), ("mode", "enum"))
    ]
    reply = {"topic": f"{name}/reply", "within_s": within_s}
    sent = [{"signal": SPEED, "path": "data.target"}]
    return MqttOptions.model_validate(
        {
            "host": "127.0.0.1",
            "port": port,
            "client_id": f"gateway-{name}",
            "protocol": "5" if v5 else "3.1.1",
            "gather_ms": 1,
            "mappings": [{"topic": f"{name}/telemetry", "signals": values}],
            "commands": [{"topic": f"{name}/cmd", "values": sent, "reply": reply}],
        }
    )


@asynccontextmanager
async def plant(
    folder: Path, broker: Mosquitto, *, v5: bool = True, within_s: float = 5.0
) -> AsyncIterator[tuple[Live, MqttDevice]]:
    name = next(NAMES)
    settings = options(broker.port, name, v5=v5, within_s=within_s)

    def build(catalogue: Catalogue, clock: Clock) -> MqttConnector:
        return MqttConnector(name="broker", options=settings, catalogue=catalogue, clock=clock)

    async with live_house(folder, build, COMMANDS) as live:
        with MqttDevice(broker.port, name, v5=v5) as device:
            await live.shows(SPEED, 120.0)
            yield live, device


async def operate(live: Live, value: float = 110.0) -> Any:
    return await live.house.operate(await live.house.select(value))


@pytest.mark.parametrize("v5", [True, False], ids=["5", "3.1.1"])
async def test_a_machine_that_obeys_is_ok_once(tmp_path: Path, broker: Mosquitto, v5: bool) -> None:
    async with plant(tmp_path, broker, v5=v5) as (live, device):
        done = await operate(live)
        assert done.state is S.OK, done.explanation
        assert "answered OK" in done.explanation
        assert "speed shows 110" in done.explanation
        (seen,) = device.seen
        assert seen.document == {
            "data": {"target": 110.0},
            "request_id": done.id,
            "expires_ms": done.expires_ns // 1_000_000,
        }
        assert (seen.qos, seen.retain) == (1, False)
        if v5:
            assert (seen.response_topic, seen.correlation) == (
                f"{device.name}/reply",
                done.id.encode(),
            )
            assert seen.expiry_s is not None
            assert 1 <= seen.expiry_s <= 10


async def test_a_late_answer_and_none_at_all_are_unknown_and_never_sent_again(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with plant(tmp_path, broker, within_s=0.3) as (live, device):
        device.behaviour, device.late_s = Behaviour.OBEYS_LATE, 0.6
        late = await operate(live)
        assert late.state is S.UNKNOWN
        assert "no answer in time" in late.explanation
        counts = live.connector.figures
        await eventually(lambda: counts().extra["late_replies"] == 1, timeout_s=30)
        await live.shows(SPEED, 110.0)
        device.behaviour = Behaviour.SILENT
        never = await operate(live, 115)
        assert never.state is S.UNKNOWN
        assert "Look at the machine" in never.explanation
        assert (await live.house.guard.operation(late.id)).state is S.UNKNOWN
        assert [each.document["request_id"] for each in device.seen] == [late.id, never.id]


async def test_an_answer_that_comes_twice_counts_once(tmp_path: Path, broker: Mosquitto) -> None:
    async with plant(tmp_path, broker) as (live, device):
        device.behaviour = Behaviour.TWICE
        done = await operate(live)
        assert done.state is S.OK, done.explanation
        counts = live.connector.figures
        await eventually(lambda: counts().extra["repeated_replies"] == 1, timeout_s=30)
        assert counts().extra["replies"] == 1


async def test_what_the_machine_refuses_or_only_says_has_failed(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with plant(tmp_path, broker) as (live, device):
        device.behaviour = Behaviour.REFUSES
        done = await operate(live)
        assert done.state is S.FAILED
        assert "door open" in done.explanation
        device.behaviour = Behaviour.SAYS_SO_ONLY
        done = await operate(live)
        assert done.state is S.FAILED
        assert "shows 120" in done.explanation
        assert len(device.seen) == 2


async def test_answers_that_cannot_be_read_or_were_never_asked_for_change_nothing(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with plant(tmp_path, broker, within_s=0.5) as (live, device):
        device.behaviour = Behaviour.MUTTERS
        done = await operate(live)
        assert done.state is S.UNKNOWN
        assert [each.reason.partition(":")[0] for each in live.letters] == ["answer to a command"]
        device.behaviour = Behaviour.SILENT
        selected = await live.house.select(115)
        forged = {"request_id": "0" * 16, "status": "ok"}
        kept = {"request_id": selected.operation.id, "status": "ok"}
        device.say(forged)
        device.say(kept, retain=True)
        counts = live.connector.figures
        await eventually(lambda: counts().extra["foreign_replies"] == 2, timeout_s=30)
        assert (await live.house.operate(selected)).state is S.UNKNOWN


async def test_a_machine_that_is_away_hears_nothing_later(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with plant(tmp_path, broker) as (live, device):
        selected = await live.house.select(110)
        device.leave()
        done = await live.house.operate(selected)
        assert done.state is S.FAILED
        assert "nobody listens" in done.explanation
        with MqttDevice(broker.port, device.name) as back:
            later = await operate(live, 115)
            assert later.state is S.OK, later.explanation
            assert [each.document["request_id"] for each in back.seen] == [later.id]


async def test_a_broker_that_dies_before_it_took_it_leaves_it_unknown(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        async with plant(tmp_path, broker, within_s=1.0) as (live, device):
            selected = await live.house.select(110)
            broker.signal(signal.SIGSTOP)
            done = await live.house.operate(selected)
            assert done.state is S.UNKNOWN
            broker.kill()
            await eventually(lambda: not live.connected, timeout_s=30)
            with pytest.raises(Exception, match="not connected"):
                await live.house.select(110)
            broker.start()
            await eventually(lambda: live.connected, timeout_s=30)
            assert device.seen == []
