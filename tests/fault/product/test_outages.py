"""Peers that are absent, restart or refuse: the right state, one clear sentence, and back by themselves."""

import subprocess
import time
from contextlib import ExitStack

import pytest

from tests.e2e.product import gateway
from tests.fault.product.broker import shipped_settings
from tests.fault.product.machine import NAME, machine
from tests.fault.product.oracle import Kept, inside_lost, judge, read_load
from tests.fault.product.parts import (
    QUICK,
    connector,
    health,
    load,
    load_mqtt,
    load_opcua,
    told,
    until_more,
    until_quiet,
    until_state,
)
from tests.peers.mosquitto import Mosquitto
from tests.peers.process import free_port, need

pytestmark = [pytest.mark.peer, pytest.mark.fault]

SIGNALS = 20


def test_broker_absent_at_first_then_restarted_politely_and_killed(tmp_path):
    broker = Mosquitto(tmp_path, settings=shipped_settings())
    config = {**QUICK, "connectors": {"broker": load_mqtt(broker.port)}}
    with ExitStack() as stack:
        product = stack.enter_context(gateway(tmp_path / "gateway", config))
        product.until(lambda: connector(product, "broker")["attempts"] > 2, what="three attempts")
        found = until_state(product, "broker", "backing_off")
        assert "Connection refused" in found["last_error"]
        assert any(
            "broker at mqtt://" in text and "cannot be reached" in text
            for text in health(product)["problems"]
        )
        assert told(product, "connector broker is backing_off") == 1

        stack.enter_context(broker)
        until_state(product, "broker", "live")
        product.until(lambda: not health(product)["problems"], what="no problem left")
        mqtt = stack.enter_context(
            load(
                tmp_path / "polite", "mqtt", signals=40, rate=20, seconds=600, mqtt_port=broker.port
            )
        )
        for kept_session in range(2):
            product.until(lambda: connector(product, "broker")["samples"] > 1000, what="flow")
            broker.stop()
            until_state(product, "broker", "backing_off")
            time.sleep(0.5)
            broker.start()
            until_state(product, "broker", "live")
            assert told(product, "connector broker is backing_off") == 2 + kept_session
        product.until(lambda: connector(product, "broker")["silent_s"] < 1, what="flow again")
        time.sleep(2)  # the publisher comes back within 2 s, and its backlog goes first
        assert mqtt.end()["dropped"] == 0
        until_quiet(product)
        assert product.stop() == 0
        kept, sent = Kept.read(product.folder / "data"), read_load(mqtt.sent)
        verdict = judge(sent, kept)
        print(verdict)
        assert verdict.holds, verdict
        assert verdict.kept == verdict.sent > 1000, "a polite restart loses nothing at all"


def test_broker_killed(tmp_path):
    broker = Mosquitto(tmp_path, settings=shipped_settings())
    config = {**QUICK, "connectors": {"broker": load_mqtt(broker.port)}}
    with (
        broker,
        gateway(tmp_path / "gateway", config) as product,
    ):
        until_state(product, "broker", "live")
        with load(
            tmp_path / "mq", "mqtt", signals=40, rate=50, seconds=600, mqtt_port=broker.port
        ) as mqtt:
            product.until(lambda: connector(product, "broker")["samples"] > 2000, what="flow")
            broker.kill()
            until_state(product, "broker", "backing_off")
            broker.start()
            until_state(product, "broker", "live")
            until_more(product, "broker", 2000)
            assert mqtt.end()["dropped"] == 0
        until_quiet(product)
        assert product.stop() == 0
        verdict = judge(read_load(mqtt.sent), Kept.read(product.folder / "data"))
        print(verdict)
        assert verdict.holds, verdict


def test_machine_absent_at_first_then_restarted_and_renumbered(tmp_path):
    port, log = free_port(), tmp_path / "machine.sent"
    config = {
        **QUICK,
        "connectors": {"press": load_opcua(f"opc.tcp://127.0.0.1:{port}/", NAME, signals=SIGNALS)},
    }
    with gateway(tmp_path / "gateway", config) as product:
        product.until(lambda: connector(product, "press")["attempts"] > 2, what="three attempts")
        found = until_state(product, "press", "backing_off")
        assert "Connection refused" in found["last_error"]
        assert any(
            "press at opc.tcp://" in text and "cannot be reached" in text
            for text in health(product)["problems"]
        )
        assert told(product, "connector press is backing_off") == 1
        since_ns = 0
        for position, ending in ((2, "kill"), (4, "terminate")):
            with machine(port, log, position=position, signals=SIGNALS) as server:
                until_state(product, "press", "live")
                since_ns = since_ns or time.time_ns()
                until_more(product, "press", 200)
                product.until(lambda: not health(product)["problems"], what="no problem left")
                getattr(server.process, ending)()
                until_state(product, "press", "backing_off")
        assert told(product, "connector press is backing_off") == 3
        until_quiet(product)
        assert product.stop() == 0
        kept, sent = Kept.read(product.folder / "data"), read_load(log)
        verdict = judge(sent, kept, since_ns=since_ns)
        print(verdict)
        # Other variables stand where ours stood: not one of their values (-9999) may be kept as ours.
        assert verdict.holds, verdict
        assert verdict.kept > 300
        assert not inside_lost(kept)


def test_wrong_passwords_are_told_once_and_mended_at_the_peer(tmp_path):
    port, log = free_port(), tmp_path / "machine.sent"
    broker = Mosquitto(tmp_path, settings=shipped_settings(), users={"taktline": "old"})
    press = {
        "type": "opcua",
        "endpoint": f"opc.tcp://127.0.0.1:{port}/",
        "security": "none",
        "username": "operator",
        "password": "right",
        "plain_password": "accept",
        "namespaces": {"press": "urn:test:press"},
        "machine": "test/opcua/load/press",
        "nodes": [{"node": "press:s=count", "signal": "count"}],
    }
    config = {
        **QUICK,
        "connectors": {
            "broker": load_mqtt(broker.port, username="taktline", password="${SECRET_MQTT}"),
            "press": press,
        },
    }
    env = {"SECRET_MQTT": "new-and-right"}
    with ExitStack() as stack:
        stack.enter_context(broker)
        old = machine(port, log, password="wrong")
        old.__enter__()
        stack.push(old.__exit__)
        product = stack.enter_context(gateway(tmp_path / "gateway", config, env=env))
        for name, said in (("broker", "refused us: Not authorized"), ("press", "UserAccessDenied")):
            product.until(lambda name=name: connector(product, name)["attempts"] > 2, what="tries")
            found = until_state(product, name, "refused")
            assert said in found["last_error"]
            assert any(
                text.startswith(name) and "refuses us" in text and "password" in text
                for text in health(product)["problems"]
            )
            assert told(product, f"connector {name} is refused") == 1
        subprocess.run(
            [
                need("mosquitto_passwd"),
                "-b",
                tmp_path / "passwords",
                "taktline",
                env["SECRET_MQTT"],
            ],
            check=True,
        )
        broker.stop()
        broker.start()
        old.__exit__(None, None, None)
        stack.enter_context(machine(port, log, password="right"))
        until_state(product, "broker", "live")
        until_state(product, "press", "live")
        product.until(lambda: not health(product)["problems"], what="no problem left")
        assert env["SECRET_MQTT"] not in product.log.read_text()
        assert product.stop() == 0
