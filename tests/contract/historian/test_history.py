"""What every historian promises about reading."""

from __future__ import annotations

import asyncio
import csv
import math
from pathlib import Path

import duckdb
import numpy as np
import pytest

from gateway import quality
from gateway.clock import NS_PER_S
from gateway.errors import InvalidRequestError
from gateway.model import SampleBatch
from tests.peers.historian import T0, Bench

EVER = {"start_ns": -(2**62), "end_ns": 2**62}
HOUR_NS = 3600 * NS_PER_S


def noise(signal: int, n: int, *, seed: int = 1, at: int = T0) -> SampleBatch:
    rng = np.random.default_rng(seed)
    return SampleBatch.of(
        signal=np.full(n, signal),
        source_ns=at + np.sort(rng.choice(HOUR_NS, n, replace=False)),
        value=np.round(rng.normal(size=n), 6),
        received_ns=at + HOUR_NS,
        quality=rng.choice(
            np.array([quality.GOOD, quality.UNCERTAIN, quality.BAD], np.uint32),
            n,
            p=[0.8, 0.1, 0.1],
        ),
    )


def file_names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_buckets_equal_a_slow_count_by_hand(bench: Bench) -> None:
    batch = noise(0, 2000)
    await bench.put(SampleBatch.concat([batch, noise(1, 50, seed=2)]))
    start_ns, end_ns = T0 + 7, T0 + HOUR_NS - 11
    (got,) = await bench.historian.buckets([0], start_ns=start_ns, end_ns=end_ns, max_points=60)
    assert got.signal == 0
    assert len(got.start_ns) <= 60
    inside = (batch.source_ns >= start_ns) & (batch.source_ns < end_ns)
    place = (batch.source_ns - start_ns) // got.width_ns
    expected = sorted(set(place[inside].tolist()))
    assert got.start_ns.tolist() == [start_ns + k * got.width_ns for k in expected]
    for row, k in enumerate(expected):
        mine = inside & (place == k)
        usable = batch.value[mine & (quality.severity(batch.quality) < 2)]
        assert got.count[row] == mine.sum()
        assert got.worst[row] == quality.severity(batch.quality[mine]).max()
        assert got.first[row] == usable[0]
        assert got.last[row] == usable[-1]
        assert got.low[row] == usable.min()
        assert got.high[row] == usable.max()
        assert got.mean[row] == pytest.approx(usable.mean(), rel=1e-9, abs=1e-12)


async def test_a_spike_of_one_row_survives_any_width(bench: Bench) -> None:
    n = 5000
    value = np.zeros(n)
    value[3210] = 99.5
    await bench.put(
        SampleBatch.of(
            signal=np.full(n, 3),
            source_ns=T0 + np.arange(n) * NS_PER_S,
            value=value,
            received_ns=T0,
        )
    )
    for points in (1, 7, 100):
        (got,) = await bench.historian.buckets(
            [3], start_ns=T0, end_ns=T0 + n * NS_PER_S, max_points=points
        )
        assert got.high.max() == 99.5
        assert got.count.sum() == n
        assert len(got.start_ns) <= points


async def test_empty_buckets_are_absent_and_the_order_is_the_one_asked(bench: Bench) -> None:
    two = SampleBatch.of(
        signal=[0, 0], source_ns=[T0, T0 + 9 * NS_PER_S], value=[1.0, 2.0], received_ns=T0
    )
    await bench.put(two)
    got = await bench.historian.buckets(
        [5, 0, 4], start_ns=T0, end_ns=T0 + 10 * NS_PER_S, max_points=10
    )
    assert [one.signal for one in got] == [5, 0, 4]
    assert [len(one.start_ns) for one in got] == [0, 2, 0]
    assert got[1].start_ns.tolist() == [T0, T0 + 9 * NS_PER_S]


async def test_a_bucket_of_bad_rows_counts_but_has_no_value(bench: Bench) -> None:
    await bench.put(
        SampleBatch.of(
            signal=[0, 0],
            source_ns=[T0, T0 + 1],
            value=[5.0, math.nan],
            received_ns=T0,
            quality=[quality.BAD, quality.BAD_NO_COMMUNICATION],
        )
    )
    (got,) = await bench.historian.buckets([0], start_ns=T0, end_ns=T0 + 10, max_points=1)
    assert got.count.tolist() == [2]
    assert got.worst.tolist() == [2]
    assert np.isnan([got.first[0], got.last[0], got.low[0], got.high[0], got.mean[0]]).all()


async def test_ranges_are_half_open(bench: Bench) -> None:
    await bench.put(
        SampleBatch.of(
            signal=[0] * 3, source_ns=[T0, T0 + 1, T0 + 2], value=[0, 1, 2], received_ns=T0
        )
    )
    ask = {"start_ns": T0, "end_ns": T0 + 2}
    assert await bench.historian.count([0], **ask) == 2
    assert len(await bench.historian.rows([0], **ask, limit=9)) == 2
    (got,) = await bench.historian.buckets([0], **ask, max_points=5)
    assert got.count.sum() == 2
    nothing = {"start_ns": T0 + 2, "end_ns": T0 + 2}
    assert await bench.historian.count([0], **nothing) == 0
    assert len(await bench.historian.rows([0], **nothing, limit=9)) == 0


async def test_rows_are_limited_oldest_first_over_all_signals(bench: Bench) -> None:
    await bench.put(
        SampleBatch.of(
            signal=[0, 1, 0, 1],
            source_ns=[T0 + 3, T0 + 1, T0 + 2, T0 + 4],
            value=[3, 1, 2, 4],
            received_ns=T0,
        )
    )
    got = await bench.historian.rows([1, 0], **EVER, limit=3)
    assert got.value.tolist() == [1, 2, 3]
    assert len(await bench.historian.rows([], **EVER, limit=3)) == 0
    assert len(await bench.historian.rows([7], **EVER, limit=3)) == 0


async def test_latest_is_the_newest_by_source_time(bench: Bench) -> None:
    await bench.put(
        SampleBatch.of(
            signal=[0, 1, 0],
            source_ns=[T0 + 5, T0 + 6, T0 + 4],
            value=[5, math.nan, 4],
            received_ns=T0,
            side={1: "running"},
        )
    )
    got = await bench.historian.latest([4, 1, 0])
    assert got.signal.tolist() == [1, 0]
    assert got.value[1] == 5
    assert dict(got.side) == {0: "running"}
    assert len(await bench.historian.latest([4])) == 0


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
async def test_export_holds_the_range_in_words(bench: Bench, tmp_path: Path, suffix: str) -> None:
    await bench.put(
        SampleBatch.of(
            signal=[0, 1, 8, 0],
            source_ns=[T0, T0 + 1, T0 + 2_000_000_003, T0 + HOUR_NS],
            value=[-1.5, math.nan, math.nan, 7],
            received_ns=[T0 + 10, T0 + 11, T0 + 12, T0 + 13],
            quality=[0, quality.UNCERTAIN, quality.BAD_SENSOR_FAILURE, 0],
            side={1: "=cmd()", 2: (1.0, 2.5)},
        )
    )
    seen: list[tuple[int, int]] = []
    target = tmp_path / f"it's out{suffix}"
    written = await bench.historian.export(
        [0, 1, 8],
        start_ns=T0,
        end_ns=T0 + HOUR_NS,
        target=target,
        progress=lambda done, total: seen.append((done, total)),
    )
    await asyncio.sleep(0)
    assert written == 3
    assert seen[-1] == (3, 3)
    if suffix == ".csv":
        with target.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert rows[0]["value"] == "-1.5"
        assert rows[1]["text"] == "'=cmd()"
        assert rows[1]["unit"] == "'-K"
        assert rows[1]["value"] == ""
    else:
        with duckdb.connect() as db:
            found = db.execute(f"SELECT * FROM read_parquet($${target}$$)")
            names = [column[0] for column in found.description]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        assert rows[0]["value"] == -1.5
        assert rows[1]["text"] == "=cmd()"
        assert rows[1]["value"] is None
    assert list(rows[0]) == [
        "time",
        "path",
        "value",
        "text",
        "quality",
        "quality_name",
        "unit",
        "received",
    ]
    assert rows[0]["time"] == "2026-01-01T00:00:00.000000000Z"
    assert rows[2]["time"] == "2026-01-01T00:00:02.000000003Z"
    assert rows[2]["text"] == "1.0;2.5"
    assert rows[2]["path"] == "Werk-Süd/H.1/Linie_2/Füller/Gewicht"
    assert rows[2]["quality_name"] == "BadSensorFailure"
    assert int(rows[2]["quality"]) == quality.BAD_SENSOR_FAILURE
    assert rows[2]["received"] == "2026-01-01T00:00:00.000000012Z"
    assert not any(name.startswith(".") for name in file_names(tmp_path))


async def test_export_twice_and_of_nothing(bench: Bench, tmp_path: Path) -> None:
    target = tmp_path / "none.csv"
    for _ in range(2):
        written = await bench.historian.export(
            [0], start_ns=T0, end_ns=T0 + 1, target=target, progress=lambda done, total: None
        )
        assert written == 0
    assert target.read_text().startswith("time,path,value")


async def test_export_refuses_other_kinds_of_file(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="csv"):
        await bench.historian.export(
            [0], start_ns=0, end_ns=1, target=tmp_path / "x.xlsx", progress=lambda done, total: None
        )
    assert "x.xlsx" not in file_names(tmp_path)


async def test_refuses_no_points_and_maintains_at_any_time(bench: Bench) -> None:
    with pytest.raises(InvalidRequestError):
        await bench.historian.buckets([0], start_ns=0, end_ns=1, max_points=0)
    with pytest.raises(InvalidRequestError, match="292 years"):
        await bench.historian.buckets([0], **EVER, max_points=5)
    await bench.put(noise(0, 500))
    before = await bench.historian.rows([0], **EVER, limit=1000)
    await bench.historian.maintain(now_ns=T0 + 5 * HOUR_NS)
    after = await bench.historian.rows([0], **EVER, limit=1000)
    assert before.value.tobytes() == after.value.tobytes()
    assert all(isinstance(value, int | float) for value in bench.historian.figures().values())
