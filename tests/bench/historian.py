"""What the embedded historian costs: `python -m tests.bench.historian [--rows 4000000]`.

Prints microseconds a row, bytes a row, and the day's trend of one signal out of 1,000 before and after
re-clustering, beside a naive writer (one row a tuple through executemany).
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import duckdb
import numpy as np
import psutil

from gateway.clock import NS_PER_S, ManualClock
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.options import EmbeddedOptions
from gateway.model import SampleBatch
from gateway.ports import Chunk
from tests.peers.historian import T0, MemoryCatalogue

SIGNALS = 1000
CHUNK_ROWS = 10_000
NAIVE_ROWS = 1_000
DAY_NS = 86_400 * NS_PER_S


def day(rows: int) -> list[SampleBatch]:
    """Return a day of 1,000 signals in order of arrival: random walks with two decimals."""
    rng = np.random.default_rng(1)
    turns = rows // SIGNALS
    level = np.round(np.cumsum(rng.normal(scale=0.05, size=(turns, SIGNALS)), axis=0) + 50, 2)
    signal = np.tile(np.arange(SIGNALS, dtype=np.int32), CHUNK_ROWS // SIGNALS)
    batches = []
    for first in range(0, turns, CHUNK_ROWS // SIGNALS):
        turn = first + np.arange(CHUNK_ROWS) // SIGNALS
        at = T0 + turn * (DAY_NS // turns) + signal * 1000
        value = level[first : first + CHUNK_ROWS // SIGNALS].ravel()
        batches.append(
            SampleBatch.of(signal=signal, source_ns=at, value=value, received_ns=at + 20_000_000)
        )
    return batches


async def timed_ms(ask: Callable[[], Awaitable[object]]) -> float:
    """Return the median of five runs."""
    took = []
    for _ in range(5):
        started_s = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - started_s) * 1000)
    return sorted(took)[2]


async def write_all(
    historian: EmbeddedHistorian, batches: list[SampleBatch], *, hourly: bool
) -> float:
    """Write every batch, re-clustering as each hour of the day closes; return the seconds writing took."""
    took_s, hour = 0.0, 0
    for seq, batch in enumerate(batches, 1):
        started_s = time.perf_counter()
        await historian.write(Chunk(batch=batch, first_seq=seq, last_seq=seq))
        took_s += time.perf_counter() - started_s
        now = int(batch.received_ns[-1] - T0) // (3600 * NS_PER_S)
        if hourly and now > hour:
            hour = now
            await historian.maintain(now_ns=int(batch.received_ns[-1]))
    return took_s


async def ours(folder: Path, batches: list[SampleBatch]) -> None:
    """Write a day with hourly upkeep, then ask."""
    rows = sum(map(len, batches))
    historian = opened(folder)
    cpu_s = time.process_time()
    took_s = await write_all(historian, batches, hourly=True)
    cpu_s = time.process_time() - cpu_s
    await historian.maintain(now_ns=T0 + DAY_NS + 3600 * NS_PER_S)
    size = historian.figures()["bytes"]

    async def latest() -> object:
        return await historian.latest(list(range(SIGNALS)))

    again = Chunk(batch=batches[len(batches) // 2], first_seq=1, last_seq=len(batches))
    say("insert", took_s / rows * 1e6, "µs/row")
    say("insert and upkeep, CPU", cpu_s / rows * 1e6, "µs/row")
    say("on disk", size / rows, "B/row")
    say("trend of one signal, clustered", await trend_ms(historian), "ms")
    say("latest of 1,000 signals", await timed_ms(latest), "ms")
    say("chunk written again", await timed_ms(lambda: historian.write(again)), "ms")
    started_s = time.perf_counter()
    exported = await historian.export(
        list(range(SIGNALS)),
        start_ns=T0,
        end_ns=T0 + DAY_NS // 4,
        target=folder / "range.parquet",
        progress=lambda done, total: None,
    )
    say("export to Parquet", (time.perf_counter() - started_s) / exported * 1e6, "µs/row")
    await historian.close()
    say("memory of the process", psutil.Process().memory_info().rss / 2**20, "MB")


async def as_arrived(folder: Path, batches: list[SampleBatch]) -> None:
    """Write the same day without upkeep and ask for the same trend."""
    historian = opened(folder)
    await write_all(historian, batches, hourly=False)
    say("trend of one signal, as arrived", await trend_ms(historian), "ms")
    await historian.close()


def opened(folder: Path) -> EmbeddedHistorian:
    """Open a historian with its defaults."""
    return EmbeddedHistorian.open(
        folder,
        catalogue=MemoryCatalogue.of(SIGNALS),
        clock=ManualClock(),
        options=EmbeddedOptions(),
    )


async def trend_ms(historian: EmbeddedHistorian) -> float:
    """Return how long the day's trend of one signal takes."""
    return await timed_ms(
        lambda: historian.buckets([500], start_ns=T0, end_ns=T0 + DAY_NS, max_points=800)
    )


def say(what: str, number: float, unit: str) -> None:
    """Print one line of the table."""
    print(f"{what:<34}{number:>12.2f} {unit}", flush=True)


def naive(folder: Path) -> None:
    """Write a few rows as most first versions would."""
    (batch, *_) = day(CHUNK_ROWS)
    rows = list(
        zip(
            batch.signal.tolist()[:NAIVE_ROWS],
            batch.source_ns.tolist(),
            batch.received_ns.tolist(),
            batch.value.tolist(),
            batch.quality.tolist(),
            strict=False,
        )
    )
    with duckdb.connect(str(folder / "naive.duckdb")) as database:
        database.execute(
            "CREATE TABLE s(signal INTEGER, source_ns BIGINT, received_ns BIGINT, value DOUBLE,"
            " quality UINTEGER, PRIMARY KEY (signal, source_ns))"
        )
        started_s = time.perf_counter()
        database.execute("BEGIN")
        database.executemany("INSERT OR IGNORE INTO s VALUES (?, ?, ?, ?, ?)", rows)
        database.execute("COMMIT")
        took_s = time.perf_counter() - started_s
    say("naive insert (executemany)", took_s / len(rows) * 1e6, "µs/row")


def main() -> None:
    """Run all of it in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4_000_000)
    rows = parser.parse_args().rows // CHUNK_ROWS * CHUNK_ROWS
    with tempfile.TemporaryDirectory() as folder:
        batches = day(rows)
        asyncio.run(ours(Path(folder) / "clustered", batches))
        asyncio.run(as_arrived(Path(folder) / "arrived", batches))
        naive(Path(folder))


if __name__ == "__main__":
    main()
