"""Every engine that the contract suite runs on, each behind the same small handle."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

from gateway.clock import ManualClock
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.influx import InfluxHistorian
from gateway.historian.options import EmbeddedOptions, InfluxOptions
from gateway.model import Signal
from tests.peers.historian import Bench, MemoryCatalogue
from tests.peers.influx import Influx

_databases = count()


def catalogue() -> MemoryCatalogue:
    signals = [
        Signal(path=f"site/area/line/machine/s{n}", unit="-K" if n == 1 else "°C") for n in range(8)
    ]
    signals.append(Signal(path="Werk-Süd/H.1/Linie_2/Füller/Gewicht", unit="g"))
    return MemoryCatalogue(signals)


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with Influx.start(tmp_path_factory.mktemp("influxd")) as peer:
        yield peer


@pytest.fixture(params=["embedded", pytest.param("influx", marks=pytest.mark.peer)])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    clock = ManualClock()
    signals = catalogue()
    historian: EmbeddedHistorian | InfluxHistorian
    if request.param == "embedded":
        historian = EmbeddedHistorian.open(
            tmp_path / "history", catalogue=signals, clock=clock, options=EmbeddedOptions()
        )
    else:
        peer: Influx = request.getfixturevalue("influxd")
        database = f"plant{next(_databases)}"
        peer.query(f'CREATE DATABASE "{database}"')
        historian = InfluxHistorian(
            InfluxOptions(kind="influx", url=peer.url, version="1", bucket=database),
            catalogue=signals,
            clock=clock,
        )
    yield Bench(historian, signals)
    await historian.close()
