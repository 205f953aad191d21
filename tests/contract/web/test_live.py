"""The live feed over a real server and a real websocket client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.deviation import Issue, IssueState, IssueType, Severity
from gateway.errors import ConfigError
from tests.peers.web_page import Page
from tests.peers.web_server import Served, add_signals, eventually, put, served
from web.options import SignIn, WebOptions
from web.serve import listen


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path, allowed_origins=["http://localhost:5173"]) as server:
        yield server


@asynccontextmanager
async def joined(server: Served, **more: object) -> AsyncIterator[ClientConnection]:
    given: dict[str, Any] = {"subprotocols": ["floor.v1"], "compression": None} | more
    async with connect(server.live, **given) as socket:
        yield socket


async def until(socket: ClientConnection, page: Page, done: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not done():
            page.apply(await socket.recv())


async def _listen(socket: ClientConnection) -> None:
    while True:
        await socket.recv()


def issue(number: int) -> Issue:
    return Issue(
        number=number,
        state=IssueState.OPEN,
        title="t",
        severity=Severity.P2,
        type=IssueType.QUALITY,
        cause=f"c{number}",
        rule="r",
        rule_version="1",
        asset="p/a/l/m0",
        signal="p/a/l/m0/s0",
        onset_ns=1,
        opened_ns=2,
        active=True,
        cleared_ns=None,
        closed_ns=None,
        occurrences=1,
        value=float("nan"),
        limits={},
        explanation="",
    )


async def test_a_page_sees_columns_then_values_then_changes(server: Served) -> None:
    put(server.plant, {0: 1.5, 3: 2.5})
    page = Page()
    async with joined(server) as socket:
        await socket.send(page.sub(1, "floor", rate=20))
        await until(
            socket,
            page,
            lambda: 1 in page.subs and bool(page.subs[1].value) and page.subs[1].value[0] == 1.5,
        )
        assert page.epoch == server.hub.source.epoch
        assert [column["path"] for column in page.subs[1].columns] == [
            f"p/a/l/m{n % 4}/s{n}" for n in (0, 3, 6, 9)
        ]
        put(server.plant, {0: 7.0})
        await until(socket, page, lambda: page.subs[1].value[0] == 7.0)
        assert page.subs[1].value[1] == 2.5


async def test_every_sample_arrives_in_series_mode_and_texts_as_text(server: Served) -> None:
    page = Page()
    async with joined(server) as socket:
        await socket.send(page.sub(2, "machine/p/a/l/m1", mode="series", rate=20))
        await until(socket, page, lambda: page.subs[2].snapped)
        for n in range(30):
            put(server.plant, {1: float(n), 0: -1.0, 5: float("nan")}, {5: f"reason {n}"})
            await asyncio.sleep(0.005)
        await until(socket, page, lambda: len(page.subs[2].rows) >= 60)
        values = [value for path, value, *_ in page.subs[2].rows if path.endswith("/s1")]
        assert values == [float(n) for n in range(30)]
        await until(socket, page, lambda: page.subs[2].text.get(1) == "reason 29")


async def test_new_signals_bring_new_columns(server: Served) -> None:
    page = Page()
    async with joined(server) as socket:
        await socket.send(page.sub(1, "floor", rate=20))
        await until(socket, page, lambda: len(page.subs[1].value) == 4)
        add_signals(server.plant, 3)
        await until(socket, page, lambda: len(page.subs[1].columns) == 5)


async def test_issue_events_go_on_where_a_lost_connection_left_off(server: Served) -> None:
    page = Page()
    issues = server.plant.issues
    issues.record(issue(1), "opened", "rule r")
    async with joined(server) as socket:
        await socket.send(page.sub(3, "issues"))
        await until(socket, page, lambda: page.resets == 1)
        issues.record(issue(2), "opened", "rule r")
        await until(socket, page, lambda: page.events == [2])
    for number in (3, 4, 5):
        issues.record(issue(number), "opened", "rule r")
    page.connect()
    async with joined(server) as socket:
        await socket.send(page.sub(3, "issues"))
        await until(socket, page, lambda: page.events == [2, 3, 4, 5])
        assert page.resets == 1
    assert page.resume is not None
    page.resume = {"epoch": "another", "seq": 5}
    page.connect()
    async with joined(server) as socket:
        await socket.send(page.sub(3, "issues"))
        await until(socket, page, lambda: page.resets == 2)


async def test_health_heartbeat_and_mistakes(server: Served) -> None:
    page = Page()
    async with joined(server) as socket:
        await socket.send(page.sub(4, "health"))
        await socket.send("{not json")
        await socket.send(b"\x00\xff")
        await socket.send(json.dumps({"type": "sub", "id": 5, "view": "machine/p/a/l/none"}))
        await socket.send(json.dumps({"type": "sub", "id": 4, "view": "floor"}))
        await socket.send(json.dumps({"type": "unsub", "id": 77}))
        await until(socket, page, lambda: len(page.errors) == 5)
        assert [each["id"] for each in page.errors] == [0, 0, 5, 4, 77]
        await until(socket, page, lambda: page.heartbeats >= 1)
        assert page.health[0]["ready"] is True


async def test_a_connection_has_at_most_32_subscriptions_and_an_end_is_an_end(
    server: Served,
) -> None:
    page = Page()
    async with joined(server) as socket:
        for sub in range(1, 34):
            await socket.send(page.sub(sub, "floor", rate=20))
        await until(socket, page, lambda: len(page.errors) == 1)
        assert page.errors[0]["id"] == 33
        for sub in range(1, 33):
            await socket.send(page.unsub(sub))
        await until(socket, page, lambda: len(page.ended) == 32)
        put(server.plant, {0: 1.0})
        heard = page.heartbeats
        await until(socket, page, lambda: page.heartbeats > heard)
        assert server.hub.source.views == {}


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"additional_headers": {"Sec-Fetch-Site": "cross-site"}}, 403),
        ({"subprotocols": ["other"]}, 400),
        ({"subprotocols": None}, 400),
    ],
)
async def test_a_foreign_page_gets_no_websocket(
    server: Served, more: dict[str, object], status: int
) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with joined(server, **more):
            pass
    assert caught.value.response.status_code == status
    assert server.hub.clients == {}


@pytest.mark.parametrize("origin", ["http://localhost:5173", None])
async def test_an_allowed_page_gets_one(server: Served, origin: str | None) -> None:
    async with joined(server, origin=origin) as socket:
        assert json.loads(await socket.recv())["type"] == "welcome"
        assert socket.subprotocol == "floor.v1"


async def test_more_clients_than_may_be_are_told_to_wait(tmp_path: Path) -> None:
    async with served(tmp_path, max_clients=1) as server, joined(server) as first:
        await first.recv()
        with pytest.raises(InvalidStatus) as caught:
            async with joined(server):
                pass
        assert caught.value.response.status_code == 503
        assert server.hub.status().figures["refused"] == 1


async def test_the_hub_follows_again_after_the_journal_failed(server: Served) -> None:
    page = Page()
    async with joined(server) as socket:
        await socket.send(page.sub(1, "floor", rate=20))
        await until(socket, page, lambda: len(page.subs[1].value) == 4)
        server.plant.store.fail = True
        put(server.plant, {0: 1.0})
        await eventually(lambda: server.hub.status().state.value == "failing", timeout_s=30)
        assert "on purpose" in server.hub.status().last_error
        server.plant.store.fail = False
        await until(socket, page, lambda: page.subs[1].value[0] == 1.0)
        await eventually(lambda: server.hub.status().state.value == "working", timeout_s=30)


async def test_a_defect_of_the_hub_closes_every_client_and_shows(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with joined(server) as socket:
        await socket.recv()
        monkeypatch.setattr(server.hub, "take", lambda _: 1 / 0)
        put(server.plant, {0: 1.0})
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(_listen(socket), 30)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1011
    assert server.hub.status().state.value == "failing"
    assert "ZeroDivisionError" in server.hub.failure


async def test_stopping_closes_clients_in_time(tmp_path: Path) -> None:
    async with served(tmp_path) as server, joined(server) as socket:
        await socket.recv()
        server.stop.set()
        await asyncio.wait_for(server.task, 30)
        with pytest.raises(ConnectionClosed):
            await socket.recv()


async def test_cancelling_stops_in_order_too(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        server.task.cancel()
        await asyncio.wait({server.task}, timeout=30)
        assert server.task.cancelled()
        assert server.hub.status().state.value == "stopped"
        listen(WebOptions(sign_in=SignIn.OFF, port=server.port)).close()


def test_a_port_in_use_is_a_mistake_in_the_configuration() -> None:
    held = listen(WebOptions(sign_in=SignIn.OFF, port=0))
    port = held.getsockname()[1]
    with pytest.raises(
        ConfigError, match=f"web.port {port} on '127.0.0.1': Address already in use"
    ):
        listen(WebOptions(sign_in=SignIn.OFF, port=port))
    held.close()
    with pytest.raises(ConfigError, match=r"web\.host"):
        listen(WebOptions(host="no.such.host.invalid"))
