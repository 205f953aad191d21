"""Servers that die, stall, refuse and come back otherwise: an end that is prompt, and never another node's value."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.ua.status_codes import StatusCodes

from gateway.errors import BackOffError, NotConnectedError, RefusedError
from gateway.quality import BAD_NODE_ID_UNKNOWN
from tests.peers.opcua_asyncua import OTHER_URI, URI, OneUser, UaServer
from tests.peers.opcua_driver import MACHINE, PATIENCE_S, Driven
from tests.peers.process import Peer, free_port, listening

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="module")]
VT = ua.VariantType
ROOT = Path(__file__).parents[3]
SPEED: list[dict[str, object]] = [{"node": "press:s=speed", "signal": "speed"}]
COUNT = [{"node": "press:s=count", "signal": "count", "data_type": "integer"}]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared() -> AsyncIterator[UaServer]:
    async with UaServer(free_port()) as peer:
        yield peer


@pytest_asyncio.fixture(loop_scope="module")
async def server(shared: UaServer, request: pytest.FixtureRequest) -> UaServer:
    """One server for the tests that leave it usable, with a variable of their own."""
    shared.begin(request.node.name)
    await shared.add("speed", 1.0, VT.Double)
    return shared


def child(port: int, folder: Path) -> Peer:
    return Peer(
        [sys.executable, "-m", "tests.peers.opcua_asyncua", str(port)],
        ready=listening(port),
        log=folder / "server.log",
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        cwd=ROOT,
    )


async def connected(driven: Driven) -> None:
    """Connect as the supervisor does: again until the server, which has much to catch up with, answers."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await driven.connector.connect()
            except NotConnectedError:
                await asyncio.sleep(0.2)
            else:
                return


async def test_an_absent_server_is_not_connected() -> None:
    driven = Driven(f"opc.tcp://127.0.0.1:{free_port()}/", SPEED)
    with pytest.raises(NotConnectedError):
        await driven.connector.connect()
    with pytest.raises(NotConnectedError):
        await driven.read_once()


async def test_a_listener_that_says_nothing_is_not_connected() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        driven = Driven(f"opc.tcp://127.0.0.1:{port}/", SPEED, request_timeout_s=0.5)
        with pytest.raises(NotConnectedError):
            async with asyncio.timeout(PATIENCE_S):
                await driven.connector.connect()


async def test_a_cancelled_connect_leaves_nothing_behind() -> None:
    hung_up = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(-1)
        finally:
            hung_up.set()
            writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        before = asyncio.all_tasks()
        driven = Driven(f"opc.tcp://127.0.0.1:{port}/", SPEED)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await driven.connector.connect()
        async with asyncio.timeout(PATIENCE_S):
            await hung_up.wait()
        await asyncio.sleep(0)
        assert {t for t in asyncio.all_tasks() - before if "silent" not in repr(t)} == set()


async def test_garbage_instead_of_an_answer_is_not_connected() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 50)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        driven = Driven(f"opc.tcp://127.0.0.1:{port}/", SPEED, request_timeout_s=2)
        with pytest.raises(NotConnectedError):
            await driven.connector.connect()


async def test_after_a_restart_with_renumbered_namespaces_the_right_node_is_read() -> None:
    port = free_port()
    driven = Driven(f"opc.tcp://127.0.0.1:{port}/", SPEED)
    async with UaServer(port) as first:
        await first.add("speed", 1.0, VT.Double)
        await driven.connector.connect()
        await driven.until(lambda: driven.rows("speed"))
        before = first.index
    with pytest.raises(NotConnectedError):
        await driven.ends()
    await driven.connector.close()
    async with UaServer(port, first_uris=(OTHER_URI,)) as second:
        await second.add("speed", 999.0, VT.Double, uri=OTHER_URI)
        await second.add("speed", 2.0, VT.Double)
        assert second.server is not None
        assert await second.server.get_namespace_index(OTHER_URI) == before
        await driven.connector.connect()
        await driven.until(lambda: driven.values("speed")[-1] == 2.0)
        assert set(driven.values("speed")) == {1.0, 2.0}
        await driven.connector.close()


async def test_after_a_restart_without_its_namespace_a_node_is_bad_not_another() -> None:
    port = free_port()
    driven = Driven(f"opc.tcp://127.0.0.1:{port}/", SPEED)
    async with UaServer(port, first_uris=(OTHER_URI,)) as server:
        assert server.server is not None
        await server.add("speed", 999.0, VT.Double, uri=OTHER_URI)
        await driven.connector.connect()
        await driven.until(lambda: driven.rows("speed"))
        await asyncio.sleep(0.2)
        assert [row[2] for row in driven.rows("speed")] == [BAD_NODE_ID_UNKNOWN]
        assert URI in driven.connector.troubles()[0].source
        await driven.connector.close()


async def test_a_namespace_table_that_changes_ends_the_connection(server: UaServer) -> None:
    driven = Driven(server.endpoint, [server.node("speed")])
    await driven.connector.connect()
    await driven.until(lambda: driven.rows("speed"))
    assert server.server is not None
    await server.server.register_namespace("urn:test:added")
    with pytest.raises(NotConnectedError, match="namespace table"):
        await driven.ends()
    await driven.connector.close()


# The library's server forgets to await its own callbacks when a node is deleted: no status is sent.
@pytest.mark.filterwarnings("ignore:coroutine 'MonitoredItemService:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_deleted_node_is_bad_and_told_and_returns(server: UaServer) -> None:
    await server.add("steady", 5.0, VT.Double)
    nodes = [server.node("speed"), server.node("steady")]
    driven = Driven(server.endpoint, nodes, retry_nodes_s=0.5)
    await driven.connector.connect()
    await driven.until(lambda: driven.rows("speed") and driven.rows("steady"))
    await server.delete("speed")
    await driven.until(lambda: driven.last("speed")[2] == BAD_NODE_ID_UNKNOWN)  # type: ignore[index]
    await driven.becomes(driven.connector.troubles)
    assert [t.signal_path for t in driven.connector.troubles()] == [f"{MACHINE}/speed"]
    await server.set("steady", 6.0, VT.Double)
    await driven.until(lambda: driven.values("steady")[-1] == 6.0)
    await server.add("speed", 3.0, VT.Double)
    await driven.until(lambda: driven.values("speed")[-1] == 3.0)
    await driven.becomes(lambda: not driven.connector.troubles())
    await server.set("speed", 4.0, VT.Double)
    await driven.until(lambda: driven.values("speed")[-1] == 4.0)
    await driven.connector.close()


async def test_a_killed_server_ends_the_read_at_once(tmp_path: Path) -> None:
    port = free_port()
    with child(port, tmp_path) as server:
        driven = Driven(f"opc.tcp://127.0.0.1:{port}/", COUNT)
        await driven.connector.connect()
        await driven.until(lambda: len(driven.rows("count")) > 5)
        server.kill()
        with pytest.raises(NotConnectedError):
            await driven.ends()
        await driven.connector.close()


async def test_a_stopped_server_ends_the_read_and_returns_without_duplicates(
    tmp_path: Path,
) -> None:
    port = free_port()
    with child(port, tmp_path) as server:
        driven = Driven(f"opc.tcp://127.0.0.1:{port}/", COUNT, silent_s=2.5, request_timeout_s=2.5)
        await driven.connector.connect()
        await driven.until(lambda: len(driven.rows("count")) > 5)
        server.process.send_signal(signal.SIGSTOP)
        with pytest.raises(NotConnectedError, match="no publish answer"):
            await driven.ends()
        async with asyncio.timeout(PATIENCE_S):
            await driven.connector.close()
        with pytest.raises(NotConnectedError):
            await driven.connector.connect()
        server.process.send_signal(signal.SIGCONT)
        await connected(driven)
        seen = len(driven.rows("count"))
        await driven.until(lambda: len(driven.rows("count")) > seen + 5)
        await driven.connector.close()
    rows = driven.rows("count")
    by_time = {row[0]: row[1] for row in rows}
    assert len(set(by_time.values())) == len(by_time)


async def test_a_wrong_password_is_refused() -> None:
    async with UaServer(free_port(), user_manager=OneUser()) as server:
        await server.add("speed", 1.0, VT.Double)

        def driven(password: str) -> Driven:
            return Driven(
                server.endpoint,
                SPEED,
                username="operator",
                password=password,
                plain_password="accept",
            )

        right, wrong = driven("right"), driven("canary")
        await right.connector.connect()
        await right.until(lambda: right.rows("speed"))
        await right.connector.close()
        with pytest.raises(RefusedError) as refused:
            await wrong.connector.connect()
        assert "canary" not in str(refused.value)


async def test_a_refused_subscription_asks_for_quiet_and_works_next_time(
    server: UaServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert server.server is not None
    service = server.server.iserver.subscription_service

    async def refuse(*_: object, **__: object) -> None:
        raise ServiceError(StatusCodes.BadTooManySubscriptions)

    driven = Driven(server.endpoint, [server.node("speed")])
    with monkeypatch.context() as patched:
        patched.setattr(service, "create_subscription", refuse)
        with pytest.raises(BackOffError) as asked:
            await driven.connector.connect()
        assert asked.value.wait_s > 0
    await driven.connector.connect()
    await driven.until(lambda: driven.rows("speed"))
    await driven.connector.close()


async def test_a_refused_item_is_told_and_tried_again(
    server: UaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.server is not None
    service = server.server.iserver.subscription_service
    make = service.create_monitored_items

    async def refuse(
        params: ua.CreateMonitoredItemsParameters,
    ) -> list[ua.MonitoredItemCreateResult]:
        results: list[ua.MonitoredItemCreateResult] = await make(params)
        if params.ItemsToCreate[0].RequestedParameters.ClientHandle == 0:
            for result in results:
                result.StatusCode = ua.StatusCode(ua.UInt32(StatusCodes.BadTooManyMonitoredItems))
        return results

    driven = Driven(server.endpoint, [server.node("speed")], retry_nodes_s=0.5)
    with monkeypatch.context() as patched:
        patched.setattr(service, "create_monitored_items", refuse)
        await driven.connector.connect()
        assert "BadTooManyMonitoredItems" in driven.connector.troubles()[0].reason
    await driven.until(lambda: driven.rows("speed") and driven.values("speed")[-1] == 1.0)
    await driven.becomes(lambda: not driven.connector.troubles())
    await driven.connector.close()


async def test_a_session_the_server_forgot_ends_the_read(server: UaServer) -> None:
    driven = Driven(server.endpoint, [server.node("speed")], silent_s=2)
    await driven.connector.connect()
    await driven.until(lambda: driven.rows("speed"))
    assert server.server is not None
    service = server.server.iserver.subscription_service
    await service.delete_subscriptions(list(service.subscriptions))
    with pytest.raises(NotConnectedError):
        await driven.ends()
    await driven.connector.close()
