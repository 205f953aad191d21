"""What the libraries alone cost: a bare asyncua handler and a bare paho loop that do nothing with what they get.

Run: python -m tests.bench.product.bare opcua|mqtt PORT SIGNALS SECONDS; prints one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
import time
from typing import Any

import paho.mqtt.client as mqtt
from asyncua import ua
from asyncua.client.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.bench.product.opcua_source import NAMESPACE
from tests.bench.product.sent import VALUES

PUBLISHING_MS = 50


class Nothing:
    """A handler that only counts."""

    changes = 0

    def datachange_notification(self, *_: object) -> None:
        """Count one change."""
        self.changes += 1


async def opcua(port: int, signals: int, seconds: float) -> dict[str, Any]:
    """Subscribe to every signal and count."""
    async with Client(f"opc.tcp://127.0.0.1:{port}/") as client:
        index = await client.get_namespace_index(NAMESPACE)
        handler = Nothing()
        subscription = await client.create_subscription(PUBLISHING_MS, handler)
        nodes = [client.get_node(f"ns={index};s=V{n}") for n in range(signals)]
        await subscription.subscribe_data_change(
            nodes, queuesize=20, sampling_interval=ua.Double(0)
        )
        print("ready", flush=True)
        await asyncio.sleep(2)
        before, cpu_s = handler.changes, time.process_time()
        await asyncio.sleep(seconds)
        return {
            "samples": handler.changes - before,
            "seconds": seconds,
            "cpu_s": time.process_time() - cpu_s,
        }


def paho(port: int, seconds: float) -> dict[str, Any]:
    """Subscribe with QoS 1 to every topic and count messages; paho acknowledges each."""
    got = 0

    def count(*_: object) -> None:
        nonlocal got
        got += 1

    ready = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bare")
    client.on_message = count
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe("bench/+/+", 1)
    ready.wait(5)
    print("ready", flush=True)
    time.sleep(2)
    before, cpu_s = got, time.process_time()
    time.sleep(seconds)
    result = {
        "samples": (got - before) * VALUES,
        "seconds": seconds,
        "cpu_s": time.process_time() - cpu_s,
    }
    client.disconnect()
    client.loop_stop()
    return result


if __name__ == "__main__":
    logging.getLogger("asyncua").setLevel(logging.ERROR)
    kind, port, signals, seconds = (
        sys.argv[1],
        int(sys.argv[2]),
        int(sys.argv[3]),
        float(sys.argv[4]),
    )
    done = asyncio.run(opcua(port, signals, seconds)) if kind == "opcua" else paho(port, seconds)
    print(json.dumps(done), flush=True)
