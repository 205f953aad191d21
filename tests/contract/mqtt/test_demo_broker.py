"""The demo's own broker (amqtt, MQTT 3.1.1) is enough for a live flow of every quality of service."""

import asyncio
import sys
from itertools import count

import pytest

from tests.peers.mqtt_driver import Publisher, driver
from tests.peers.process import Peer, free_port, listening

_runs = count()
BROKER = """
import asyncio, sys
from amqtt.broker import Broker

async def main():
    anonymous = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    listener = {"default": {"type": "tcp", "bind": f"127.0.0.1:{sys.argv[1]}"}}
    await Broker({"listeners": listener, "plugins": anonymous}).start()
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    number = free_port()
    log = tmp_path_factory.mktemp("amqtt") / "log"
    with Peer([sys.executable, "-c", BROKER, str(number)], ready=listening(number), log=log):
        yield number


@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_live_flow(port, qos):
    run = next(_runs)
    mapping = {
        "topic": f"room{run}/{{r}}",
        "format": "value",
        "signals": [{"signal": "s/a/l/{r}/v"}],
        "qos": qos,
    }
    options = {"protocol": "3.1.1", "client_id": f"gw{run}", "mappings": [mapping]}
    async with driver(port, **options) as gateway:
        sent = [(f"room{run}/1", b"%d" % n) for n in range(100)]
        await asyncio.to_thread(publish, port, sent, qos)
        await gateway.until(lambda: len(gateway.rows) >= 100)
        assert [value for _, _, value, _ in gateway.rows] == [float(n) for n in range(100)]
        assert gateway.failures == []


def publish(port, sent, qos):
    with Publisher(port) as machine:
        machine.send_all(sent, qos=qos)
