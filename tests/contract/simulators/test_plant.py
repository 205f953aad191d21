"""The whole plant starts, can be read, is disturbed as the scenario says, and ends in time."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from asyncua.client.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from simulators.mqtt.shapes import TOPICS
from simulators.opcua.server import NAMESPACE, Serving
from simulators.run import Plant, PlantOptions, PlantState
from simulators.sentlog import read_sent
from tests.peers.process import Peer

EVENTS = """\
name: t
events:
  - {at_s: 4, machine: packer, kind: disconnect, for_s: 20}
  - {at_s: 4, machine: labeller, kind: renumber_namespaces, others: 2}
  - {at_s: 4, machine: mill-1, kind: disconnect, for_s: 10}
"""


async def until(condition: Callable[[], Any], *, timeout_s: float = 40.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 (what is watched has no event)
            await asyncio.sleep(0.02)


async def namespaces(endpoint: str) -> list[str]:
    async with Client(endpoint) as client:
        return list(await client.get_namespace_array())


def longest_gap_s(sent: Path, source: str) -> float:
    times = [row.time_ns for row in read_sent(sent) if row.source.startswith(source)]
    return max((b - a for a, b in pairwise(times)), default=0) / 1e9


async def test_the_plant_is_readable_and_the_scenario_unplugs_and_renumbers(tmp_path: Path) -> None:
    scenario = tmp_path / "t.yaml"
    scenario.write_text(EVENTS)
    sent = tmp_path / "sent.jsonl"
    plant = Plant(PlantOptions(scenario=scenario, factor=5.0, sent_log=sent, seed=3))
    await plant.start()
    try:
        await until(lambda: plant.servers["packer"].state is Serving.DOWN)
        await until(lambda: all(s.state is Serving.UP for s in plant.servers.values()))
        uris = await namespaces(plant.endpoints["labeller"])
        assert uris.index(NAMESPACE) == 4
        assert (await namespaces(plant.endpoints["packer"])).index(NAMESPACE) == 2
        # The devices are back a moment before anything is written again; rows are else at most 1 s apart.
        await until(lambda: longest_gap_s(sent, "packer") >= 3)
        await until(lambda: longest_gap_s(sent, "plant1/machining/mill-1") >= 3)
    finally:
        await plant.stop()
    assert plant.state is PlantState.STOPPED
    rows = read_sent(sent)
    start_ns = plant.clock.start_ns
    running = [row.time_ns for row in rows if row.time_ns >= start_ns]
    assert all((time_ns - start_ns) % 250_000_000 == 0 for time_ns in running)


async def test_every_topic_arrives_at_a_plain_client() -> None:
    got: dict[str, str] = {}
    plant = Plant(PlantOptions(scenario="quiet", factor=4.0))
    await plant.start()
    try:
        client = mqtt.Client(CallbackAPIVersion.VERSION2)

        def keep(_client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
            got.setdefault(message.topic, message.payload.decode())

        def subscribe(connected: mqtt.Client, *_: Any) -> None:
            connected.subscribe("plant1/#", 1)

        client.on_message = keep
        client.on_connect = subscribe
        client.connect("127.0.0.1", plant.mqtt_port)
        client.loop_start()
        await until(lambda: set(got) == set(TOPICS))
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)
    finally:
        await plant.stop()
    assert set(json.loads(got["plant1/machining/mill-1/telemetry"])) >= {"ts", "parts"}
    assert float(got["plant1/rooms/cold-store/temperature"]) < 8


async def test_a_written_target_speed_slows_the_machine() -> None:
    plant = Plant(PlantOptions(scenario="quiet", factor=2.0))
    await plant.start()
    try:
        async with Client(plant.endpoints["filler"]) as client:
            await client.get_node("ns=2;s=Filler.TargetSpeed").write_value(60.0)
            await until(lambda: plant.model.line.machines["filler"].target_per_min == 60.0)
            assert await client.get_node("ns=2;s=Filler.TargetSpeed").read_value() == 60.0
    finally:
        await plant.stop()


def run_alone(tmp_path: Path, *more: str) -> Peer:
    ready = tmp_path / "ready.json"
    arguments = ["--port-base", "0", "--mqtt-port", "0", "--ready-file", str(ready), *more]
    return Peer(
        [sys.executable, "-W", "error", "-m", "simulators", *arguments],
        ready=ready.exists,
        log=tmp_path / "simulators.log",
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_all_soon(tmp_path: Path, number: signal.Signals) -> None:
    with run_alone(tmp_path) as peer:
        document = json.loads((tmp_path / "ready.json").read_text())
        assert list(document["opcua"]) == [
            *("rinser", "filler", "capper", "labeller", "packer"),
            "lathe2",
        ]
        assert document["namespace"] == NAMESPACE
        assert document["pid"] == peer.process.pid
        peer.process.send_signal(number)
        # 0.2 s alone, 3 s promised; the rest is for a machine that is busy with other tests
        assert peer.process.wait(6) == 0
    said = (tmp_path / "simulators.log").read_text()
    for address in (*document["opcua"].values(), f"mqtt://127.0.0.1:{document['mqtt']['port']}"):
        assert address in said
    assert "Traceback" not in said
    assert "s=Filler.…" in said
    assert not (tmp_path / "ready.json").exists()


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulators", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_a_busy_port_is_named_and_ends_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = alone("--port-base", str(port), "--mqtt-port", "0")
    assert done.returncode == 2
    assert f"OPC UA server of Rinser: port {port} on 127.0.0.1 cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_scenario_is_named_and_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nevents:\n  - {at_s: 1, machine: fller, kind: counter_reset}\n")
    done = alone("--scenario", str(path))
    assert done.returncode == 2
    assert "mine.yaml:3: events[0].machine: unknown name 'fller'" in done.stderr
