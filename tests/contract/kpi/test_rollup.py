"""Roll-ups by shift and day on both databases: months are read from them, and nothing comes out differently."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from gateway.clock import ManualClock
from gateway.model import SampleBatch
from gateway.performance import KpiBucket
from gateway.ports import Chunk
from gateway.production.kpi import records, rollup
from gateway.production.kpi.records import Kept
from gateway.store import Store
from gateway.store.kpi_tables import kpi_roll, kpi_seal
from tests.contract.kpi.test_desk import H, desk_on
from tests.peers.kpi_plant import MACHINES, T0, S

DAY = 24 * H
CALENDAR: dict[str, Any] = {
    "unknown_after_s": 3600,
    "calendars": {
        "two": {
            "shifts": {
                "early": {"start": "06:00", "end": "14:00", "breaks": [{"start": "10:00", "end": "10:15"}]},
                "night": {"start": "22:00", "end": "04:30"},
            }
        }
    },
    "units": {"p/a/l": {"run_time_s": 200, "calendar": "two"}},
}  # fmt: skip


def told(seq: int, first: int, last: int) -> Chunk:
    """Both machines every ten minutes: a piece each, and a stop every third time."""
    seconds = np.arange(first, last, 600)
    rows = [
        (4 * machine + n, at, value)
        for machine in range(len(MACHINES))
        for at in seconds.tolist()
        for n, value in enumerate((11.0 if at % 1800 == 600 else 6.0, at // 600 % 65536, 0.0, 1.0))
    ]
    at_ns = T0 + np.array([at for _, at, _ in rows], np.int64) * S
    batch = SampleBatch.of(
        signal=[signal for signal, _, _ in rows],
        source_ns=at_ns,
        value=[value for _, _, value in rows],
        received_ns=at_ns,
    )
    return Chunk(batch=batch, first_seq=seq, last_seq=seq)


def totals(kept: Kept) -> dict[tuple[str, str, str, str], list[float]]:
    """Add rows up by machine, day, shift and plan, whatever they were gathered by."""
    found: dict[tuple[str, str, str, str], Any] = defaultdict(lambda: 0.0)
    for row, sums in zip(kept.rows, kept.sums, strict=True):
        found[row.unit, row.day, row.shift, row.plan] += sums
    return {key: value.tolist() for key, value in found.items() if value.any()}


@pytest.mark.parametrize("days", [4])
async def test_rolled_up_or_not_every_shift_and_day_is_the_same(
    url: str, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock(start_ns=T0)
    store = await Store.open(url)
    async with desk_on(url, clock, **CALENDAR) as desk:
        for seq, hour in enumerate(range(0, 24 * days, 2), 1):
            await desk.write(told(seq, hour * 3600, (hour + 2) * 3600))
            clock.set_wall_ns(T0 + (hour + 2) * H)
            await clock.advance(6)
            clock.set_wall_ns(T0 + (hour + 2) * H)
        wide: dict[str, Any] = {"start_ns": T0 - DAY, "end_ns": T0 + 9 * DAY}
        hourly = await store.run(lambda c: records.read_sums(c, MACHINES, **wide))
        rolled = await store.run(lambda c: rollup.read_rolled(c, MACHINES, **wide))
        assert totals(rolled) == totals(hourly)
        assert len(rolled.rows) < len(hourly.rows) / 4
        for bucket in (KpiBucket.SHIFT, KpiBucket.DAY):
            span: dict[str, Any] = {"start_ns": T0, "end_ns": T0 + days * DAY, "bucket": bucket}
            report = await desk.kpis("p/a/l", **span)
            with monkeypatch.context() as by_hour:
                by_hour.setattr(rollup, "read_rolled", records.read_sums)
                assert report == await desk.kpis("p/a/l", **span)
            assert len(report.buckets) >= days
        sealed = await store.run(
            lambda c: {row.unit: row.until_ns for row in c.execute(select(kpi_seal))}
        )
        assert set(sealed) == set(MACHINES)
        assert all(T0 + (days - 1) * DAY < until < T0 + days * DAY for until in sealed.values())
    await store.close()


async def test_a_changed_calendar_seals_nothing_that_is_in_play(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock(start_ns=T0)
    store = await Store.open(url)
    async with desk_on(url, clock, **CALENDAR) as desk:
        for seq in range(1, 13):
            await desk.write(told(seq, (seq - 1) * 7200, seq * 7200))
            clock.set_wall_ns(T0 + seq * 2 * H)
            await clock.advance(6)
            clock.set_wall_ns(T0 + seq * 2 * H)
        await desk.close()
    other = {
        **CALENDAR,
        "calendars": {"two": {"shifts": {"early": {"start": "05:00", "end": "23:30"}}}},
    }
    async with desk_on(url, clock, **other) as desk:
        await desk.cursor()
        for seq in range(13, 20):
            await desk.write(told(seq, (seq - 1) * 7200, seq * 7200))
            clock.set_wall_ns(T0 + seq * 2 * H)
            await clock.advance(6)
            clock.set_wall_ns(T0 + seq * 2 * H)
        span: dict[str, Any] = {"start_ns": T0, "end_ns": T0 + 2 * DAY, "bucket": KpiBucket.DAY}
        days = await desk.kpis("p/a/l", **span)
        monkeypatch.setattr(rollup, "read_rolled", records.read_sums)
        assert days == await desk.kpis("p/a/l", **span)
        sealed = await store.run(lambda c: len(c.execute(select(kpi_roll)).all()))
        assert sealed > 0
    await store.close()
