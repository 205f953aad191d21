"""Writing to real OPC UA servers: types, refusals, methods; the library's own server and one of another maker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from asyncua import ua
from asyncua.common.methods import uamethod

from gateway.actuator import Actuated, Order
from gateway.errors import CommandRefusedError, NotConnectedError, NotSentError, UnansweredError
from simulators.proxy import FaultProxy
from tests.peers.opcua_asyncua import UaServer
from tests.peers.opcua_driver import MACHINE, Driven
from tests.peers.opcua_nodejs import node_server
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
    shared.prefix = f"{request.node.name}."
    return shared


def order(**values: Any) -> Order:
    return Order(
        id="test", values={f"{MACHINE}/{name}": v for name, v in values.items()}, expires_ns=2**62
    )


async def writable(server: UaServer, name: str, value: Any, kind: VT) -> None:
    node = await server.add(name, value, kind)
    await node.set_writable()


async def held(server: UaServer, name: str) -> Any:
    return await server.nodes[name].read_value()


TYPES = [
    ("float", VT.Float, 1.0, 2.5, 2.5),
    ("double", VT.Double, 1.0, 2.5, 2.5),
    ("int16", VT.Int16, 1, 32767, 32767),
    ("uint16", VT.UInt16, 1, 65535, 65535),
    ("int32", VT.Int32, 1, -7, -7),
    ("uint32", VT.UInt32, 1, 2**32 - 1, 2**32 - 1),
    ("int64", VT.Int64, 1, 2**53, 2**53),
    ("byte", VT.Byte, 1, 255, 255),
    ("boolean", VT.Boolean, False, True, True),
    ("string", VT.String, "a", "Cola 0.5 l", "Cola 0.5 l"),
]
KINDS = {VT.Boolean: "boolean", VT.String: "string", VT.Float: "float", VT.Double: "float"}


@pytest.mark.parametrize(("name", "kind", "first", "asked", "wanted"), TYPES)
async def test_a_value_is_written_in_the_node_s_own_type(
    server: UaServer, name: str, kind: VT, first: Any, asked: Any, wanted: Any
) -> None:
    await writable(server, name, first, kind)
    driven = Driven(server.endpoint, [server.node(name, data_type=KINDS.get(kind, "integer"))])
    await driven.connector.connect()
    assert isinstance(driven.connector, Actuated)
    actuator = driven.connector.actuator
    assert (await actuator.ask([f"{MACHINE}/{name}"]))[f"{MACHINE}/{name}"].value == first
    await actuator.check(order(**{name: asked}))
    assert await held(server, name) == first, "checking writes nothing"
    assert await actuator.carry_out(order(**{name: asked})) == "Good"
    assert await held(server, name) == wanted
    shown = await server.nodes[name].read_data_value()
    assert shown.Value.VariantType is kind
    await driven.connector.close()


@pytest.mark.parametrize(
    ("kind", "first", "asked"),
    [
        (VT.Int16, 1, 32768),
        (VT.UInt16, 1, -1),
        (VT.Byte, 1, 256),
        (VT.Int32, 1, 2**31),
        (VT.Float, 1.0, 1e39),
        (VT.Int32, 1, "7"),
        (VT.String, "a", 7),
        (VT.Boolean, False, 1),
        (VT.DateTime, None, 1),
    ],
)
async def test_what_does_not_fit_the_node_is_refused_before_it_is_sent(
    server: UaServer, kind: VT, first: Any, asked: Any
) -> None:
    await writable(
        server, "x", first if first is not None else datetime(2026, 1, 1, tzinfo=UTC), kind
    )
    driven = Driven(server.endpoint, [server.node("x")])
    await driven.connector.connect()
    before = await held(server, "x")
    for attempt in (driven.connector.actuator.check, driven.connector.actuator.carry_out):
        with pytest.raises(CommandRefusedError):
            await attempt(order(x=asked))
    assert await held(server, "x") == before
    await driven.connector.close()


async def test_scale_and_offset_are_undone(server: UaServer) -> None:
    await writable(server, "temp", 620, VT.Int16)
    driven = Driven(server.endpoint, [server.node("temp", scale=0.1, offset=-20.0)])
    await driven.connector.connect()
    actuator = driven.connector.actuator
    shown = (await actuator.ask([f"{MACHINE}/temp"]))[f"{MACHINE}/temp"]
    assert shown.value == pytest.approx(42.0)
    with pytest.raises(CommandRefusedError, match="no Int16"):
        await actuator.check(order(temp=42.05))
    await actuator.carry_out(order(temp=45.0))
    assert await held(server, "temp") == 650
    await driven.connector.close()


async def test_a_node_that_may_not_be_written_refuses_and_says_so(server: UaServer) -> None:
    await server.add("fixed", 1.0, VT.Double)
    driven = Driven(server.endpoint, [server.node("fixed")])
    await driven.connector.connect()
    with pytest.raises(CommandRefusedError, match=r"Bad(NotWritable|UserAccessDenied)"):
        await driven.connector.actuator.carry_out(order(fixed=2.0))
    assert await held(server, "fixed") == 1.0
    await driven.connector.close()


async def test_of_two_writes_one_taken_and_one_refused_leaves_it_open(server: UaServer) -> None:
    await writable(server, "one", 1.0, VT.Double)
    await server.add("two", 1.0, VT.Double)
    driven = Driven(server.endpoint, [server.node("one"), server.node("two")])
    await driven.connector.connect()
    with pytest.raises(UnansweredError, match="1 of 2 were taken"):
        await driven.connector.actuator.carry_out(order(one=2.0, two=2.0))
    await driven.connector.close()


async def test_without_a_connection_nothing_is_sent_nor_kept_for_later(server: UaServer) -> None:
    await writable(server, "speed", 1.0, VT.Double)
    driven = Driven(server.endpoint, [server.node("speed")])
    actuator = driven.connector.actuator
    for attempt in (actuator.check, actuator.carry_out):
        with pytest.raises(NotSentError):
            await attempt(order(speed=2.0))
    with pytest.raises(NotConnectedError):
        await actuator.ask([f"{MACHINE}/speed"])
    await driven.connector.connect()
    await asyncio.sleep(0.2)
    assert await held(server, "speed") == 1.0
    await driven.connector.close()


async def test_a_value_of_bad_quality_has_a_problem(server: UaServer) -> None:
    await writable(server, "level", 1.0, VT.Double)
    await server.set("level", 1.0, VT.Double, status=0x808C0000)
    driven = Driven(server.endpoint, [server.node("level")])
    await driven.connector.connect()
    shown = (await driven.connector.actuator.ask([f"{MACHINE}/level"]))[f"{MACHINE}/level"]
    assert (shown.value, shown.problem) == (None, "is not good: BadSensorFailure")
    await driven.connector.close()


async def test_methods_are_called_by_the_number_of_the_choice(server: UaServer) -> None:
    called: list[str] = []
    assert server.server is not None
    owner = await server.server.nodes.objects.add_object(
        ua.NodeId(ua.String(f"{server.prefix}unit"), ua.Int16(server.index)), "unit"
    )
    await server.add("speed", 1.0, VT.Double)

    for name in ("Start", "Hold"):

        @uamethod
        def act(_parent: Any, name: str = name) -> None:
            called.append(name)

        await owner.add_method(
            ua.NodeId(ua.String(f"{server.prefix}{name}"), ua.Int16(server.index)), name, act
        )
    methods = [
        {
            "signal": "packml",
            "object": f"press:s={server.prefix}unit",
            "calls": {
                2: f"press:s={server.prefix}Start",
                4: f"press:s={server.prefix}Hold",
                8: f"press:s={server.prefix}None",
            },
        }
    ]
    driven = Driven(server.endpoint, [server.node("speed")], methods=methods)
    await driven.connector.connect()
    actuator = driven.connector.actuator
    assert f"{MACHINE}/packml" in actuator.writes()
    assert await actuator.carry_out(order(packml=4)) == "Good"
    assert called == ["Hold"]
    with pytest.raises(CommandRefusedError, match="no method is configured for 5"):
        await actuator.check(order(packml=5))
    with pytest.raises(CommandRefusedError, match="Bad"):
        await actuator.carry_out(order(packml=8))
    assert called == ["Hold"]
    await driven.connector.close()


async def test_a_renumbered_server_is_written_at_the_right_node() -> None:
    port = free_port()
    async with UaServer(port) as peer:
        await writable(peer, "speed", 1.0, VT.Double)
        driven = Driven(peer.endpoint, [peer.node("speed")])
        await driven.connector.connect()
    async with UaServer(port, first_uris=("urn:test:other",)) as peer:
        await writable(peer, "speed", 1.0, VT.Double)
        decoy = await peer.add("speed", -1.0, VT.Double, uri="urn:test:other")
        await decoy.set_writable()
        real = (await peer.server.nodes.objects.get_children())[-2]  # type: ignore[union-attr]  # it runs
        await driven.connector.connect()
        await driven.connector.actuator.carry_out(order(speed=2.0))
        assert await decoy.read_value() == -1.0
        assert await real.read_value() == 2.0
        await driven.connector.close()


async def test_a_server_that_falls_silent_leaves_it_open() -> None:
    """Whether it took the write before it fell silent, nobody knows: that is never "not sent"."""
    async with UaServer(free_port()) as peer:
        await writable(peer, "speed", 1.0, VT.Double)
        async with FaultProxy(
            target_port=int(peer.endpoint.rstrip("/").rpartition(":")[2])
        ) as link:
            endpoint = f"opc.tcp://127.0.0.1:{link.port}/"
            driven = Driven(endpoint, [peer.node("speed")], request_timeout_s=0.5)
            await driven.connector.connect()
            await driven.connector.actuator.check(order(speed=2.0))
            link.policy.blackhole = True
            with pytest.raises(UnansweredError):
                await driven.connector.actuator.carry_out(order(speed=2.0))
            await driven.connector.close()


@pytest.fixture(scope="module")
def other_maker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    with node_server(port, tmp_path_factory.mktemp("node")):
        yield f"opc.tcp://127.0.0.1:{port}/"


NODE_TYPES = {
    "double": ("float", 13.5),
    "float": ("float", 0.25),
    "uint16": ("integer", 12),
    "sbyte": ("integer", -6),
    "boolean": ("boolean", False),
    "text": ("string", "Rezept 8"),
    "state": ("enum", 1),
}


@pytest.mark.peer
async def test_another_maker_s_server_takes_every_type_an_enumeration_included(
    other_maker: str,
) -> None:
    nodes = [
        {"node": f"press:s={name}", "signal": name, "data_type": kind}
        for name, (kind, _) in NODE_TYPES.items()
    ]
    driven = Driven(other_maker, [*nodes, {"node": "press:s=fixed", "signal": "fixed"}])
    await driven.connector.connect()
    actuator = driven.connector.actuator
    for name, (_, value) in NODE_TYPES.items():
        assert await actuator.carry_out(order(**{name: value})) == "Good", name
        path = f"{MACHINE}/{name}"
        assert (await actuator.ask([path]))[path].value == value
    with pytest.raises(CommandRefusedError, match=r"Bad(NotWritable|UserAccessDenied)"):
        await actuator.carry_out(order(fixed=2.0))
    await driven.connector.close()


@pytest.mark.peer
async def test_another_maker_s_methods_are_called(other_maker: str) -> None:
    calls = {2: "press:s=unit.Start", 4: "press:s=unit.Hold"}
    methods = [{"signal": "packml", "object": "press:s=unit", "calls": calls}]
    nodes = [{"node": "press:s=unit.last", "signal": "last", "data_type": "string"}]
    driven = Driven(other_maker, nodes, methods=methods)
    await driven.connector.connect()
    actuator = driven.connector.actuator
    assert await actuator.carry_out(order(packml=2)) == "Good"
    assert (await actuator.ask([f"{MACHINE}/last"]))[f"{MACHINE}/last"].value == "Start"
    with pytest.raises(CommandRefusedError, match="BadInvalidState"):
        await actuator.carry_out(order(packml=4))
    await driven.connector.close()
