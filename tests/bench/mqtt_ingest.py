"""Messages a second and CPU a message of the MQTT connector, beside a bare paho loop, in the same run.

Run: python -m tests.bench.mqtt_ingest [messages]. A Mosquitto of its own on a free port; messages of 4 values are
queued at the broker first, so that the receiving side alone is measured. CPU is this process's own, both threads.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from connectors.mqtt.options import MqttOptions
from tests.peers.mosquitto import Mosquitto
from tests.peers.mqtt_driver import Publisher, driver

COMMIT_S = 0.02
MAPPING = {
    "topic": "plant/{machine}/telemetry",
    "timestamp": {"path": "ts", "format": "epoch_ms"},
    "signals": [{"path": f"v{n}", "signal": f"plant/cell/line/{{machine}}/v{n}"} for n in range(4)],
}


def documents(count: int) -> list[tuple[str, bytes]]:
    """Return messages of 200 machines with 4 values each."""
    return [
        (
            f"plant/m{n % 200}/telemetry",
            json.dumps(
                {"ts": 1_767_225_600_000 + n, "v0": n * 0.1, "v1": 21.5, "v2": 7, "v3": -1.25}
            ).encode(),
        )
        for n in range(count)
    ]


def bare_paho(port: int, count: int, qos: int) -> tuple[float, float]:
    """Return wall and CPU seconds of a paho client that does nothing with what it gets."""
    done = threading.Event()
    got = 0

    def on_message(*_: object) -> None:
        nonlocal got
        got += 1
        if got == count:
            done.set()

    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id="bare", protocol=MQTTProtocolVersion.MQTTv5
    )
    client.on_message = on_message
    wall, cpu = time.perf_counter(), time.process_time()
    client.connect("127.0.0.1", port, clean_start=False, properties=session())
    client.loop_start()
    done.wait(30)
    spent = time.perf_counter() - wall, time.process_time() - cpu
    client.disconnect()
    client.loop_stop()
    return spent if qos >= 0 and got == count else (float("nan"), float("nan"))


async def ours(port: int, count: int) -> tuple[float, float]:
    """Return wall and CPU seconds of the connector, acknowledging after a commit of 20 ms as the journal would."""
    gateway = driver(port, client_id="ours", mappings=[MAPPING], gather_ms=5)
    connector = gateway.connector
    wall, cpu = time.perf_counter(), time.process_time()
    await connector.connect()
    rows = 0
    commits: set[asyncio.Task[None]] = set()

    async def commit(receipt: object) -> None:
        await asyncio.sleep(COMMIT_S)
        await connector.acknowledge(receipt)

    async with asyncio.timeout(30):
        while rows < 4 * count:
            intake = await connector.read()
            rows += len(intake.batch)
            commits.add(asyncio.create_task(commit(intake.receipt)))
    spent = time.perf_counter() - wall, time.process_time() - cpu
    await asyncio.gather(*commits)
    await connector.close()
    return spent


def session() -> Properties:
    """Return the connect properties of a session that outlives its connection."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own
    properties.SessionExpiryInterval = 600
    properties.ReceiveMaximum = MqttOptions.model_fields["inflight"].default
    return properties


def subscribed(port: int, name: str, qos: int) -> None:
    """Make a session with a subscription and leave it."""
    ready = threading.Event()
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5
    )
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port, clean_start=False, properties=session())
    client.loop_start()
    client.subscribe("plant/+/telemetry", qos)
    ready.wait(5)
    client.disconnect()
    client.loop_stop()


def main(count: int) -> None:
    """Measure QoS 1, then print one line for each."""
    with tempfile.TemporaryDirectory() as folder, Mosquitto(Path(folder)) as broker:
        subscribed(broker.port, "bare", 1)
        subscribed(broker.port, "ours", 1)
        with Publisher(broker.port) as machine:
            machine.send_all(documents(count))
        results = {
            "bare paho loop, acknowledges at once": bare_paho(broker.port, count, 1),
            "connector, JSON to columns, acknowledges after commit": asyncio.run(
                ours(broker.port, count)
            ),
        }
    for name, (wall_s, cpu_s) in results.items():
        print(
            f"{name:55} {count / wall_s:9,.0f} messages/s {cpu_s / count * 1e6:6.1f} µs CPU/message"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40_000)
