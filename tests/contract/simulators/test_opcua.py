"""Any OPC UA client can read the machines, and a renumbering really renumbers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaStatusCodeError

from simulators.net import PortBusyError, free_port
from simulators.opcua.server import DECOY, NAMESPACE, MachineServer, ServerSpec
from simulators.plant.faults import Reading, Status
from simulators.plant.layout import BOTTLING_LINE, array_size, nodes_of
from simulators.plant.model import PlantModel
from simulators.sentlog import SentLog, read_sent

FILLER = BOTTLING_LINE[1]
STAMP_NS = 1_767_225_600_250_000_000


def filler_spec(port: int) -> ServerSpec:
    nodes = nodes_of(FILLER)
    return ServerSpec(
        machine=FILLER.name,
        nodes=nodes,
        array_sizes={node.name: array_size(FILLER, node) for node in nodes},
        host="127.0.0.1",
        port=port,
    )


@pytest.fixture
async def filler() -> AsyncIterator[MachineServer]:
    server = MachineServer(spec=filler_spec(free_port()))
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def sample() -> dict[str, Reading]:
    return PlantModel(seed=1).advance().samples["filler"].readings


async def read(client: Client, index: int, name: str) -> Any:
    return await client.get_node(f"ns={index};s=Filler.{name}").read_data_value(False)


async def test_every_variable_has_its_type_value_status_and_stamp(filler: MachineServer) -> None:
    readings = sample()
    await filler.write(readings, stamp_ns=STAMP_NS)
    async with Client(filler.spec.endpoint) as client:
        assert await client.get_namespace_index(NAMESPACE) == 2
        uris = await client.get_namespace_array()
        assert uris[1] == "urn:taktline:sim:filler"
        for node in nodes_of(FILLER):
            got = await read(client, 2, node.name)
            assert got.Value.VariantType is ua.VariantType[node.data_type], node.name
            wanted = readings[node.name].value
            assert got.Value.Value == (list(wanted) if isinstance(wanted, tuple) else wanted)
            assert got.StatusCode.is_good()
            assert got.SourceTimestamp == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(
                milliseconds=250
            )
        assert len((await read(client, 2, "NozzleWeights")).Value.Value) == 8


async def test_a_bad_sensor_has_a_bad_status_and_recovers(filler: MachineServer) -> None:
    bad = {"FillWeight": Reading(None, Status.BAD_SENSOR_FAILURE)}
    await filler.write(bad, stamp_ns=STAMP_NS)
    async with Client(filler.spec.endpoint) as client:
        got = await read(client, 2, "FillWeight")
        assert got.StatusCode.value == StatusCodes.BadSensorFailure
        assert got.Value.Value is None
        await filler.write({"FillWeight": Reading(500.5)}, stamp_ns=STAMP_NS + 250_000_000)
        got = await read(client, 2, "FillWeight")
        assert got.StatusCode.is_good()
        assert got.Value.Value == 500.5


async def test_only_changes_are_written_and_a_subscriber_gets_them_all(
    filler: MachineServer, tmp_path: Path
) -> None:
    got: list[float] = []

    class Handler:
        def datachange_notification(self, node: Any, value: float, data: Any) -> None:
            got.append(value)

    async with Client(filler.spec.endpoint) as client:
        subscription = await client.create_subscription(20, Handler())
        node = client.get_node("ns=2;s=Filler.FillWeight")
        await subscription.subscribe_data_change(node, queuesize=100)
        for number in range(10):
            readings = {"FillWeight": Reading(float(number // 2 + 1))}
            await filler.write(readings, stamp_ns=STAMP_NS + number)
        async with asyncio.timeout(5):
            while 5.0 not in got:  # noqa: ASYNC110 (the handler only appends)
                await asyncio.sleep(0.01)
        await subscription.delete()
    assert got[-5:] == [1.0, 2.0, 3.0, 4.0, 5.0]


async def test_the_sent_log_holds_what_was_written_and_nothing_while_down(tmp_path: Path) -> None:
    with SentLog(tmp_path / "sent.jsonl") as log:
        server = MachineServer(spec=filler_spec(free_port()), sent_log=log)
        await server.start()
        await server.write({"Speed": Reading(1.0)}, stamp_ns=1_000_000)
        await server.write({"Speed": Reading(1.0)}, stamp_ns=2_000_000)
        await server.stop()
        assert await server.write({"Speed": Reading(2.0)}, stamp_ns=3_000_000) == 0
    rows = read_sent(tmp_path / "sent.jsonl")
    assert [(r.source, r.node, r.time_ns, r.value) for r in rows] == [
        ("filler", "Filler.Speed", 1_000_000, 1.0)
    ]


async def test_renumbering_moves_our_namespace_and_leaves_another_value_at_the_old_index() -> None:
    server = MachineServer(spec=filler_spec(free_port()))
    await server.start()
    await server.write(sample(), stamp_ns=STAMP_NS)
    await server.stop()
    await server.start(position=3)
    try:
        await server.write(sample(), stamp_ns=STAMP_NS)
        async with Client(server.spec.endpoint) as client:
            assert await client.get_namespace_index(NAMESPACE) == 3
            old = await read(client, 2, "FillWeight")
            new = await read(client, 3, "FillWeight")
            assert old.Value.Value == DECOY
            assert abs(new.Value.Value - 500) < 10
    finally:
        await server.stop()


async def test_clients_may_write_the_target_speed_only(filler: MachineServer) -> None:
    await filler.write(sample(), stamp_ns=STAMP_NS)
    assert filler.written_target() is None
    async with Client(filler.spec.endpoint) as client:
        await client.get_node("ns=2;s=Filler.TargetSpeed").write_value(96.0)
        assert filler.written_target() == 96.0
        with pytest.raises(UaStatusCodeError):
            await client.get_node("ns=2;s=Filler.FillWeight").write_value(1.0)


async def test_methods_ask_the_plant_and_answer_what_it_said() -> None:
    asked: list[str] = []

    def obey(name: str) -> bool:
        asked.append(name)
        return name == "Hold"

    spec = replace(filler_spec(free_port()), methods=("Hold", "Start"))
    server = MachineServer(spec=spec, obey=obey)
    await server.start(position=3)
    try:
        async with Client(server.spec.endpoint) as client:
            owner = client.get_node("ns=3;s=Filler")
            await owner.call_method(client.get_node("ns=3;s=Filler.Hold").nodeid)
            with pytest.raises(UaStatusCodeError, match="BadInvalidState"):
                await owner.call_method(client.get_node("ns=3;s=Filler.Start").nodeid)
        assert asked == ["Hold", "Start"]
    finally:
        await server.stop()


async def test_servers_of_one_process_do_not_share_what_they_change() -> None:
    first = MachineServer(spec=filler_spec(free_port()))
    packer = BOTTLING_LINE[4]
    second = MachineServer(
        spec=ServerSpec(
            machine=packer.name,
            nodes=nodes_of(packer),
            array_sizes={},
            host="127.0.0.1",
            port=free_port(),
        )
    )
    await first.start(position=4)
    await second.start()
    try:
        for server, uri, length in ((first, "filler", 5), (second, "packer", 3)):
            async with Client(server.spec.endpoint) as client:
                uris = await client.get_namespace_array()
                assert uris[1] == f"urn:taktline:sim:{uri}"
                assert len(uris) == length
                servers = await client.get_node("i=2254").read_value()
                assert servers == [f"urn:taktline:sim:{uri}"]
    finally:
        await asyncio.gather(first.stop(), second.stop())


async def test_a_busy_port_is_named(filler: MachineServer) -> None:
    other = MachineServer(spec=filler_spec(filler.spec.port))
    with pytest.raises(PortBusyError, match=str(filler.spec.port)):
        await other.start()


async def test_no_client_ever_sees_a_value_that_was_not_measured() -> None:
    server = MachineServer(spec=filler_spec(free_port()))
    await server.start()
    async with Client(server.spec.endpoint) as client:
        got = await read(client, 2, "FillWeight")
        assert got.StatusCode.value == StatusCodes.BadWaitingForInitialData
    await server.write({"FillWeight": Reading(499.0)}, stamp_ns=STAMP_NS)
    await server.stop()
    await server.start()
    async with Client(server.spec.endpoint) as client:
        got = await read(client, 2, "FillWeight")
        assert (got.Value.Value, got.StatusCode.is_good()) == (499.0, True)
        assert got.SourceTimestamp == datetime(2026, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC)
    await server.stop()
