"""The connector of docs/write-a-connector.md: the page shows these very files, and they keep the contract."""

import asyncio
import contextlib
from pathlib import Path

import pytest
import yaml

from gateway.clock import ManualClock
from gateway.errors import NotConnectedError
from gateway.ports import Connector
from tests.cases.worked_connector.connector import ScaleConnector
from tests.cases.worked_connector.options import ScaleOptions
from tests.peers.mqtt_driver import MemoryCatalogue
from tests.peers.process import free_port
from tests.peers.serving import serving

HERE = Path(__file__).parent
PAGE = Path(__file__).parents[3] / "docs/write-a-connector.md"


def settings(port: int) -> ScaleOptions:
    sample = yaml.safe_load((HERE / "sample.yaml").read_text())
    return ScaleOptions.model_validate(sample | {"port": port})


def scale_connector(port: int) -> ScaleConnector:
    connector = ScaleConnector(
        name="scale", options=settings(port), catalogue=MemoryCatalogue(), clock=ManualClock()
    )
    contract: Connector = connector
    assert contract.kind == "scale"
    return connector


@contextlib.asynccontextmanager
async def scale(*chunks: bytes):
    async def serve(reader, writer):
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        await reader.read()

    async with serving(serve) as port:
        yield port


@pytest.mark.parametrize("name", ["options.py", "connector.py", "sample.yaml"])
def test_the_page_shows_the_files_as_they_are(name):
    assert (HERE / name).read_text().strip() in PAGE.read_text()


async def test_good_lines_become_rows_and_bad_ones_dead_letters():
    lines = (
        b"2026-01-01T00:00:00Z;12.5\nnonsense\n2026-01-01T00:00:01Z;x\n2026-01-01T00:00:02Z;13\n"
    )
    async with scale(lines) as port:
        connector = scale_connector(port)
        session = await connector.connect()
        intake = await connector.read()
        await connector.acknowledge(intake.receipt)
        await connector.close()
    assert session.resumed is False
    assert intake.batch.value.tolist() == [12.5, 13.0]
    assert (intake.batch.source_ns // 10**9).tolist() == [1_767_225_600, 1_767_225_602]
    assert [(letter.payload, letter.reason) for letter in intake.dead_letters] == [
        (b"nonsense", "a line without ';' between time and weight"),
        (b"2026-01-01T00:00:01Z;x", "'x' is not a number"),
    ]


async def test_a_line_cut_by_the_network_is_put_together():
    async with scale(b"2026-01-01T00:00:00Z;1", b"2.5\n") as port:
        connector = scale_connector(port)
        await connector.connect()
        rows: list[float] = []
        async with asyncio.timeout(5):
            while not rows:
                rows += (await connector.read()).batch.value.tolist()
        await connector.close()
    assert rows == [12.5]


async def test_an_absent_scale_is_not_connected():
    connector = scale_connector(free_port())
    with pytest.raises(NotConnectedError):
        await connector.connect()
    with pytest.raises(NotConnectedError):
        await connector.read()
    await connector.close()


async def test_what_is_no_scale_ends_the_connection():
    async with scale(b"x" * 1000) as port:
        connector = scale_connector(port)
        await connector.connect()
        with pytest.raises(NotConnectedError, match="not the lines of a scale"):
            await connector.read()
        await connector.close()
