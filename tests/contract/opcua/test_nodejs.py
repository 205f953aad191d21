"""What another maker's server sends arrives as it was sent, picoseconds and overflow bits included."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.attribute_ids import AttributeIds

from gateway.quality import BAD_SENSOR_FAILURE, OVERFLOW_BIT, UNCERTAIN_LAST_USABLE_VALUE
from tests.peers.opcua_driver import Driven
from tests.peers.opcua_nodejs import node_server
from tests.peers.process import free_port

pytestmark = pytest.mark.peer
_sizes = count(300)
"""Each run of the burst ends in a value that the server has not shown before."""

TYPES = {
    "double": "float", "float": "float", "int64": "integer", "uint16": "integer", "sbyte": "integer",
    "boolean": "boolean", "text": "string", "when": "string", "localized": "string", "bytes": "string",
    "array": "array", "bad": "float", "uncertain": "float", "state": "enum",
}  # fmt: skip


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    folder: Path = tmp_path_factory.mktemp("node")
    with node_server(port, folder):
        yield f"opc.tcp://127.0.0.1:{port}/"


def node(name: str, **extra: object) -> dict[str, object]:
    return {"node": f"press:s={name}", "signal": name} | extra


async def test_every_type_and_status(endpoint: str) -> None:
    driven = Driven(endpoint, [node(name, data_type=kind) for name, kind in TYPES.items()])
    await driven.connector.connect()
    await driven.until(lambda: all(driven.rows(name) for name in TYPES))
    first = {name: driven.rows(name)[0] for name in TYPES}
    await driven.connector.close()
    assert {name: row[1] for name, row in first.items() if row[1] == row[1]} == {
        "double": 12.75, "float": 0.5, "int64": float(2**63 - 1), "uint16": 65535.0, "sbyte": -5.0,
        "boolean": 1.0, "bad": 7.0, "uncertain": 8.0, "state": 2.0,
    }  # fmt: skip
    assert {name: row[3] for name, row in first.items() if row[3] is not None} == {
        "int64": 2**63 - 1, "text": "Störung 7", "when": "2026-01-02T03:04:05.6780000Z",
        "localized": "Running", "bytes": "0x01ff", "array": (1.5, -2.0, 3.0),
    }  # fmt: skip
    assert first["bad"][2] == BAD_SENSOR_FAILURE
    assert first["uncertain"][2] == UNCERTAIN_LAST_USABLE_VALUE
    assert sum(row[2] for row in first.values()) == BAD_SENSOR_FAILURE + UNCERTAIN_LAST_USABLE_VALUE
    assert driven.connector.troubles() == []


async def test_the_sent_of_a_burst_are_received_or_declared(endpoint: str) -> None:
    driven = Driven(
        endpoint,
        [node("target", data_type="integer")],
        sampling_ms=0,
        queue_size=20,
        publishing_ms=200,
    )
    size = next(_sizes)
    await driven.connector.connect()
    await driven.until(lambda: driven.rows("target"))
    async with Client(endpoint) as writer:
        index = await writer.get_namespace_index("urn:test:press")
        burst = writer.get_node(ua.NodeId(ua.String("burst"), ua.Int16(index)))
        value = ua.DataValue(ua.Variant(size, ua.VariantType.Int32))
        await burst.write_attribute(AttributeIds.Value, value)
    await driven.until(lambda: driven.last("target")[1] == size)  # type: ignore[index]
    await driven.connector.close()
    rows = driven.rows("target")[1:]
    received = {int(row[1]): row[0] for row in rows}
    overflowed = [row for row in rows if row[2] & OVERFLOW_BIT == OVERFLOW_BIT]
    assert overflowed, "the server kept everything: the burst was too small"
    assert driven.connector.figures().extra["server_overflows"] == len(overflowed)
    first_ns = received[size] - (size - 1) * 1_000_000
    for n in range(1, size + 1):
        at_ns = first_ns + (n - 1) * 1_000_000
        declared = any(loss.start_ns <= at_ns <= loss.end_ns for loss in driven.losses)
        assert n in received or declared, n
    kept = [n for n in received if n > 1]
    assert all(
        not loss.start_ns < received[n] < loss.end_ns for loss in driven.losses for n in kept
    )


async def test_a_percent_deadband_the_server_refuses_does_not_cost_the_data(endpoint: str) -> None:
    driven = Driven(endpoint, [node("double", deadband={"percent": 5})])
    session = await driven.connector.connect()
    await driven.until(lambda: driven.rows("double"))
    assert driven.values("double") == [12.75]
    assert any("deadband refused" in remark for remark in session.remarks)
    await driven.connector.close()
