"""SIGKILL of the whole product under flow: MQTT loses nothing at all, OPC UA only what is declared."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.e2e.product import ROOT, Gateway, gateway
from tests.fault.product.broker import shipped_settings
from tests.fault.product.oracle import Kept, inside_lost, judge, lost_s, read_load
from tests.fault.product.parts import (
    QUICK,
    Load,
    load,
    load_mqtt,
    load_opcua,
    until_quiet,
    until_state,
)
from tests.peers.mosquitto import Mosquitto

pytestmark = [pytest.mark.peer, pytest.mark.fault]

HERE = Path(__file__)
KILLS = 10
SIGNALS = 20
FAILPOINTS = (
    "journal.before_commit",
    "journal.after_commit",
    "supervise.before_ack",
    "historian.before_commit",
    "historian.after_commit",
    "deliver.after_write",
    "deliver.after_bury",
)


def seed() -> int:
    """Return this run's seed, or the one that the environment asks for; pytest shows it on failure."""
    chosen = int(os.environ.get("TAKTLINE_TEST_SEED", random.randrange(2**32)))
    print("TAKTLINE_TEST_SEED =", chosen)
    return chosen


def config(broker: Mosquitto, opcua: Load) -> dict:
    machines = {
        name: load_opcua(endpoint, name.capitalize(), signals=SIGNALS)
        for name, endpoint in opcua.said["opcua"].items()
    }
    return {**QUICK, "connectors": {"broker": load_mqtt(broker.port), **machines}}


def until_flowing(product: Gateway) -> None:
    until_state(product, "broker", "live")
    until_state(product, "load0", "live")
    product.until(
        lambda: all(
            each["samples"]
            for each in product.get("/connectors")["items"]
            if each["state"] == "live"
        ),
        what="samples from every connector",
    )


def hold(product: Gateway, *logs: Path, since_ns: int) -> None:
    """Stop the product and hold the oracle on each protocol."""
    until_quiet(product)
    assert product.stop(within_s=10) == 0
    kept = Kept.read(product.folder / "data")
    sent = read_load(*logs)
    verdict = judge(sent, kept, since_ns=since_ns)
    print(verdict)
    assert verdict.holds, verdict
    assert verdict.sent > 1000
    assert verdict.kept > verdict.sent / 4, "declared lost what was there to be read"
    assert not inside_lost(kept)
    # The broker kept our session: not one MQTT sample may be lost, declared or not.
    good = {key for key, _, is_good in kept.rows if is_good}
    absent = [key for key in sent.values if key.path.startswith("test/mqtt/") and key not in good]
    assert not absent, (len(absent), absent[:3])


def test_killed_at_random_moments(tmp_path):
    dice = random.Random(seed())
    away_s = 0.0
    with (
        Mosquitto(tmp_path, settings=shipped_settings()) as broker,
        load(tmp_path / "ua", "opcua", signals=SIGNALS, rate=10, seconds=600) as opcua,
        gateway(tmp_path / "gateway", config(broker, opcua)) as product,
    ):
        until_state(product, "broker", "live")
        until_state(product, "load0", "live")
        since_ns = time.time_ns()
        with load(
            tmp_path / "mq", "mqtt", signals=40, rate=10, seconds=600, mqtt_port=broker.port
        ) as mqtt:
            slowest_s = 0.0
            for _ in range(KILLS):
                until_flowing(product)
                time.sleep(dice.uniform(0, 0.6))
                product.kill()
                went_s = time.monotonic()
                product.start()
                slowest_s = max(slowest_s, time.monotonic() - went_s)
                until_state(product, "load0", "live")
                away_s += time.monotonic() - went_s
            until_flowing(product)
            mqtt.end()
            opcua.end()
            print(f"slowest start to serving {slowest_s:.1f} s")
            hold(product, mqtt.sent, opcua.sent, since_ns=since_ns)
        kept = Kept.read(product.folder / "data")
        # A second a stay for the last rows that were not yet on disk and the first that had to come.
        assert lost_s(kept) <= away_s + 2 * KILLS


@pytest.mark.soak
def test_killed_once_at_every_step(tmp_path):
    with (
        Mosquitto(tmp_path, settings=shipped_settings()) as broker,
        load(tmp_path / "ua", "opcua", signals=SIGNALS, rate=10, seconds=600) as opcua,
        gateway(tmp_path / "gateway", config(broker, opcua)) as product,
    ):
        until_state(product, "broker", "live")
        until_state(product, "load0", "live")
        since_ns = time.time_ns()
        with load(
            tmp_path / "mq", "mqtt", signals=40, rate=10, seconds=600, mqtt_port=broker.port
        ) as mqtt:
            until_flowing(product)
            assert product.stop() == 0
            for name in FAILPOINTS:
                product.env["TAKTLINE_FAILPOINT"] = f"{name}:kill@12"
                product.launch()
                assert product.peer.process.wait(60) == -9, name
            del product.env["TAKTLINE_FAILPOINT"]
            product.start()
            until_flowing(product)
            mqtt.end()
            opcua.end()
            hold(product, mqtt.sent, opcua.sent, since_ns=since_ns)


def test_every_failpoint_is_tried():
    named = {
        line.split('failpoint("')[1].split('"')[0]
        for package in ("gateway", "connectors")
        for file in (ROOT / package).rglob("*.py")
        for line in file.read_text().splitlines()
        if 'failpoint("' in line
    }
    others = "".join(
        file.read_text() for file in (ROOT / "tests" / "fault").rglob("test_*.py") if file != HERE
    )
    elsewhere = {name for name in named if f'"{name}' in others}  # by the tests of their own room
    assert named == {*FAILPOINTS} | elsewhere
