"""The demo broker keeps what it owes a persistent session, and publishers outlive it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from simulators.broker import DemoBroker
from simulators.mqtt.publisher import BrokerAddress, Publisher
from simulators.mqtt.shapes import Message
from simulators.net import PortBusyError, free_port
from simulators.sentlog import SentLog, read_sent

# amqtt forgets a connection whose session was taken over; what it leaves is collected here, not in another test.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _collect() -> Iterator[None]:
    yield
    gc.collect()


class Reader:
    """A paho client with a persistent session that acknowledges only when told to."""

    def __init__(self, port: int, *, acks: bool, user: tuple[str, str] | None = None) -> None:
        self.got: list[str] = []
        self.retain_flags: set[bool] = set()
        self.sessions: list[bool] = []
        self.codes: list[str] = []
        self._acks = acks
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="reader", clean_session=False, manual_ack=True
        )
        if user:
            self.client.username_pw_set(*user)
        self.client.on_connect = self._connected
        self.client.on_message = self._message
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _connected(
        self, client: mqtt.Client, userdata: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        self.codes.append(str(reason))
        self.sessions.append(flags.session_present)
        client.subscribe("t/#", 1)

    def _message(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        self.got.append(message.payload.decode())
        self.retain_flags.add(message.retain)
        if self._acks:
            client.ack(message.mid, message.qos)

    async def stop(self) -> None:
        self.client.disconnect()
        await asyncio.to_thread(self.client.loop_stop)


async def until(condition: Callable[[], bool], *, timeout_s: float = 30.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 (paho answers from its thread)
            await asyncio.sleep(0.01)


@pytest.fixture
async def broker() -> AsyncIterator[DemoBroker]:
    broker = DemoBroker(port=free_port())
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


def publisher(port: int, log: SentLog | None = None, *, backlog: int = 5_000) -> Publisher:
    address = BrokerAddress(host="127.0.0.1", port=port)
    return Publisher(client_id="pub", broker=address, sent_log=log, backlog=backlog)


def all_sent(pub: Publisher) -> bool:
    pub.settle()
    return pub.waiting == 0


def numbered(count: int, first: int = 0) -> list[Message]:
    return [Message("t/x", str(number), number) for number in range(first, first + count)]


async def test_a_session_gets_what_it_did_not_acknowledge_and_what_came_while_away(
    broker: DemoBroker,
) -> None:
    lazy = Reader(broker.port, acks=False)
    await until(lambda: bool(lazy.sessions))
    pub = publisher(broker.port)
    pub.start()
    pub.publish(numbered(50))
    await until(lambda: len(lazy.got) == 50)
    await lazy.stop()
    pub.publish(numbered(50, 50))
    await pub.stop()
    assert pub.sent == 100
    assert pub.dropped == 0
    reader = Reader(broker.port, acks=True)
    await until(lambda: len(set(reader.got)) == 100)
    await reader.stop()
    assert (lazy.sessions, reader.sessions) == ([False], [True])
    assert set(reader.got) == {str(number) for number in range(100)}
    assert reader.retain_flags == {False}


async def test_what_a_publisher_was_told_is_safe_arrives_though_it_disconnects_at_once(
    broker: DemoBroker,
) -> None:
    reader = Reader(broker.port, acks=True)
    await until(lambda: bool(reader.sessions))
    for round_number in range(5):
        pub = publisher(broker.port)
        pub.start()
        pub.publish(numbered(40, 40 * round_number))
        await until(partial(all_sent, pub))
        await pub.stop()
    await until(lambda: len(set(reader.got)) == 200)
    await reader.stop()


async def test_a_publisher_keeps_a_bounded_backlog_while_the_broker_is_away(tmp_path: Path) -> None:
    port = free_port()
    with SentLog(tmp_path / "sent.jsonl") as log:
        pub = publisher(port, log, backlog=30)
        pub.start()
        pub.publish(numbered(45))
        assert (pub.waiting, pub.dropped) == (30, 15)
        broker = DemoBroker(port=port)
        await broker.start()
        await until(partial(all_sent, pub))
        await pub.stop()
        await broker.stop()
    assert pub.sent == 30
    rows = read_sent(tmp_path / "sent.jsonl")
    assert [row.value for row in rows] == [str(number) for number in range(30)]


async def test_a_publisher_comes_back_after_the_broker_restarts(broker: DemoBroker) -> None:
    pub = publisher(broker.port)
    pub.start()
    pub.publish(numbered(1))
    await until(partial(all_sent, pub))
    await broker.stop()
    pub.publish(numbered(3, 1))
    await broker.start()
    await until(partial(all_sent, pub))
    assert pub.sent == 4
    await pub.stop()


async def test_a_wrong_password_is_refused_and_the_right_one_is_not() -> None:
    broker = DemoBroker(port=free_port(), username="floor", password="right")
    await broker.start()
    try:
        wrong = Reader(broker.port, acks=True, user=("floor", "wrong"))
        await until(lambda: bool(wrong.codes))
        await wrong.stop()
        assert "Success" not in wrong.codes[0]
        right = Reader(broker.port, acks=True, user=("floor", "right"))
        await until(lambda: bool(right.codes))
        await right.stop()
        assert right.codes == ["Success"]
    finally:
        await broker.stop()


async def test_a_busy_port_is_named(broker: DemoBroker) -> None:
    with pytest.raises(PortBusyError, match=f"MQTT broker: port {broker.port}"):
        await DemoBroker(port=broker.port).start()


async def test_a_broker_ends_in_time_though_a_session_was_taken_over(broker: DemoBroker) -> None:
    first = Reader(broker.port, acks=False)
    await until(lambda: bool(first.sessions))
    second = Reader(broker.port, acks=False)
    await until(lambda: bool(second.sessions))
    async with asyncio.timeout(3):
        await broker.stop()
    await asyncio.gather(first.stop(), second.stop())
