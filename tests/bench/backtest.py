"""A backtest over much history: samples a second and peak memory. `python -m tests.bench.backtest [--days 1]`.

Thirty days of 100 signals at 1 Hz are 259 million samples. What is measured is a part of that: `--days` days from the
embedded historian, written by this bench, then read back in pieces, replayed through the engine with one limit rule on
every signal, tallied and reported as the page gets it. Memory is the process's peak while it runs, taken for a quarter
of the range and for the whole: streaming means that both are about the same.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

import numpy as np
import psutil

from gateway.backtest import BacktestRequest
from gateway.clock import NS_PER_S, ManualClock
from gateway.detect.backtest.jobs import backtest
from gateway.detect.options import rule_types
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.options import EmbeddedOptions
from gateway.model import SampleBatch, Signal
from gateway.ports import Chunk
from tests.peers.historian import T0, MemoryCatalogue

SIGNALS = 100
CHUNK_S = 100
WHOLE = 30 * 86_400 * SIGNALS


class Peak:
    """The process's greatest resident memory while a block runs, looked at a hundred times a second."""

    def __enter__(self) -> Self:
        self.bytes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._over.wait(0.01):
            self.bytes = max(self.bytes, process.memory_info().rss)


async def write(historian: EmbeddedHistorian, seconds: int) -> float:
    """Write seconds of 100 signals: noise around 50, so that a limit of 54 is met now and then."""
    rng = np.random.default_rng(1)
    signal = np.tile(np.arange(SIGNALS, dtype=np.int32), CHUNK_S)
    took_s = 0.0
    for seq, first in enumerate(range(0, seconds, CHUNK_S), 1):
        second = first + np.arange(CHUNK_S).repeat(SIGNALS)
        at = T0 + second * NS_PER_S + signal * 1000
        value = np.round(rng.normal(50, 1, len(signal)), 2)
        batch = SampleBatch.of(signal=signal, source_ns=at, value=value, received_ns=at)
        started_s = time.perf_counter()
        await historian.write(Chunk(batch=batch, first_seq=seq, last_seq=seq))
        took_s += time.perf_counter() - started_s
        if first % 3600 < CHUNK_S:
            await historian.maintain(now_ns=int(at[-1]))
    return took_s


async def run(historian: EmbeddedHistorian, catalogue: MemoryCatalogue, seconds: int) -> None:
    """Backtest a part of the range and print what it cost."""
    rule = rule_types()["limit"].model_validate(
        {"type": "limit", "title": "x", "signals": ["**"], "high": 54.0, "deadband": 1.0}
    )
    request = BacktestRequest(rule="x", start_ns=T0, end_ns=T0 + seconds * NS_PER_S)
    cpu_s, started_s = time.process_time(), time.perf_counter()
    with Peak() as peak:
        report = await backtest(
            request,
            rules={"x": rule},
            catalogue=catalogue,
            history=historian,
            issues=None,
            time_zone="UTC",
            progress=lambda _done, _total: None,
        )
    took_s = time.perf_counter() - started_s
    print(
        f"{seconds / 3600:6.1f} h  {report.rows:>12,} samples  {took_s:7.1f} s"
        f"  {report.rows / took_s:>10,.0f} samples/s  {time.process_time() - cpu_s:6.1f} CPU s"
        f"  peak {peak.bytes / 1e6:6.0f} MB  {report.outcome.alarms:,} alarms"
        f"  -> 259 M samples in {WHOLE / report.rows * took_s / 60:.1f} min"
    )


async def measured(seconds: int) -> None:
    """Write, then backtest a quarter and the whole."""
    with tempfile.TemporaryDirectory() as folder:
        catalogue = MemoryCatalogue(
            [Signal(path=f"p/a/l/m{n // 10}/x{n % 10}") for n in range(SIGNALS)]
        )
        historian = EmbeddedHistorian.open(
            Path(folder), catalogue=catalogue, clock=ManualClock(start_ns=T0), options=EmbeddedOptions(),
        )  # fmt: skip
        took_s = await write(historian, seconds)
        print(f"written {seconds * SIGNALS:,} samples in {took_s:.1f} s")
        for part in (seconds // 4, seconds):
            await run(historian, catalogue, part)
        await historian.close()
    print(f"peak of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.backtest", description=__doc__)
    parser.add_argument("--days", type=float, default=1.0, help="days of history; 30 are 259 M")
    asyncio.run(measured(round(parser.parse_args().days * 86_400)))
