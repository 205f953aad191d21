"""What a view of KPIs by day costs over 30 days of 50 machines: `python -m tests.bench.kpi [--machines 50 --days 30]`.

Sums are told hour by hour through the desk's own commits (three shifts with a break), so that roll-ups are made as they
are while the gateway runs; then the plant's KPIs of all days are asked for, from the roll-ups and, beside them, from
the sums by hour as before there were roll-ups. SQLite in a temporary folder.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time

import numpy as np

from gateway.clock import ManualClock
from gateway.model import DataType, SampleBatch, Signal, SignalKind, SignalRole
from gateway.performance import KpiBucket
from gateway.ports import Chunk
from gateway.production.kpi import records, rollup
from gateway.production.kpi.desk import KpiDesk
from gateway.production.kpi.options import ProductionOptions
from gateway.store import Store
from tests.peers.catalogue import FakeCatalogue

S = 10**9
HOUR = 3600 * S
T0 = 1_767_225_600 * S
EVERY_S = 300
OPTIONS = {
    "commit_every_s": 5,
    "unknown_after_s": 3600,
    "calendars": {
        "three": {
            "shifts": {
                "early": {"start": "06:00", "end": "14:00", "breaks": [{"start": "10:00", "end": "10:15"}]},
                "late": {"start": "14:00", "end": "22:00"},
                "night": {"start": "22:00", "end": "06:00"},
            }
        }
    },
    "units": {"p": {"run_time_s": 10, "calendar": "three"}},
}  # fmt: skip


def plant(machines: int) -> list[Signal]:
    """Return a state and two counters for each machine."""
    found = []
    for number in range(machines):
        path = f"p/a/l{number // 10}/m{number}"
        found += [
            Signal(path=f"{path}/state", kind=SignalKind.STATE, data_type=DataType.ENUM, role=SignalRole.STATE),
            Signal(path=f"{path}/good", data_type=DataType.INTEGER, role=SignalRole.GOOD_COUNT),
            Signal(path=f"{path}/bad", data_type=DataType.INTEGER, role=SignalRole.REJECT_COUNT),
        ]  # fmt: skip
    return found


def hour(number: int, machines: int) -> Chunk:
    """Return an hour of every machine: a stop now and then, 30 pieces each five minutes."""
    turn = np.arange(number * 3600 // EVERY_S, (number + 1) * 3600 // EVERY_S)
    at = T0 + turn.repeat(3 * machines) * EVERY_S * S
    signal = np.tile(np.arange(3 * machines, dtype=np.int32), len(turn))
    state = np.where((turn[:, None] + np.arange(machines)) % 7 == 0, 11.0, 6.0)
    good = np.broadcast_to(turn[:, None] * 30.0, state.shape)
    bad = np.broadcast_to(turn[:, None] // 4 * 1.0, state.shape)
    value = np.stack([state, good, bad], axis=2).reshape(-1)
    batch = SampleBatch.of(signal=signal, source_ns=at, value=value, received_ns=at)
    return Chunk(batch=batch, first_seq=number + 1, last_seq=number + 1)


async def asked_ms(desk: KpiDesk, days: int, bucket: KpiBucket) -> tuple[float, int]:
    """Return the median milliseconds of five reports over all days, and their buckets."""
    took = []
    for _ in range(5):
        started_s = time.perf_counter()
        found = await desk.kpis("p", start_ns=T0, end_ns=T0 + days * 24 * HOUR, bucket=bucket)
        took.append((time.perf_counter() - started_s) * 1e3)
    return sorted(took)[2], len(found.buckets)


async def measured(machines: int, days: int, folder: str) -> None:
    """Tell the days, then ask."""
    clock = ManualClock(start_ns=T0)
    store = await Store.open(f"sqlite:///{folder}/state.db")
    desk = KpiDesk(
        ProductionOptions.model_validate(OPTIONS),
        catalogue=FakeCatalogue(*plant(machines)),
        store=store,
        clock=clock,
        time_zone="UTC",
    )
    started_s = time.perf_counter()
    for number in range(24 * days):
        await desk.write(hour(number, machines))
        clock.set_wall_ns(T0 + (number + 1) * HOUR)
        await clock.advance(6)
        clock.set_wall_ns(T0 + (number + 1) * HOUR)
    print(f"told {days} days of {machines} machines in {time.perf_counter() - started_s:.1f} s")
    by_roll = rollup.read_rolled
    for bucket in (KpiBucket.DAY, KpiBucket.SHIFT):
        rolled_ms, count = await asked_ms(desk, days, bucket)
        rollup.read_rolled = records.read_sums
        hourly_ms, _ = await asked_ms(desk, days, bucket)
        rollup.read_rolled = by_roll
        print(
            f"KPIs by {bucket.value}: {count} buckets, {rolled_ms:.0f} ms from roll-ups,"
            f" {hourly_ms:.0f} ms from sums by hour"
        )
    await store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.kpi", description=__doc__)
    parser.add_argument("--machines", type=int, default=50)
    parser.add_argument("--days", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(measured(given.machines, given.days, scratch))
