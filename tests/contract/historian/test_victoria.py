"""The write path of 2.x and 3.x, /api/v2/write through influxdb-client, proved on a real server."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from gateway import quality
from gateway.clock import NS_PER_S, SystemClock
from gateway.errors import RefusedError
from gateway.historian.influx import InfluxHistorian
from gateway.historian.options import InfluxOptions
from gateway.model import SampleBatch
from tests.peers.historian import T0, Bench, MemoryCatalogue
from tests.peers.victoria import Victoria

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victoria]:
    with Victoria.start(tmp_path_factory.mktemp("victoria")) as peer:
        yield peer


def historian(peer: Victoria) -> InfluxHistorian:
    options = InfluxOptions.model_validate(
        {"kind": "influx", "url": peer.url, "org": "works", "bucket": "plant", "token": "any"}
    )
    return InfluxHistorian(options, catalogue=MemoryCatalogue.of(4), clock=SystemClock())


async def test_rows_written_by_api_v2_come_back_from_the_servers_own_api(
    victoria: Victoria,
) -> None:
    bench = Bench(historian(victoria), MemoryCatalogue.of(4))
    batch = SampleBatch.of(
        signal=[0, 1, 0, 1],
        source_ns=[T0, T0, T0 + NS_PER_S, T0 + NS_PER_S],
        value=[1.25, math.nan, -273.15, math.nan],
        received_ns=T0 + 5 * NS_PER_S,
        quality=[0, quality.BAD_NO_COMMUNICATION, 0, 0],
        side={3: "line one\nline two"},
    )
    assert await bench.put(batch) == []
    assert await bench.put(batch) == []
    await bench.historian.close()
    (values,) = victoria.export("samples_value")
    assert values["metric"]["machine"] == "machine"
    assert values["metric"]["signal"] == "s0"
    assert dict(zip(values["timestamps"], values["values"], strict=True)) == {
        T0 // 10**6: 1.25,
        T0 // 10**6 + 1000: -273.15,
    }
    codes = {
        series["metric"]["signal"]: series["values"]
        for series in victoria.export("samples_quality")
    }
    assert set(codes["s1"]) == {quality.BAD_NO_COMMUNICATION, 0}
    assert set(codes["s0"]) == {0}


async def test_reading_from_a_server_without_influxql_is_refused_plainly(
    victoria: Victoria,
) -> None:
    reader = historian(victoria)
    with pytest.raises(RefusedError, match="InfluxQL"):
        await reader.rows([0], start_ns=0, end_ns=2**62, limit=1)
    with pytest.raises(RefusedError, match="InfluxQL"):
        await reader.count([0], start_ns=0, end_ns=2**62)
    with pytest.raises(RefusedError, match="InfluxQL"):
        await reader.buckets([0], start_ns=0, end_ns=2**62, max_points=3)
    await reader.close()
