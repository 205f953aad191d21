"""What no real broker does on demand: refuse a subscription, send raw bytes, deliver beyond the window."""

import asyncio
import contextlib

import pytest

from gateway.errors import NotConnectedError, RefusedError
from tests.peers.mqtt_driver import driver
from tests.peers.serving import serving

CONNACK = b"\x20\x03\x00\x00\x00"


def mapping(topic, signal):
    return {"topic": topic, "format": "value", "signals": [{"signal": signal}]}


TWO = [mapping("a/{m}", "s/a/l/{m}/v"), mapping("b/{m}", "s/b/l/{m}/v")]


class Heard:
    """What the peer received after the subscription."""

    def __init__(self):
        self.data = b""
        self._more = asyncio.Event()

    def add(self, chunk):
        self.data += chunk
        self._more.set()

    async def until(self, wanted: bytes):
        async with asyncio.timeout(5):
            while wanted not in self.data:
                self._more.clear()
                await self._more.wait()


@contextlib.asynccontextmanager
async def scripted(codes: bytes, *, after: bytes = b""):
    """A peer that accepts a login, answers the first SUBSCRIBE with `codes` and then sends `after`."""
    heard = Heard()

    async def serve(reader, writer):
        await reader.read(4096)
        writer.write(CONNACK)
        subscribe = await reader.read(4096)
        writer.write(bytes([0x90, 3 + len(codes)]) + subscribe[2:4] + b"\x00" + codes + after)
        while chunk := await reader.read(4096):
            heard.add(chunk)

    async with serving(serve) as port:
        yield port, heard


async def connect_and_read(gateway):
    """What the peer sends right after its answer may end either of the two."""
    await gateway.connector.connect()
    await gateway.connector.read()


async def test_another_client_of_our_name_is_told_and_not_fought():
    async with scripted(b"\x01\x01", after=b"\xe0\x01\x8e") as (port, _):
        gateway = driver(port, mappings=TWO)
        with pytest.raises(RefusedError, match="another client uses our client_id"):
            await connect_and_read(gateway)
        await gateway.connector.close()


async def test_a_refused_subscription_is_a_trouble_with_its_topic():
    async with scripted(b"\x01\x87") as (port, _):
        gateway = driver(port, mappings=TWO)
        await gateway.connector.connect()
        (trouble,) = gateway.connector.troubles()
        assert (trouble.source, trouble.reason) == ("b/+", "subscription refused: Not authorized")
        await gateway.connector.close()


async def test_where_every_subscription_is_refused_so_are_we():
    async with scripted(b"\x87\x87") as (port, _):
        gateway = driver(port, mappings=TWO)
        with pytest.raises(RefusedError, match=r"a/\+: subscription refused: Not authorized"):
            await gateway.connector.connect()


async def test_a_lower_quality_of_service_is_remarked():
    async with scripted(b"\x00\x01") as (port, _):
        gateway = driver(port, mappings=TWO)
        session = await gateway.connector.connect()
        assert session.remarks == ("a/+: the broker granted QoS 0, asked for 1",)
        await gateway.connector.close()


async def test_an_invalid_topic_is_a_dead_letter_and_is_acknowledged():
    bad = b"\x32\x08\x00\x03a/\xff\x00\x07\x00"
    good = b"\x32\x09\x00\x03a/m\x00\x08\x001"
    async with scripted(b"\x01\x01", after=bad + good) as (port, heard):
        async with driver(port, mappings=TWO) as gateway:
            await gateway.until(lambda: bool(gateway.rows))
            await heard.until(b"\x40\x02\x00\x07\x40\x02\x00\x08")
        (letter,) = gateway.letters
        assert letter.reason == "the topic is not valid UTF-8: 612fff"
        assert letter.source == "a/\\xff"


async def test_qos_2_is_received_only_when_it_is_on_disk():
    publish = b"\x34\x09\x00\x03a/m\x00\x07\x001"
    async with scripted(b"\x01\x01", after=publish) as (port, heard):
        gateway = driver(port, mappings=TWO)
        await gateway.connector.connect()
        receipt = await gateway.take()
        await asyncio.sleep(0.05)
        assert b"\x50\x02\x00\x07" not in heard.data
        await gateway.connector.acknowledge(receipt)
        await heard.until(b"\x50\x02\x00\x07")
        await gateway.connector.close()


@pytest.mark.parametrize("garbage", [b"\x30\xff\xff\xff\xff\xff", b"\x36\x02\x00\x00", b"\xf1\x00"])
async def test_what_is_not_mqtt_ends_the_connection_not_the_process(garbage):
    async with scripted(b"\x01\x01", after=garbage) as (port, _):
        gateway = driver(port, mappings=TWO)
        with pytest.raises(NotConnectedError):
            await connect_and_read(gateway)
        await gateway.connector.close()


async def test_a_dead_network_thread_ends_the_read(monkeypatch):
    def broken(*_):
        raise RuntimeError("a bug in the receive path")

    publish = b"\x32\x09\x00\x03a/m\x00\x07\x001"
    monkeypatch.setattr("connectors.mqtt.inbox.Inbox.put", broken)
    async with scripted(b"\x01\x01", after=publish) as (port, _):
        gateway = driver(port, mappings=TWO)
        with pytest.raises(NotConnectedError, match="network thread ended: RuntimeError: a bug"):
            await connect_and_read(gateway)
        await gateway.connector.close()
