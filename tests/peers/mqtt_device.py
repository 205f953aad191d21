"""A machine that takes JSON commands over MQTT and answers as a test wants: well, late, never, twice, or not at all."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


class Behaviour(Enum):
    """What it does with a command."""

    OBEYS = auto()
    OBEYS_LATE = auto()
    """It does it, and answers after `late_s`."""
    SILENT = auto()
    TWICE = auto()
    REFUSES = auto()
    SAYS_SO_ONLY = auto()
    """It answers that it did it, and shows what it showed before."""
    MUTTERS = auto()
    """Its answer is no JSON."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One command as it arrived."""

    document: dict[str, Any]
    qos: int
    retain: bool
    response_topic: str
    correlation: bytes
    expiry_s: int | None


class MqttDevice:
    """Listens on `<name>/cmd`, answers on `<name>/reply`, shows its values on `<name>/telemetry`."""

    def __init__(self, port: int, name: str, *, v5: bool = True) -> None:
        self.name = name
        self.behaviour = Behaviour.OBEYS
        self.late_s = 1.0
        self.values: dict[str, Any] = {"speed": 120.0, "temp": 50.0, "mode": 1}
        self.seen: list[Seen] = []
        self._v5 = v5
        protocol = MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"device-{name}", protocol=protocol
        )
        self._subscribed = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe(f"{name}/cmd", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        assert self._subscribed.wait(30)
        self.tell()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """Go away, as a machine that is switched off."""
        self._client.disconnect()
        self._client.loop_stop()

    def tell(self) -> None:
        """Show the present values."""
        self._client.publish(f"{self.name}/telemetry", json.dumps(self.values), qos=1)

    def say(self, document: object, *, retain: bool = False) -> None:
        """Publish an answer that nobody asked for."""
        self._client.publish(f"{self.name}/reply", json.dumps(document), qos=1, retain=retain)

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        document = json.loads(message.payload)
        told: Any = message.properties
        self.seen.append(
            Seen(
                document=document,
                qos=message.qos,
                retain=message.retain,
                response_topic=getattr(told, "ResponseTopic", ""),
                correlation=getattr(told, "CorrelationData", b""),
                expiry_s=getattr(told, "MessageExpiryInterval", None),
            )
        )
        threading.Thread(target=self._act, args=(self.seen[-1], self.behaviour)).start()

    def _act(self, seen: Seen, behaviour: Behaviour) -> None:
        if behaviour is Behaviour.SILENT:
            return
        obeys = behaviour not in {Behaviour.REFUSES, Behaviour.SAYS_SO_ONLY}
        if obeys:
            self.values["speed"] = seen.document["data"]["target"]
        if behaviour is Behaviour.OBEYS_LATE:
            time.sleep(self.late_s)
        refuses = behaviour is Behaviour.REFUSES
        answer = {
            "request_id": seen.document["request_id"],
            "status": "refused" if refuses else "OK",
            "message": "door open" if refuses else "",
        }
        payload = b"\xff?" if behaviour is Behaviour.MUTTERS else json.dumps(answer).encode()
        for _ in range(2 if behaviour is Behaviour.TWICE else 1):
            self._answer(seen, payload)
        self.tell()

    def _answer(self, seen: Seen, payload: bytes) -> None:
        properties = None
        if self._v5:
            properties = Properties(PacketTypes.PUBLISH)
            properties.CorrelationData = seen.correlation
        topic = seen.response_topic or f"{self.name}/reply"
        self._client.publish(topic, payload, qos=1, properties=properties)
