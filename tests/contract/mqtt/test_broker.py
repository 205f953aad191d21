"""The connector against a real Mosquitto: every quality of service, both versions, everything that is refused."""

import asyncio
import json

import pytest

from connectors.mqtt.broker import Protocol
from connectors.mqtt.options import MqttOptions
from connectors.mqtt.overhear import Overhearing
from connectors.mqtt.routes import Routes
from connectors.mqtt.unknown import UnknownTopics
from gateway import quality
from gateway.clock import SystemClock
from gateway.errors import NotConnectedError, RefusedError
from tests.peers.mosquitto import Mosquitto
from tests.peers.mqtt_driver import MemoryCatalogue, Publisher, driver
from tests.peers.process import free_port
from tests.peers.serving import serving
from tests.peers.web_server import eventually

pytestmark = pytest.mark.peer

T_MS = 1_767_225_600_000


def mapping(**changes):
    return {
        "topic": "p/{m}/t",
        "timestamp": {"path": "ts", "format": "epoch_ms"},
        "signals": [{"path": "v", "signal": "s/a/l/{m}/v"}],
    } | changes


VALUE = {"topic": "room/{r}", "format": "value", "signals": [{"signal": "s/a/l/{r}/v"}]}


def document(n: int) -> bytes:
    return json.dumps({"ts": T_MS + n, "v": n}).encode()


@pytest.fixture
def broker(tmp_path):
    with Mosquitto(tmp_path) as running:
        yield running


@pytest.mark.parametrize("protocol", list(Protocol))
@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_every_quality_of_service(broker, protocol, qos):
    wanted = {f"s/a/l/m{n % 7}/v": 0 for n in range(7)}
    async with driver(broker.port, protocol=protocol, mappings=[mapping(qos=qos)]) as gateway:
        with Publisher(broker.port) as machine:
            sent = [(f"p/m{n % 7}/t", document(n)) for n in range(500)]
            await asyncio.to_thread(machine.send_all, sent, qos=qos)
        await gateway.until(lambda: len(gateway.rows) >= 500)
        await gateway.until(lambda: gateway.connector.figures().extra["unacknowledged"] == 0)
        for path, time_ns, value, code in gateway.rows:
            assert time_ns == (T_MS + int(value)) * 1_000_000
            assert path == f"s/a/l/m{int(value) % 7}/v"
            assert code == quality.GOOD
            wanted[path] += 1
        assert sum(wanted.values()) == 500
        assert gateway.letters == []
        assert gateway.failures == []


@pytest.mark.parametrize("protocol", list(Protocol))
async def test_a_wrong_password_is_refused(tmp_path, protocol):
    with Mosquitto(tmp_path, users={"gw": "right"}) as broker:
        gateway = driver(
            broker.port, protocol=protocol, username="gw", password="wrong", mappings=[mapping()]
        )
        with pytest.raises(RefusedError, match=r"(?i)not authori[sz]ed|bad user") as refused:
            await gateway.connector.connect()
        assert "wrong" not in str(refused.value)
        right = driver(
            broker.port, protocol=protocol, username="gw", password="right", mappings=[mapping()]
        )
        async with right:
            assert right.sessions[0].resumed is False


async def test_an_absent_broker_is_not_connected():
    gateway = driver(free_port(), mappings=[mapping()])
    with pytest.raises(NotConnectedError, match="Connection refused"):
        await gateway.connector.connect()


async def test_a_name_that_does_not_resolve_is_not_connected():
    gateway = driver(1883, host="broker.invalid", mappings=[mapping()])
    with pytest.raises(NotConnectedError, match=r"broker\.invalid:1883"):
        await gateway.connector.connect()


async def test_a_peer_that_never_answers_is_given_up_in_time():
    async def silent(reader, _writer):
        while await reader.read(100):
            pass

    async with serving(silent) as port:
        gateway = driver(port, connect_timeout_s=0.3, mappings=[mapping()])
        with pytest.raises(NotConnectedError, match=r"no answer within 0\.3 s .*3\.1\.1"):
            await gateway.connector.connect()


async def test_unusable_payloads_become_dead_letters_and_the_stream_goes_on(broker):
    bad = [b"{", b"\xff\xfe", b'{"ts":"x","v":1}', b"9" * 5000, b"[" * 90_000]
    async with driver(broker.port, mappings=[mapping()]) as gateway:
        with Publisher(broker.port) as machine:
            messages = [("p/m/t", payload) for payload in bad]
            await asyncio.to_thread(machine.send_all, [*messages, ("p/m/t", document(1))])
        await gateway.until(lambda: bool(gateway.rows))
        assert [letter.payload for letter in gateway.letters] == [p[:65_536] for p in bad]
        assert [letter.payload_size for letter in gateway.letters] == [len(p) for p in bad]
        assert all(letter.reason for letter in gateway.letters)


async def test_a_payload_of_1_mb_is_cut_acknowledged_and_not_sent_again(broker):
    options = {"mappings": [mapping()], "max_payload_bytes": 10_000, "dead_letter_bytes": 100}
    async with driver(broker.port, **options) as gateway:
        with Publisher(broker.port) as machine:
            big = ("p/m/t", b"x" * 1_000_000)
            await asyncio.to_thread(machine.send_all, [big, ("p/m/t", document(1))])
        await gateway.until(lambda: bool(gateway.rows))
        await gateway.until(lambda: gateway.connector.figures().extra["unacknowledged"] == 0)
    (letter,) = gateway.letters
    assert (letter.payload, letter.payload_size) == (b"x" * 100, 1_000_000)
    async with driver(broker.port, **options) as again:
        with Publisher(broker.port) as machine:
            await asyncio.to_thread(machine.send, "p/m/t", document(2))
        await again.until(lambda: bool(again.rows))
        assert (again.letters, again.connector.figures().extra["repeated"]) == ([], 0)


@pytest.mark.parametrize("protocol", list(Protocol))
async def test_listening_lists_unknown_topics_and_doubles_nothing(broker, protocol):
    async with driver(broker.port, mappings=[VALUE], listen=["#"], protocol=protocol) as gateway:
        if protocol is not Protocol.V5:
            await until_overheard(gateway, broker.port)
        with Publisher(broker.port) as machine:
            sent = [("room/1", b"1"), ("other/x", b"\x00\xff"), ("room/1", b"2"), ("end", b"")]
            await asyncio.to_thread(machine.send_all, sent)
        await eventually(lambda: {"other/x", "end"} <= unknown(gateway).keys(), timeout_s=60)
        await gateway.until(lambda: len(gateway.rows) >= 2)
        assert [value for _, _, value, _ in gateway.rows] == [1.0, 2.0]
        assert gateway.connector.troubles() == []
        sources = unknown(gateway)
        sources.pop("probe", None)
        assert sources == {"other/x": b"\x00\xff", "end": b""}
        assert len(gateway.catalogue) == 1


def unknown(gateway):
    return {each.source: each.sample for each in gateway.connector.unknown_sources()}


async def until_overheard(gateway, port):
    """Return once the second client hears: what was sent before is not for it."""

    def probe():
        with Publisher(port) as machine:
            machine.send("probe", b"1")

    async with asyncio.timeout(60):
        while "probe" not in unknown(gateway):
            await asyncio.to_thread(probe)
            await asyncio.sleep(0.05)


async def test_a_second_client_that_cannot_listen_is_a_trouble_and_ends_nothing():
    options = MqttOptions.model_validate(
        {
            "host": "127.0.0.1",
            "port": free_port(),
            "client_id": "gateway",
            "protocol": "3.1.1",
            "mappings": [VALUE],
            "listen": ["#"],
        }
    )
    catalogue, clock = MemoryCatalogue(), SystemClock()
    overhearing = Overhearing(
        options,
        routes=Routes(options, catalogue=catalogue, clock=clock),
        unknown=UnknownTopics(),
        clock=clock,
    )
    overhearing.start()
    await eventually(lambda: overhearing.trouble is not None, timeout_s=60)
    assert overhearing.trouble is not None
    assert overhearing.trouble.source == "#"
    assert "unknown topics are not listened for" in overhearing.trouble.reason
    await overhearing.stop()


async def test_retained_values_do_not_come_again_with_every_connection(broker):
    with Publisher(broker.port) as machine:
        await asyncio.to_thread(machine.send, "room/1", b"20", retain=True)
    gateway = driver(broker.port, mappings=[VALUE])
    async with gateway:
        await gateway.until(lambda: bool(gateway.rows))
    async with gateway:
        with Publisher(broker.port) as machine:
            await asyncio.to_thread(machine.send, "room/1", b"21")
        await gateway.until(lambda: len(gateway.rows) >= 2)
    assert [(value, code) for _, _, value, code in gateway.rows] == [
        (20.0, quality.UNCERTAIN_LAST_USABLE_VALUE),
        (21.0, quality.GOOD),
    ]
    assert gateway.connector.figures().extra["retained_skipped"] == 1


async def test_another_client_of_our_name_ends_the_read(broker):
    first = driver(broker.port, mappings=[mapping()])
    await first.connector.connect()
    second = driver(broker.port, mappings=[mapping()])
    await second.connector.connect()
    with pytest.raises(NotConnectedError):
        await first.connector.read()
    await first.connector.close()
    await second.connector.close()


async def test_cancelling_a_read_loses_nothing(broker):
    gateway = driver(broker.port, mappings=[mapping()], gather_ms=20)
    await gateway.connector.connect()
    with Publisher(broker.port) as machine:
        for n in range(30):
            reading = asyncio.create_task(gateway.take())
            await asyncio.to_thread(machine.send, "p/m/t", document(n))
            await asyncio.sleep(0.001 * n)
            reading.cancel()
            await asyncio.wait([reading])
    async with asyncio.timeout(10):
        while len(gateway.rows) < 30:
            await gateway.connector.acknowledge(await gateway.take())
    assert [value for _, _, value, _ in gateway.rows] == [float(n) for n in range(30)]
    await gateway.connector.close()
