"""Payloads that cannot be used, configurations that cannot be right: told with every detail, and nothing stops."""

import base64
import json
import signal
import time

import pytest
import yaml

from tests.e2e.product import gateway, run_cli
from tests.fault.product.broker import shipped_settings
from tests.fault.product.machine import NAME, machine
from tests.fault.product.oracle import Kept, Key, bits, inside_lost, judge, lost_s, read_load
from tests.fault.product.parts import (
    QUICK,
    connector,
    load,
    load_mqtt,
    load_opcua,
    told,
    until_more,
    until_quiet,
    until_state,
)
from tests.peers.mosquitto import Mosquitto
from tests.peers.mqtt_driver import Publisher
from tests.peers.process import free_port

pytestmark = [pytest.mark.peer, pytest.mark.fault]

T_MS = 1_767_225_600_000
TOPIC = "load/0/0"
UNUSABLE = (
    b"",
    b"not json",
    b"\xff\xfe\x00\x01",
    b"[1, 2",
    b"42",
    b"[]",
    b'{"ts": 1767225600000, "v0": "warm"}',
    b'{"ts": "yesterday", "v0": 1, "v1": 1, "v2": 1, "v3": 1}',
    b'{"v0": 1, "v1": 1, "v2": 1, "v3": 1}',
    b'{"ts": 1767225600000, "v0": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"ts": 1767225600000, "v0": NaN, "v1": 1, "v2": 1, "v3": 1}',
    b'{"ts": 1767225600000, "v0": ' + b"9" * 5000 + b"}",
    b'{"ts": 1767225600000, "x": "' + b"a" * 300_000 + b'"}',
)


def good(number: int) -> tuple[str, bytes]:
    document = {"ts": T_MS + number} | {f"v{n}": number for n in range(4)}
    return TOPIC, json.dumps(document).encode()


def test_unusable_payloads_become_dead_letters_and_the_flow_goes_on(tmp_path):
    config = {**QUICK, "connectors": {"broker": {}}}
    with Mosquitto(tmp_path, settings=shipped_settings()) as broker:
        mapping = load_mqtt(broker.port)
        del mapping["mappings"][0]["sequence"]
        config["connectors"]["broker"] = mapping
        with gateway(tmp_path / "gateway", config) as product, Publisher(broker.port) as sender:
            until_state(product, "broker", "live")
            for number, payload in enumerate(UNUSABLE):
                sender.send_all([good(number), (TOPIC, payload)])
            sender.send_all([good(len(UNUSABLE)), ("nobody/asked", b"1")])
            product.until(
                lambda: (
                    connector(product, "broker")["figures"]["unknown"] == 0
                    and connector(product, "broker")["samples"] >= 4 * (len(UNUSABLE) + 1)
                ),
                what="good samples between the bad ones",
            )
            until_quiet(product)
            letters = product.get("/dead-letters", limit=1000)
            by_bytes = {base64.b64decode(each["payload"]): each for each in letters["items"]}
            for payload in UNUSABLE:
                letter = by_bytes[payload[:65_536]]
                assert letter["source"] == TOPIC
                assert letter["connector"] == "broker"
                assert letter["payload_size"] == len(payload)
                assert letter["reason"]
            assert letters["total"] == len(UNUSABLE)
            found = connector(product, "broker")
            assert found["state"] == "live"
            assert found["attempts"] <= 1
            assert found["dead_letters"] == len(UNUSABLE)
            assert found["figures"]["extra"]["unacknowledged"] == 0
            latest = product.get("/latest")
            assert latest["value"] == [float(len(UNUSABLE))] * 4
            assert product.stop() == 0
        kept = Kept.read(product.folder / "data")
        of_v0 = {
            key: value for key, value, is_good in kept.rows if is_good and key.path.endswith("v0")
        }
        for number in range(len(UNUSABLE) + 1):
            key = Key("test/mqtt/0/0/v0", (T_MS + number) * 1_000_000)
            assert of_v0.pop(key) == bits(number)
        print(of_v0)
        assert not of_v0


BROKEN = """plant: {site: test, time_zone: Europe/Berlon}
data_dir: data
web: {port: eighty}
connectors:
  broker: {type: mqtt, host: localhost, client_id: a, mapings: []}
  press: {type: opcuaa}
rules:
  r: {type: limit, title: x, signals: [a/b/c/d/e]}
"""


@pytest.mark.parametrize("command", ["check", "up"])
def test_a_configuration_that_cannot_be_right_is_told_line_by_line(tmp_path, command):
    file = tmp_path / "taktline.yaml"
    file.write_text(BROKEN)
    done = run_cli(*(["check"] if command == "check" else ["up", "--config"]), str(file))
    assert done.returncode == 1
    for line, word in ((1, "Europe/Berl"), (3, "eighty"), (5, "mappings"), (6, "opcua?")):
        assert any(
            f"{file}:{line}" in said and word in said for said in done.stderr.splitlines()
        ), done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_no_yaml_or_not_there_is_told(tmp_path):
    texts = {"absent": None, "open": "plant: [", "control": "\x00", "list": "- 1\n"}
    files = {name: tmp_path / f"{name}.yaml" for name in texts}
    for name, text in texts.items():
        if text is not None:
            files[name].write_text(text)
    for done in (
        run_cli("check", *map(str, files.values())),
        run_cli("up", "-c", str(files["open"])),
    ):
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        told = [file for file in files.values() if str(file) in done.stderr]
        assert told == ([files["open"]] if "up" in done.args else list(files.values())), done.stderr


def rule(high: float, **extra: object) -> dict:
    return {
        "type": "limit",
        "title": "Value too high",
        "signals": ["test/opcua/load/press/V0"],
        "high": high,
        "unit": "",
        **extra,
    }


def test_reload_touches_only_what_changed(tmp_path):
    port, log = free_port(), tmp_path / "machine.sent"
    with (
        Mosquitto(tmp_path, settings=shipped_settings()) as broker,
        machine(port, log, signals=4),
    ):
        press = load_opcua(f"opc.tcp://127.0.0.1:{port}/", NAME, signals=4)
        config = {
            **QUICK,
            "connectors": {"broker": load_mqtt(broker.port), "press": press},
            "rules": {"high": rule(1), "never": rule(1e9)},
        }
        with gateway(tmp_path / "gateway", config) as product:
            until_state(product, "broker", "live")
            until_state(product, "press", "live")
            issue = product.until(lambda: product.get("/issues")["items"], what="an issue")[0]

            def reload(text: str, said: str) -> None:
                product.file.write_text(text)
                before = told(product, said)
                product.peer.process.send_signal(signal.SIGHUP)
                product.until(lambda: told(product, said) > before, what=said)

            def sessions() -> dict:
                return {
                    each["name"]: (each["since_ms"], each["figures"]["extra"].get("connects"))
                    for each in product.get("/connectors")["items"]
                }

            # 1. A broken file changes nothing.
            good_text = product.file.read_text()
            before = sessions()
            reload(
                good_text.replace("type: mqtt", "type: mqttt"),
                "reload refused, the old configuration stays",
            )
            assert sessions() == before
            # 2. The same file again changes nothing.
            reload(good_text, "reloaded: nothing changed")
            assert sessions() == before
            # 3. A changed connector is replaced alone; a changed rule leaves the others' state.
            changed = json.loads(json.dumps(product.config))
            changed["connectors"]["broker"]["keepalive_s"] = 31
            changed["rules"]["never"]["high"] = 2e9
            reload(yaml.safe_dump(changed), "reloaded: replaced: broker; rules: changed")
            until_state(product, "broker", "live")
            after = sessions()
            assert after["press"] == before["press"], "another connector's session was interrupted"
            assert after["broker"] != before["broker"]
            time.sleep(1.5)
            (still,) = product.get("/issues")["items"]
            assert (still["number"], still["state"]) == (issue["number"], issue["state"])
            states = {each["id"]: each for each in product.get("/rules")["items"]}
            assert states["high"]["active"] == 1
            assert states["never"]["settings"]["high"] == 2e9
            # 4. What cannot be changed while running is said, and nothing else happens.
            changed["journal"] = {"group_ms": 15}
            reload(yaml.safe_dump(changed), "waiting for a restart: journal")
            assert sessions()["press"] == before["press"]
            # 5. A connector that goes away is not shown any more, and comes back.
            without = {**changed, "connectors": {"press": press}}
            reload(yaml.safe_dump(without), "stopped: broker")
            assert [each["name"] for each in product.get("/connectors")["items"]] == ["press"]
            reload(yaml.safe_dump(changed), "started: broker")
            until_state(product, "broker", "live")
            assert product.stop() == 0


def test_reload_under_flow_loses_nothing_and_declares_no_hole_where_none_is(tmp_path):
    port, log = free_port(), tmp_path / "machine.sent"
    with (
        Mosquitto(tmp_path, settings=shipped_settings()) as broker,
        machine(port, log, signals=8) as server,
    ):
        press = load_opcua(f"opc.tcp://127.0.0.1:{port}/", NAME, signals=8)
        config = {**QUICK, "connectors": {"broker": load_mqtt(broker.port), "press": press}}
        with gateway(tmp_path / "gateway", config) as product:
            until_state(product, "broker", "live")
            until_state(product, "press", "live")
            since_ns = time.time_ns()
            with load(
                tmp_path / "mq", "mqtt", signals=80, rate=20, seconds=600, mqtt_port=broker.port
            ) as mqtt:
                changed = json.loads(json.dumps(product.config))
                away_s = 0.0
                for turn in range(3):
                    until_more(product, "broker", 1500)
                    until_more(product, "press", 100)
                    changed["connectors"]["broker"]["keepalive_s"] = 31 + turn
                    changed["connectors"]["press"]["publishing_ms"] = 101 + turn
                    product.file.write_text(yaml.safe_dump(changed))
                    went_s = time.monotonic()
                    product.peer.process.send_signal(signal.SIGHUP)
                    product.until(
                        lambda turn=turn: told(product, "replaced: broker, press") == turn + 1,
                        what="replaced",
                    )
                    until_state(product, "broker", "live")
                    until_state(product, "press", "live")
                    away_s += time.monotonic() - went_s
                # A signal's type is for life: told, and not even the connector that is changed is touched.
                before = product.get("/connectors")["items"]
                changed["connectors"]["broker"]["keepalive_s"] = 60
                changed["connectors"]["press"]["nodes"][0]["data_type"] = "integer"
                product.file.write_text(yaml.safe_dump(changed))
                product.peer.process.send_signal(signal.SIGHUP)
                product.until(lambda: told(product, "reload refused") == 1, what="refused")
                assert told(product, "test/opcua/load/press/V0") >= 1
                after = product.get("/connectors")["items"]
                assert [(c["name"], c["since_ms"]) for c in before] == [
                    (c["name"], c["since_ms"]) for c in after
                ]
                until_more(product, "press", 50)
                assert mqtt.end()["dropped"] == 0
            server.stop()
            until_quiet(product)
            assert product.stop() == 0
            assert "Traceback" not in product.log.read_text()
        kept, sent = Kept.read(product.folder / "data"), read_load(mqtt.sent, log)
        verdict = judge(sent, kept, since_ns=since_ns)
        print(verdict, lost_s(kept), away_s)
        assert verdict.holds, verdict
        assert not inside_lost(kept)
        good = {key for key, _, is_good in kept.rows if is_good}
        assert not [
            key for key in sent.values if key.path.startswith("test/mqtt/") and key not in good
        ]
        assert lost_s(kept) <= away_s + 3
