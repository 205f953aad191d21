"""Brokers that stop, die, stall and flap: what was acknowledged to a machine arrives, every loss is declared."""

import asyncio
import json
import os
import signal
import threading
from pathlib import Path

import pytest

from gateway.errors import NotConnectedError
from tests.peers.mosquitto import Mosquitto
from tests.peers.mqtt_driver import Publisher, driver

pytestmark = [pytest.mark.peer, pytest.mark.fault]

T_MS = 1_767_225_600_000
MAPPING = {
    "topic": "p/{m}/t",
    "timestamp": {"path": "ts", "format": "epoch_ms"},
    "sequence": "n",
    "signals": [{"path": "n", "signal": "s/a/l/{m}/n", "data_type": "integer"}],
}
PLAIN = {"topic": "room/{r}", "format": "value", "signals": [{"signal": "s/a/l/{r}/v"}]}


def document(n: int) -> bytes:
    return json.dumps({"ts": T_MS + n, "n": n}).encode()


def batch_of(first: int, last: int):
    return [("p/m/t", document(n)) for n in range(first, last)]


def arrived(gateway) -> set[int]:
    return {int(value) for _, _, value, _ in gateway.rows}


async def test_a_broker_restarted_mid_flow_loses_nothing(tmp_path):
    with Mosquitto(tmp_path) as broker:
        async with driver(broker.port, mappings=[MAPPING]) as gateway:
            with Publisher(broker.port) as machine:
                sending = asyncio.create_task(
                    asyncio.to_thread(machine.send_all, batch_of(0, 4000))
                )
                await gateway.until(lambda: len(gateway.rows) > 200)
                await asyncio.to_thread(broker.stop)
                await gateway.until(lambda: bool(gateway.failures))
                await asyncio.to_thread(broker.start)
                await sending
            await gateway.until(lambda: len(arrived(gateway)) == 4000)
            assert gateway.sessions[-1].resumed
            keys = {(path, time_ns): value for path, time_ns, value, _ in gateway.rows}
            assert len(keys) == 4000
            assert all(value == time_ns // 10**6 - T_MS for (_, time_ns), value in keys.items())


async def test_a_killed_broker_that_forgot_us_is_noticed_and_the_gap_declared(tmp_path):
    with Mosquitto(tmp_path) as broker:
        gateway = driver(broker.port, mappings=[MAPPING])
        with Publisher(broker.port) as machine:
            async with gateway:
                await asyncio.to_thread(machine.send_all, batch_of(0, 50))
                await gateway.until(lambda: len(gateway.rows) == 50)
            await asyncio.to_thread(machine.send_all, batch_of(50, 100))
        broker.kill()
        await asyncio.to_thread(broker.start)
        async with gateway:
            assert gateway.sessions[-1].resumed is False
            with Publisher(broker.port) as machine:
                await asyncio.to_thread(machine.send_all, batch_of(100, 110))
            await gateway.until(lambda: len(gateway.rows) == 60)
        (loss,) = gateway.losses
        assert loss.cause == "sequence number jumped from 49 to 100: 50 missing"
        assert (loss.start_ns, loss.end_ns) == ((T_MS + 49) * 10**6, (T_MS + 100) * 10**6)


async def test_a_gateway_killed_between_read_and_ack_gets_it_again(tmp_path):
    with Mosquitto(tmp_path) as broker:
        first = driver(broker.port, mappings=[MAPPING])
        await first.connector.connect()
        with Publisher(broker.port) as machine:
            await asyncio.to_thread(machine.send_all, batch_of(0, 10))
        while len(first.rows) < 10:
            await first.take()
        await first.connector.close()
        async with driver(broker.port, mappings=[MAPPING]) as second:
            await second.until(lambda: len(second.rows) == 10)
            assert second.rows == first.rows
            assert second.connector.figures().extra["repeated"] == 10
            assert second.losses == []


@pytest.mark.parametrize("kept", ["journaled", "not journaled"])
async def test_a_lost_acknowledgement_does_not_double_values_without_a_time(tmp_path, kept):
    with Mosquitto(tmp_path) as broker:
        gateway = driver(broker.port, mappings=[PLAIN])
        await gateway.connector.connect()
        with Publisher(broker.port) as machine:
            await asyncio.to_thread(machine.send_all, [("room/1", b"%d" % n) for n in range(10)])
        while len(gateway.rows) < 10:
            receipt = await gateway.take()
        await gateway.connector.close()
        if kept == "journaled":
            await gateway.connector.acknowledge(receipt)
        async with gateway:
            assert gateway.sessions[-1].resumed
            with Publisher(broker.port) as machine:
                await asyncio.to_thread(machine.send_all, [("room/1", b"10")])
            await gateway.until(lambda: gateway.rows[-1][2] == 10)
        assert len(gateway.rows) == (11 if kept == "journaled" else 21)


async def test_what_was_not_read_yet_survives_a_reconnect_once(tmp_path):
    with Mosquitto(tmp_path) as broker:
        gateway = driver(broker.port, mappings=[PLAIN])
        await gateway.connector.connect()
        with Publisher(broker.port) as machine:
            for qos in (0, 1, 2):
                sent = [("room/1", b"%d" % (10 * qos + n)) for n in range(10)]
                await asyncio.to_thread(machine.send_all, sent, qos=qos)
            async with asyncio.timeout(5):
                while gateway.connector.figures().queue_depth < 30:  # noqa: ASYNC110 - a count, no event
                    await asyncio.sleep(0.01)
        await gateway.connector.close()
        async with gateway:
            with Publisher(broker.port) as machine:
                await asyncio.to_thread(machine.send_all, [("room/1", b"99")])
            await gateway.until(lambda: bool(gateway.rows) and gateway.rows[-1][2] == 99)
        assert sorted(value for _, _, value, _ in gateway.rows) == [*range(30), 99]


async def test_the_window_is_the_backpressure(tmp_path):
    with Mosquitto(tmp_path) as broker:
        gateway = driver(broker.port, mappings=[MAPPING], inflight=20)
        await gateway.connector.connect()
        with Publisher(broker.port) as machine:
            await asyncio.to_thread(machine.send_all, batch_of(0, 200))
        receipt = None
        while len(gateway.rows) < 20:
            receipt = await gateway.take()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(gateway.connector.read(), 0.2)
        assert len(gateway.rows) == 20
        await gateway.connector.acknowledge(receipt)
        async with asyncio.timeout(10):
            while len(gateway.rows) < 200:
                await gateway.connector.acknowledge(await gateway.take())
        assert arrived(gateway) == set(range(200))
        assert gateway.losses == []
        await gateway.connector.close()


async def test_a_broker_without_a_window_is_slowed_by_not_reading(tmp_path):
    settings = ("persistence true", "max_queued_messages 0", "max_inflight_messages 0")
    options = {"protocol": "3.1.1", "queue_limit": 100, "inflight": 50, "keepalive_s": 1}
    with Mosquitto(tmp_path, settings=settings) as broker:
        gateway = driver(broker.port, mappings=[MAPPING], **options)
        await gateway.connector.connect()
        with Publisher(broker.port) as machine:
            await asyncio.to_thread(machine.send_all, batch_of(0, 20_000))
        await asyncio.sleep(4)
        assert gateway.connector.figures().queue_depth < 5_000
        assert gateway.failures == []
        async with asyncio.timeout(20):
            while len(gateway.rows) < 20_000:
                await gateway.connector.acknowledge(await gateway.take())
        assert arrived(gateway) == set(range(20_000))
        assert (gateway.losses, gateway.connector.figures().drops) == ([], 0)
        assert gateway.connector.figures().extra["repeated"] == 0
        await gateway.connector.close()


async def test_qos_0_beyond_the_queue_is_dropped_counted_and_declared(tmp_path):
    with Mosquitto(tmp_path) as broker:
        gateway = driver(broker.port, mappings=[PLAIN | {"qos": 0}], queue_limit=100)
        await gateway.connector.connect()
        with Publisher(broker.port) as machine:
            sent = [("room/1", b"%d" % n) for n in range(1000)]
            await asyncio.to_thread(machine.send_all, sent, qos=0)
            async with asyncio.timeout(5):
                while gateway.connector.figures().drops < 900:  # noqa: ASYNC110 - a count, no event
                    await asyncio.sleep(0.01)
        await gateway.take()
        await gateway.connector.close()
        assert len(gateway.rows) == 100
        assert gateway.connector.figures().drops == 900
        (loss,) = gateway.losses
        assert loss.cause == "900 messages of QoS 0 dropped: our queue was full"
        assert loss.start_ns <= loss.end_ns


async def test_a_flapping_broker_leaves_no_threads_or_files_behind(tmp_path):
    with Mosquitto(tmp_path) as broker:
        async with driver(broker.port, mappings=[MAPPING]) as gateway:
            files, threads = 0, 0
            for turn in range(6):
                count = len(gateway.sessions)
                await asyncio.to_thread(broker.stop)
                await asyncio.to_thread(broker.start)
                await gateway.until(lambda count=count: len(gateway.sessions) > count)
                if turn == 2:
                    files, threads = open_files(), threading.active_count()
            assert open_files() <= files + 1
            assert threading.active_count() <= threads + 1
            with Publisher(broker.port) as machine:
                await asyncio.to_thread(machine.send_all, batch_of(0, 10))
            await gateway.until(lambda: len(gateway.rows) == 10)


async def test_a_stalled_broker_is_noticed_and_does_not_hold_us(tmp_path):
    with Mosquitto(tmp_path) as broker:
        gateway = driver(broker.port, mappings=[MAPPING], keepalive_s=2)
        await gateway.connector.connect()
        other = driver(broker.port, mappings=[MAPPING], client_id="other")
        await other.connector.connect()
        broker.signal(signal.SIGSTOP)
        try:
            async with asyncio.timeout(4):
                await other.connector.close()
            with pytest.raises(NotConnectedError):
                await asyncio.wait_for(gateway.connector.read(), 15)
            await gateway.connector.close()
        finally:
            broker.signal(signal.SIGCONT)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if os.name == "posix" else 0
