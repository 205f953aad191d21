"""The historian is away: machines do not notice, memory stays bounded, and afterwards every row is there once."""

import os
import shutil
import statistics
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.stream.options import JournalOptions
from tests.e2e.product import Gateway, gateway
from tests.fault.product.broker import shipped_settings
from tests.fault.product.oracle import Kept, Sent, judge, read_load
from tests.fault.product.parts import (
    QUICK,
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
from tests.peers.process import free_port

pytestmark = [pytest.mark.peer, pytest.mark.fault]

SIGNALS, RATE = 240, 20
TARGET_ROWS_PER_S = 20_000
FIVE_MINUTES_S = 300.0
MIB = 1 << 20


def outage(folder: Path, away_s: float) -> None:
    port = free_port()
    (folder / "influx").mkdir()
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(folder, settings=shipped_settings()))
        config = {
            **QUICK,
            "connectors": {"broker": load_mqtt(broker.port)},
            "historian": {
                "kind": "influx",
                "version": "1",
                "url": f"http://127.0.0.1:{port}",
                "bucket": "plant",
            },
        }
        product = stack.enter_context(gateway(folder / "gateway", config))
        until_state(product, "broker", "live")
        mqtt = stack.enter_context(
            load(
                folder / "mq",
                "mqtt",
                signals=SIGNALS,
                rate=RATE,
                seconds=3600,
                mqtt_port=broker.port,
            )
        )
        # 1. Absent at the start: ingest goes on, one line says so.
        until_more(product, "broker", 2000)
        assert stage(product, "historian")["state"] == "failing"
        assert any(text.startswith("historian fails since") for text in health(product)["problems"])
        # 2. There, but without its database: not a row may be thrown away for that.
        server = stack.enter_context(Influx.start(folder / "influx", port=port))
        time.sleep(1)
        assert stage(product, "historian")["state"] == "failing"
        assert product.get("/dead-letters")["total"] == 0
        server.query("CREATE DATABASE plant")
        product.until(lambda: stage(product, "historian")["state"] == "working", what="historian")
        product.until(lambda: stage(product, "historian")["behind_rows"] < 5000, what="drained")
        assert told(product, "historian is failing") == 1
        # 3. Away while machines go on.
        server.stop()
        figures = watch(product, away_s)
        server = stack.enter_context(Influx.start(folder / "influx", port=port))
        drained(product, figures)
        # 4. Killed between the server's answer and the cursor: sent again, the same rows.
        assert product.stop() == 0
        product.env["TAKTLINE_FAILPOINT"] = "historian.after_stored:kill@4"
        product.launch()
        assert product.peer.process.wait(60) == -9
        del product.env["TAKTLINE_FAILPOINT"]
        product.start()
        until_state(product, "broker", "live")
        assert mqtt.end()["dropped"] == 0
        until_quiet(product, timeout_s=180)
        assert product.stop() == 0
        whole(product, read_load(mqtt.sent), server)


def watch(product: Gateway, away_s: float) -> list[tuple[float, int, int]]:
    """Return time, rows journaled and resident bytes, as they went during the outage."""
    seen = []
    until = time.monotonic() + away_s
    product.until(lambda: stage(product, "historian")["state"] == "failing", what="historian fails")
    while time.monotonic() < until:
        document = health(product)
        broker = document["connectors"][0]
        assert broker["state"] == "live"
        seen.append((time.monotonic(), broker["samples"], document["memory_bytes"]))
        time.sleep(0.5)
    return seen


def drained(product: Gateway, seen: list[tuple[float, int, int]]) -> None:
    """Ingest was steady and memory bounded while the historian was away; then its cursor only rose."""
    half = len(seen) // 2
    rates = [
        (rows - rows_before) / (now - before)
        for (before, rows_before, _), (now, rows, _) in (
            (seen[0], seen[half]),
            (seen[half], seen[-1]),
        )
    ]
    grown = max(memory for _, _, memory in seen[half:]) - statistics.median(
        memory for _, _, memory in seen[: half + 1]
    )
    journal = stage(product, "journal")
    bytes_a_row = journal["figures"]["bytes"] / journal["rows"]
    needed = bytes_a_row * TARGET_ROWS_PER_S * FIVE_MINUTES_S
    print(
        f"rows/s {rates}, grown {grown / MIB:.1f} MiB, {bytes_a_row:.1f} B a row in the journal; five minutes at "
        f"{TARGET_ROWS_PER_S} rows/s need {needed / MIB:.0f} MiB"
    )
    assert min(rates) > 0.2 * SIGNALS * RATE, "ingest goes on, however busy the machine is"
    assert grown < 60 * MIB
    assert max(memory for _, _, memory in seen) < 400 * MIB
    assert needed < JournalOptions.model_validate({}).max_bytes
    cursors: list[int] = []

    def caught_up() -> bool:
        historian = stage(product, "historian")
        cursors.append(historian["figures"]["cursor"])
        return historian["state"] == "working" and historian["behind_rows"] < 5000

    # Twice as fast as data comes in is enough: on a busy machine five minutes of it take some to write.
    product.until(caught_up, timeout_s=max(120.0, 3 * (seen[-1][0] - seen[0][0])), what="drained")
    assert cursors == sorted(cursors)


def whole(product: Gateway, sent: Sent, server: Influx) -> None:
    kept = Kept.read(product.folder / "data", history=lambda: in_influx(server))
    verdict = judge(sent, kept)
    print(verdict)
    assert verdict.holds, verdict
    assert verdict.kept == verdict.sent > 10_000


def test_influx_absent_at_first_then_away(tmp_path):
    outage(tmp_path, 12.0)


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_influx_away_for_five_minutes(tmp_path):
    outage(tmp_path, float(os.environ.get("TAKTLINE_SOAK_S", FIVE_MINUTES_S)))


@pytest.mark.soak
def test_an_embedded_history_that_was_damaged_is_filled_again_from_the_journal(tmp_path):
    with Mosquitto(tmp_path, settings=shipped_settings()) as broker:
        config = {**QUICK, "connectors": {"broker": load_mqtt(broker.port)}}
        with gateway(tmp_path / "gateway", config) as product:
            until_state(product, "broker", "live")
            with load(
                tmp_path / "mq", "mqtt", signals=40, rate=50, seconds=600, mqtt_port=broker.port
            ) as mqtt:
                for damage in ("torn", "overwritten", "deleted"):
                    until_more(product, "broker", 2000)
                    until_stored(product)
                    assert product.stop() == 0
                    ruin(product.folder / "data" / "history", damage)
                    product.start()
                    until_state(product, "broker", "live")
                until_more(product, "broker", 1000)
                assert mqtt.end()["dropped"] == 0
            until_quiet(product)
            assert product.stop() == 0
        verdict = judge(read_load(mqtt.sent), Kept.read(product.folder / "data"))
        print(verdict)
        assert verdict.holds, verdict
        assert verdict.kept == verdict.sent > 6000


def until_stored(product: Gateway) -> None:
    product.until(lambda: stage(product, "historian")["rows"] > 1000, what="rows in the historian")


def ruin(history: Path, damage: str) -> None:
    """Damage the files of a stopped historian."""
    if damage == "deleted":
        shutil.rmtree(history)
        return
    file = max(history.glob("samples-*.duckdb"))
    whole = file.read_bytes()
    file.write_bytes(b"\xff" * len(whole) if damage == "overwritten" else whole[: len(whole) // 2])
