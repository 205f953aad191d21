"""The load generator sends what it says, with sequence numbers that name what is missing."""

from __future__ import annotations

import json
from pathlib import Path

from simulators.broker import DemoBroker
from simulators.load import LoadOptions, Protocol, run_load
from simulators.net import free_port
from simulators.sentlog import read_sent


async def test_opcua_load_counts_every_value_once(tmp_path: Path) -> None:
    report = await run_load(
        LoadOptions(
            protocol=Protocol.OPCUA,
            machines=2,
            signals=20,
            rate_hz=20,
            seconds=1,
            sent_log=tmp_path / "sent",
        )
    )
    assert (report.samples, report.cycles, report.dropped) == (800, 20, 0)
    rows = read_sent(tmp_path / "sent")
    assert len(rows) == len({(row.node, row.time_ns) for row in rows}) == 800
    one = [row.value for row in rows if row.node == "Load1.V7"]
    assert one == [float(number) for number in range(1, 21)]


async def test_mqtt_load_counts_every_value_once(tmp_path: Path) -> None:
    broker = DemoBroker(port=free_port())
    await broker.start()
    try:
        report = await run_load(
            LoadOptions(
                protocol=Protocol.MQTT,
                signals=20,
                rate_hz=20,
                seconds=1,
                mqtt_port=broker.port,
                sent_log=tmp_path / "sent",
            )
        )
    finally:
        await broker.stop()
    assert (report.samples, report.dropped) == (400, 0)
    rows = read_sent(tmp_path / "sent")
    assert len(rows) == 100
    one = [json.loads(str(row.value))["seq"] for row in rows if row.source == "load/0/3"]
    assert one == list(range(1, 21))
