"""How the product ends and what it shares: signals under load, two on one folder, a full journal, a store that restarts."""

import json
import signal
import time
from contextlib import ExitStack

import pytest

from tests.e2e.product import Gateway, gateway, run_cli
from tests.fault.product.broker import shipped_settings
from tests.fault.product.oracle import Kept, judge, read_load
from tests.fault.product.parts import (
    QUICK,
    connector,
    health,
    in_influx,
    load,
    load_mqtt,
    stage,
    told,
    until_more,
    until_quiet,
    until_state,
)
from tests.peers.influx import Influx
from tests.peers.mosquitto import Mosquitto
from tests.peers.mqtt_driver import Publisher
from tests.peers.postgres import Postgres
from tests.peers.process import free_port

pytestmark = [pytest.mark.peer, pytest.mark.fault]


@pytest.mark.soak
def test_told_to_end_under_load_it_ends_in_time_and_nothing_acknowledged_is_lost(tmp_path):
    with (
        Mosquitto(tmp_path, settings=shipped_settings()) as broker,
        gateway(
            tmp_path / "gateway", {**QUICK, "connectors": {"broker": load_mqtt(broker.port)}}
        ) as product,
    ):
        until_state(product, "broker", "live")
        with load(
            tmp_path / "mq", "mqtt", signals=200, rate=20, seconds=600, mqtt_port=broker.port
        ) as mqtt:
            for _ in range(2):
                until_more(product, "broker", 4000)
                assert product.stop(within_s=10) == 0
                assert "Traceback" not in product.log.read_text()
                # A second gateway on the folder of a running one is refused by its process id.
                product.start()
                until_state(product, "broker", "live")
            second = run_cli("up", "--config", str(product.file))
            assert second.returncode == 1
            assert f"process {product.peer.process.pid}" in second.stderr
            assert "Traceback" not in second.stderr
            assert connector(product, "broker")["state"] == "live"
            assert mqtt.end()["dropped"] == 0
        until_quiet(product)
        # Both signals: it ends, whatever it was doing.
        process = product.peer.process
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGCONT)
        assert process.wait(5) in {0, 130, -signal.SIGTERM}
        verdict = judge(read_load(mqtt.sent), Kept.read(product.folder / "data"))
        print(verdict)
        assert verdict.holds, verdict
        assert verdict.kept == verdict.sent > 8000


def test_a_second_signal_ends_it_although_it_hangs_in_its_end(tmp_path):
    """The store hangs, so that the orderly end takes its time: a second signal does not."""
    with (
        Postgres() as database,
        gateway(
            tmp_path / "gateway",
            {**QUICK, "store": {"url": database.url}},
        ) as product,
    ):
        database.peer.process.send_signal(signal.SIGSTOP)
        try:
            process = product.peer.process
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            went_s = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) in {0, 130, -signal.SIGTERM}
            print(f"ended after {time.monotonic() - went_s:.2f} s with {process.returncode}")
        finally:
            database.peer.process.send_signal(signal.SIGCONT)


def test_a_full_journal_holds_the_machines_back_and_loses_nothing(tmp_path):
    port = free_port()
    (tmp_path / "influx").mkdir()
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(tmp_path, settings=shipped_settings()))
        config = {
            **QUICK,
            "connectors": {"broker": load_mqtt(broker.port, inflight=200)},
            "journal": {"max_bytes": 100_000, "retry_ms": 50},
            "historian": {
                "kind": "influx",
                "version": "1",
                "url": f"http://127.0.0.1:{port}",
                "bucket": "plant",
            },
        }
        product = stack.enter_context(gateway(tmp_path / "gateway", config))
        until_state(product, "broker", "live")
        mqtt = stack.enter_context(
            load(tmp_path / "mq", "mqtt", signals=200, rate=20, seconds=600, mqtt_port=broker.port)
        )
        until_state(product, "broker", "held")
        problems = " ".join(health(product)["problems"])
        assert "The journal takes no samples" in problems
        assert "broker at mqtt://" in problems
        assert "is not being read" in problems
        assert told(product, "connector broker is held") == 1
        stored = stage(product, "journal")["rows"]
        time.sleep(2)
        assert stage(product, "journal")["rows"] == stored
        unacknowledged = connector(product, "broker")["figures"]["extra"]["unacknowledged"]
        assert unacknowledged == 200, "the broker's window is the backpressure"
        # It also ends in time, with everything unacknowledged left to the broker.
        assert product.stop(within_s=10) == 0
        product.start()
        until_state(product, "broker", "held")
        server = stack.enter_context(Influx.start(tmp_path / "influx", port=port))
        server.query("CREATE DATABASE plant")
        until_state(product, "broker", "live")
        until_more(product, "broker", 4000)
        assert mqtt.end()["dropped"] == 0
        until_quiet(product)
        product.until(lambda: not health(product)["problems"], what="no problem left")
        assert product.stop() == 0
        kept = Kept.read(product.folder / "data", history=lambda: in_influx(server))
        verdict = judge(read_load(mqtt.sent), kept)
        print(verdict)
        assert verdict.holds, verdict
        assert verdict.kept == verdict.sent > 10_000


def high(number: int) -> dict:
    return {
        "type": "limit",
        "title": f"Value {number} too high",
        "signals": [f"test/mqtt/0/0/v{number}"],
        "high": 100,
        "unit": "",
    }


def test_postgresql_restarts_during_flow(tmp_path):
    with (
        Mosquitto(tmp_path, settings=shipped_settings()) as broker,
        Postgres() as database,
        gateway(
            tmp_path / "gateway",
            {
                **QUICK,
                "connectors": {"broker": load_mqtt(broker.port)},
                "rules": {f"high-{n}": high(n) for n in range(4)},
                "store": {"url": database.url},
            },
        ) as product,
        Publisher(broker.port) as sender,
    ):
        until_state(product, "broker", "live")
        clock_ms = time.time_ns() // 1_000_000
        sequence = 0

        def send(*values: float) -> None:
            nonlocal sequence
            sequence += 1
            document = {"ts": clock_ms + sequence, "seq": sequence}
            document |= {f"v{n}": value for n, value in enumerate(values)}
            sender.send("load/0/0", json.dumps(document))

        send(500, 0, 0, 0)
        product.until(lambda: len(product.get("/issues")["items"]) == 1, what="the first issue")
        database.stop()
        for _ in range(20):
            send(500, 500, 0, 0)
            time.sleep(0.05)
        product.until(lambda: stage(product, "rules")["state"] == "failing", what="rules fail")
        assert any(text.startswith("rules fails since") for text in health(product)["problems"])
        assert stage(product, "historian")["state"] == "working"
        assert connector(product, "broker")["state"] == "live"
        # Without its store the page still answers, and the issues say plainly that they cannot.
        assert product.http.get("/api/v1/issues").status_code == 503
        database.start()
        product.until(lambda: stage(product, "rules")["state"] == "working", what="rules work")
        send(500, 500, 500, 0)
        issues = product.until(
            lambda: found if len(found := product.get("/issues")["items"]) == 3 else None,
            what="three issues",
        )
        assert sorted(issue["rule"] for issue in issues) == ["high-0", "high-1", "high-2"]
        for issue in issues:
            whole = product.get(f"/issues/{issue['number']}")
            assert whole["state"] == "open"
            assert whole["occurrences"] == 1
        product.until(lambda: not health(product)["problems"], what="no problem left")
        assert told(product, "rules is failing") == 1
        # Ends in time, too, while the store is away.
        database.stop()
        code = ended(product)
        assert code == 0, product.log.read_text()[-3000:]
        assert "Traceback" not in product.log.read_text()
        database.start()
        product.start()
        product.until(lambda: len(product.get("/issues")["items"]) == 3, what="the same issues")


def ended(product: Gateway) -> int:
    return product.stop(within_s=10)


def test_the_store_is_absent_at_the_start_and_at_the_end(tmp_path):
    with Postgres() as database:
        database.stop()
        product = Gateway(tmp_path / "gateway", {**QUICK, "store": {"url": database.url}})
        try:
            product.launch()
            product.until(
                lambda: told(product, "the store is not there yet") == 1, what="the log says so"
            )
            assert ended(product) == 0
            product.launch()
            product.until(lambda: told(product, "the store is not there yet") == 2, what="again")
            database.start()
            product.until(product.answers, what="serving")
            assert ended(product) == 0
        finally:
            product.close()


def test_it_ends_in_time_while_the_historian_hangs(tmp_path):
    (tmp_path / "influx").mkdir()
    with (
        Influx.start(tmp_path / "influx") as server,
        Mosquitto(tmp_path, settings=shipped_settings()) as broker,
    ):
        server.query("CREATE DATABASE plant")
        historian = {"kind": "influx", "version": "1", "url": server.url, "bucket": "plant"}
        config = {
            **QUICK,
            "connectors": {"broker": load_mqtt(broker.port)},
            "historian": {**historian, "timeout_s": 60},
        }
        with (
            gateway(tmp_path / "gateway", config) as product,
            load(
                tmp_path / "mq", "mqtt", signals=40, rate=20, seconds=600, mqtt_port=broker.port
            ) as mqtt,
        ):
            until_more(product, "broker", 1000)
            server.process.send_signal(signal.SIGSTOP)
            until_more(product, "broker", 1000)  # ingest and page do not wait for it
            code = product.stop(within_s=10)
            server.process.send_signal(signal.SIGCONT)
            assert code == 0, product.log.read_text()[-3000:]
            product.start()
            until_more(product, "broker", 1000)
            assert mqtt.end()["dropped"] == 0
            until_quiet(product)
            assert product.stop() == 0
        kept = Kept.read(product.folder / "data", history=lambda: in_influx(server))
    verdict = judge(read_load(mqtt.sent), kept)
    print(verdict)
    assert verdict.holds, verdict
    assert verdict.kept == verdict.sent > 3000
