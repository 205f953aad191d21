"""What the library's own server sends arrives as it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from asyncua import ua

from gateway.errors import NotConnectedError
from gateway.quality import (
    BAD_DECODING_ERROR,
    BAD_NODE_ID_UNKNOWN,
    BAD_SENSOR_FAILURE,
    UNCERTAIN_LAST_USABLE_VALUE,
)
from tests.peers.opcua_asyncua import UaServer
from tests.peers.opcua_driver import MACHINE, Driven
from tests.peers.process import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
VT = ua.VariantType


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared() -> AsyncIterator[UaServer]:
    async with UaServer(free_port()) as peer:
        yield peer


@pytest_asyncio.fixture(loop_scope="module")
async def server(shared: UaServer, request: pytest.FixtureRequest) -> UaServer:
    """One server for all tests, with variables of their own."""
    shared.begin(request.node.name)
    await shared.add("speed", 1.5, VT.Double)
    await shared.add("count", 7, VT.Int64)
    return shared


async def test_initial_values_and_changes_arrive_with_their_times(server: UaServer) -> None:
    driven = Driven(
        server.endpoint, [server.node("speed"), server.node("count", data_type="integer")]
    )
    session = await driven.connector.connect()
    assert not session.resumed
    await driven.until(lambda: driven.rows("speed") and driven.rows("count"))
    assert driven.values("speed") == [1.5]
    at = datetime(2026, 1, 2, 3, 4, 5, 123456, UTC)
    await server.set("speed", 2.5, VT.Double, source=at, server_time=at + timedelta(seconds=1))
    await server.set("count", 2**53 + 1, VT.Int64, source=at)
    await driven.until(lambda: len(driven.rows("speed")) == 2 and len(driven.rows("count")) == 2)
    at_ns = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    assert driven.rows("speed")[1] == (at_ns, 2.5, 0, None)
    assert driven.rows("count")[1] == (at_ns, float(2**53 + 1), 0, 2**53 + 1)
    assert driven.connector.troubles() == []
    assert list(driven.connector.signals()) == [0, 1]
    await driven.connector.close()


async def test_without_source_time_the_servers_counts(server: UaServer) -> None:
    driven = Driven(server.endpoint, [server.node("speed")])
    await driven.connector.connect()
    await driven.until(lambda: driven.rows("speed"))
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    await server.set("speed", 2.5, VT.Double, server_time=at)
    await driven.until(lambda: len(driven.rows("speed")) == 2)
    assert driven.rows("speed")[1][0] == int(at.timestamp()) * 10**9
    await driven.connector.close()


async def test_status_codes_are_kept_whole(server: UaServer) -> None:
    driven = Driven(server.endpoint, [server.node("speed")])
    await driven.connector.connect()
    await driven.until(lambda: driven.rows("speed"))
    for status in (BAD_SENSOR_FAILURE, UNCERTAIN_LAST_USABLE_VALUE, 0):
        await server.set("speed", 3.0, VT.Double, status=status)
        await driven.until(lambda status=status: driven.last("speed")[2] == status)  # type: ignore[misc, index]
    await driven.connector.close()


async def test_a_type_that_contradicts_the_configuration_is_bad_and_told(server: UaServer) -> None:
    await server.add("text", "hello", VT.String)
    driven = Driven(
        server.endpoint, [server.node("text"), server.node("count", data_type="boolean")]
    )
    await driven.connector.connect()
    await driven.until(lambda: driven.rows("text") and driven.rows("count"))
    assert driven.rows("text")[0][2] == BAD_DECODING_ERROR
    assert driven.rows("count")[0][2] == BAD_DECODING_ERROR
    reasons = {t.signal_path: t.reason for t in driven.connector.troubles()}
    assert reasons[f"{MACHINE}/text"] == "the server sends String, configured is float"
    assert reasons[f"{MACHINE}/count"] == "the server sends Int64, configured is boolean"
    await driven.connector.close()


async def test_a_missing_node_is_bad_and_told_and_spoils_nothing(server: UaServer) -> None:
    foreign = {"node": "nsu=urn:absent;s=x", "signal": "foreign"}
    driven = Driven(
        server.endpoint, [server.node("absent"), server.node("speed"), foreign], retry_nodes_s=0.5
    )
    await driven.connector.connect()
    await driven.until(
        lambda: driven.rows("speed") and driven.rows("absent") and driven.rows("foreign")
    )
    assert driven.rows("absent")[0][2] == BAD_NODE_ID_UNKNOWN
    assert driven.rows("foreign")[0][2] == BAD_NODE_ID_UNKNOWN
    told = {t.signal_path.rpartition("/")[2]: t.reason for t in driven.connector.troubles()}
    assert "BadNodeIdUnknown" in told["absent"]
    assert "namespace" in told["foreign"]
    await server.add("absent", 4.0, VT.Double)
    await driven.until(lambda: driven.values("absent")[-1] == 4.0)
    await driven.becomes(lambda: len(driven.connector.troubles()) == 1)
    assert [t.signal_path for t in driven.connector.troubles()] == [f"{MACHINE}/foreign"]
    await driven.connector.close()


async def test_many_nodes_are_made_in_batches(server: UaServer) -> None:
    names = [f"n{i}" for i in range(45)]
    for i, name in enumerate(names):
        await server.add(name, float(i), VT.Double)
    driven = Driven(
        server.endpoint, [server.node(name) for name in names], max_items_per_request=10
    )
    await driven.connector.connect()
    await driven.until(lambda: all(driven.rows(name) for name in names))
    assert [driven.values(name)[0] for name in names] == [float(i) for i in range(45)]
    await driven.connector.close()


async def test_an_absolute_deadband_is_the_servers_work(server: UaServer) -> None:
    driven = Driven(server.endpoint, [server.node("speed", deadband={"absolute": 1.0})])
    await driven.connector.connect()
    await driven.until(lambda: driven.rows("speed"))
    for value in (1.9, 2.4, 5.0):
        await server.set("speed", value, VT.Double)
        await asyncio.sleep(0.1)
    await driven.until(lambda: driven.values("speed")[-1] == 5.0)
    assert 1.9 not in driven.values("speed")
    await driven.connector.close()


async def test_a_full_buffer_declares_what_it_dropped(server: UaServer) -> None:
    driven = Driven(
        server.endpoint,
        [server.node("count", data_type="integer")],
        buffer_rows=100,
        queue_size=1000,
    )
    await driven.connector.connect()
    await driven.until(lambda: driven.rows("count"))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    sent = {}
    for n in range(600):
        at = start + timedelta(milliseconds=n)
        await server.set("count", 1000 + n, VT.Int64, source=at)
        sent[int(start.timestamp()) * 10**9 + n * 10**6] = 1000 + n
    await driven.becomes(lambda: driven.connector.figures().drops > 0)
    figures = driven.connector.figures()
    assert figures.queue_depth <= 100
    await driven.until(lambda: driven.values("count")[-1] == 1599)
    received = {t: v for t, v, _, _ in driven.rows("count") if t in sent}
    for at_ns, value in sent.items():
        declared = any(loss.start_ns <= at_ns < loss.end_ns for loss in driven.losses)
        assert received.get(at_ns) == value or declared, (at_ns, value)
    assert len(received) + figures.drops >= len(sent)
    await driven.connector.close()


async def test_read_can_be_cancelled_without_loss(server: UaServer) -> None:
    driven = Driven(server.endpoint, [server.node("count", data_type="integer")])
    await driven.connector.connect()
    await driven.until(lambda: driven.rows("count"))
    reading = asyncio.create_task(driven.connector.read())
    await asyncio.sleep(0.01)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await server.set("count", 8, VT.Int64)
    await driven.until(lambda: driven.values("count")[-1] == 8)
    await driven.connector.close()


async def test_connecting_again_uses_a_new_client_and_goes_on(server: UaServer) -> None:
    driven = Driven(server.endpoint, [server.node("speed")])
    for _ in range(3):
        await driven.connector.connect()
        before = len(driven.rows("speed"))
        await driven.until(lambda before=before: len(driven.rows("speed")) > before)  # type: ignore[misc]
    assert driven.connector.figures().extra["connects"] == 3
    await driven.connector.close()
    await driven.connector.close()
    with pytest.raises(NotConnectedError):
        await driven.connector.read()
