"""What the InfluxDB historian does when the server refuses, asks for quiet, hangs, or is not there."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.clock import ManualClock, SystemClock
from gateway.errors import BackOffError, NotConnectedError, RefusedError
from gateway.historian.influx import InfluxHistorian
from gateway.historian.options import InfluxOptions
from tests.peers import influx_fake as fake
from tests.peers.historian import Bench, MemoryCatalogue, ramp
from tests.peers.influx import Influx
from tests.peers.process import free_port

pytestmark = pytest.mark.fault
CANARY = "s3cret-canary"
EVER = {"start_ns": -(2**62), "end_ns": 2**62}
Opener = Callable[..., Awaitable[Bench]]


@pytest.fixture
async def opener() -> AsyncIterator[Opener]:
    opened: list[InfluxHistorian] = []

    async def connect(url: str, **options: object) -> Bench:
        base = {"kind": "influx", "url": url, "bucket": "plant", "org": "o", "token": CANARY}
        catalogue = MemoryCatalogue.of(3)
        historian = InfluxHistorian(
            InfluxOptions.model_validate(base | {"timeout_s": 0.5} | options),
            catalogue=catalogue,
            clock=ManualClock(),
        )
        opened.append(historian)
        return Bench(historian, catalogue)

    yield connect
    for historian in opened:
        await historian.close()


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    "refusal", [fake.V1_UNPARSABLE, fake.V1_CONFLICT, fake.V2_CONFLICT, fake.V3_PARTIAL]
)
async def test_one_poisoned_row_goes_to_the_dead_letters_and_the_rest_is_stored(
    opener: Opener, version: str, refusal: fake.Answer
) -> None:
    n, poisoned = 500, b"value=321.0,"
    with fake.FakeInflux(lambda body: refusal if poisoned in body else fake.STORED) as server:
        bench = await opener(server.url, version=version)
        (letter,) = await bench.put(ramp(1, n))
    stored = {line for body in server.bodies if poisoned not in body for line in body.splitlines()}
    assert len(stored) == n - 1
    assert len(server.bodies) <= 2 * math.log2(n) + 2
    assert letter.source == "site/area/line/machine/s1"
    assert poisoned in letter.payload
    assert str(refusal.status) in letter.reason
    assert bench.historian.figures()["dead_rows"] == 1
    assert bench.historian.figures()["written_rows"] == n - 1


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (fake.V2_UNAUTHORIZED, RefusedError),
        (fake.V2_NO_BUCKET, RefusedError),
        (fake.V1_NO_DATABASE, RefusedError),
        (fake.PORTAL, RefusedError),
        (fake.BROKEN, NotConnectedError),
        (fake.TOO_MANY, BackOffError),
        (fake.HANG, NotConnectedError),
    ],
)
async def test_a_server_in_trouble_makes_no_dead_letters(
    opener: Opener, version: str, answer: fake.Answer, error: type[Exception]
) -> None:
    with fake.FakeInflux(lambda body: answer) as server:
        bench = await opener(server.url, version=version)
        with pytest.raises(error) as caught:
            await bench.put(ramp(0, 10))
        assert len(server.bodies) == 1, "no bisection"
        assert CANARY not in str(caught.value)
        figures = bench.historian.figures()
        assert (figures["connected"], figures["failures_in_a_row"]) == (0, 1)
        server.rule = lambda body: fake.STORED
        assert await bench.put(ramp(0, 10)) == []
        assert bench.historian.figures()["connected"] == 1
        assert bench.historian.figures()["failures_in_a_row"] == 0


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    ("answer", "wait_s"), [(fake.TOO_MANY, 17), (fake.BUSY, 60), (fake.BUSY_UNTOLD, 1)]
)
async def test_waits_as_told(
    opener: Opener, version: str, answer: fake.Answer, wait_s: float
) -> None:
    with fake.FakeInflux(lambda body: answer) as server:
        bench = await opener(server.url, version=version)
        with pytest.raises(BackOffError) as caught:
            await bench.put(ramp(0, 10))
    assert caught.value.wait_s == wait_s


async def test_a_request_too_large_is_halved(opener: Opener) -> None:
    def rule(body: bytes) -> fake.Answer:
        return fake.TOO_LARGE if body.count(b"\n") >= 100 else fake.STORED

    with fake.FakeInflux(rule) as server:
        bench = await opener(server.url)
        assert await bench.put(ramp(0, 1000)) == []
    stored = [
        line for body in server.bodies if body.count(b"\n") < 100 for line in body.split(b"\n")
    ]
    assert len(stored) == len(set(stored)) == 1000


@pytest.mark.parametrize("version", ["1", "2"])
async def test_a_silent_server_is_given_up_in_time_and_the_loop_runs_on(
    opener: Opener, version: str
) -> None:
    with fake.FakeInflux(lambda body: fake.HANG) as server:
        bench = await opener(server.url, version=version)
        write = asyncio.create_task(bench.put(ramp(0, 10)))
        turns = 0
        while not write.done():
            await asyncio.sleep(0.01)
            turns += 1
        with pytest.raises(NotConnectedError):
            await write
    assert turns > 5


async def test_nobody_there(opener: Opener) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    for version in ("1", "2"):
        bench = await opener(url, version=version)
        with pytest.raises(NotConnectedError):
            await bench.put(ramp(0, 10))
        with pytest.raises(NotConnectedError):
            await bench.historian.count([0], **EVER)


@pytest.mark.peer
async def test_a_real_server_killed_and_back_with_signin(tmp_path: Path) -> None:
    port = free_port()
    with Influx.start(tmp_path, port=port, auth=True) as server:
        server.query(f"CREATE USER gate WITH PASSWORD '{CANARY}' WITH ALL PRIVILEGES")

        def connect(password: str) -> Bench:
            options = InfluxOptions.model_validate(
                {
                    "kind": "influx",
                    "url": server.url,
                    "version": "1",
                    "bucket": "plant",
                    "username": "gate",
                    "password": password,
                }
            )
            catalogue = MemoryCatalogue.of(2)
            clock = SystemClock()
            return Bench(InfluxHistorian(options, catalogue=catalogue, clock=clock), catalogue)

        wrong, right = connect("wrong"), connect(CANARY)
        with pytest.raises(RefusedError, match="401"):
            await wrong.put(ramp(0, 3))
        with pytest.raises(RefusedError, match="401"):
            await wrong.historian.count([0], **EVER)
        with pytest.raises(RefusedError, match="not found"):
            await right.put(ramp(0, 3))
        with pytest.raises(RefusedError, match="not found"):
            await right.historian.count([0], **EVER)
        await asyncio.to_thread(create_database, server)
        assert await right.put(ramp(0, 100)) == []
        server.kill()
        with pytest.raises(NotConnectedError):
            await right.put(ramp(0, 200))
    with Influx.start(tmp_path, port=port, auth=True):
        assert await right.put(ramp(0, 200)) == []
        assert await right.historian.count([0], **EVER) == 200
    await right.historian.close()
    await wrong.historian.close()


def create_database(server: Influx) -> None:
    server.query("CREATE DATABASE plant", user="gate", password=CANARY)
