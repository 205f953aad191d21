"""The fault proxy does each of its misdeeds, on real sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from simulators.proxy import FaultProxy

pytestmark = pytest.mark.fault


@pytest.fixture
async def proxy() -> AsyncIterator[FaultProxy]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with FaultProxy(target_port=server.sockets[0].getsockname()[1]) as proxy:
        yield proxy
    server.close()
    await asyncio.sleep(0.05)


async def trip(proxy: FaultProxy, data: bytes, *, timeout_s: float = 3.0) -> tuple[bytes, float]:
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    began = time.monotonic()
    try:
        writer.write(data)
        async with asyncio.timeout(timeout_s):
            return await reader.readexactly(len(data)), time.monotonic() - began
    finally:
        writer.close()


async def test_it_passes_bytes_unchanged_also_in_slices(proxy: FaultProxy) -> None:
    data = bytes(range(256)) * 400
    assert (await trip(proxy, data))[0] == data
    proxy.policy.slice_bytes = 7
    assert (await trip(proxy, data[:5_000]))[0] == data[:5_000]
    assert proxy.accepted == 2
    assert proxy.bytes_up == proxy.bytes_down == len(data) + 5_000


async def test_it_delays_and_limits_the_rate(proxy: FaultProxy) -> None:
    proxy.policy.delay_s = 0.15
    assert (await trip(proxy, b"x"))[1] >= 0.3
    proxy.policy.delay_s = 0.0
    proxy.policy.rate_bps = 20_000
    assert (await trip(proxy, b"x" * 4_000))[1] >= 0.35


async def test_a_blackhole_swallows_nothing_and_lets_go_again(proxy: FaultProxy) -> None:
    proxy.policy.blackhole = True
    with pytest.raises(TimeoutError):
        await trip(proxy, b"x", timeout_s=0.2)
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    writer.write(b"kept")
    await asyncio.sleep(0.1)
    assert proxy.bytes_up == 0
    proxy.policy.blackhole = False
    async with asyncio.timeout(2):
        assert await reader.readexactly(4) == b"kept"
    writer.close()


async def test_a_blackhole_shuts_the_window(proxy: FaultProxy) -> None:
    proxy.policy.blackhole = True
    _, writer = await asyncio.open_connection(proxy.host, proxy.port)
    writer.transport.set_write_buffer_limits(high=1)
    for _ in range(30):
        writer.write(b"x" * 1_000_000)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(writer.drain(), 0.3)
    writer.transport.abort()


async def test_it_drops_a_connection_by_reset(proxy: FaultProxy) -> None:
    proxy.policy.drop_after_bytes = 10
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await trip(proxy, b"x" * 100)
    proxy.policy.drop_after_bytes = None
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    writer.write(b"x")
    await reader.readexactly(1)
    assert proxy.open_links == 1
    await proxy.reset_all()
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)
    assert proxy.open_links == 0
    writer.close()


async def test_it_refuses_connections(proxy: FaultProxy) -> None:
    proxy.policy.refuse = True
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await trip(proxy, b"x")
