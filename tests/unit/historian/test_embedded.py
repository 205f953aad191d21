"""What the embedded historian promises beyond the contract: cursor, upkeep, retention, shutdown."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest

from gateway.clock import NS_PER_S, ManualClock
from gateway.errors import StorageError
from gateway.historian.duck import maintain as upkeep
from gateway.historian.duck import write as chunk_writer
from gateway.historian.duck.engine import UncertainError
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.options import EmbeddedOptions
from gateway.model import SampleBatch
from gateway.ports import Chunk, History, Sink
from tests.peers.historian import T0, Bench, MemoryCatalogue, ramp

EVER = {"start_ns": -(2**62), "end_ns": 2**62}
HOUR_NS = 3600 * NS_PER_S
Opener = Callable[..., Awaitable[Bench]]


@pytest.fixture
async def opener(tmp_path: Path) -> AsyncIterator[Opener]:
    opened: list[EmbeddedHistorian] = []

    async def open_again(**options: float | None) -> Bench:
        for historian in opened:
            await historian.close()
        opened.clear()
        catalogue = MemoryCatalogue.of(10)
        historian = EmbeddedHistorian.open(
            tmp_path / "history",
            catalogue=catalogue,
            clock=ManualClock(),
            options=EmbeddedOptions.model_validate(options),
        )
        opened.append(historian)
        return Bench(historian, catalogue, seq=await historian.cursor() or 0)

    yield open_again
    for historian in opened:
        await historian.close()


async def test_cursor_and_rows_survive_a_restart(opener: Opener) -> None:
    bench = await opener()
    assert await bench.historian.cursor() == 0
    chunk = Chunk(batch=ramp(1, 40), first_seq=1, last_seq=7)
    await bench.historian.write(chunk)
    bench = await opener()
    assert await bench.historian.cursor() == 7
    assert await bench.historian.count([1], **EVER) == 40
    await bench.historian.write(chunk)
    assert await bench.historian.count([1], **EVER) == 40
    latest = await bench.historian.latest([1])
    assert latest.value.tolist() == [39.0]


async def test_the_first_value_of_a_key_wins_whether_in_one_chunk_or_later(opener: Opener) -> None:
    bench = await opener()
    await bench.put(
        SampleBatch.of(signal=[0, 0], source_ns=[T0, T0], value=[1.0, 2.0], received_ns=T0)
    )
    await bench.put(SampleBatch.of(signal=[0], source_ns=[T0], value=[3.0], received_ns=T0))
    assert (await bench.historian.rows([0], **EVER, limit=9)).value.tolist() == [1.0]
    assert bench.historian.figures()["duplicate_rows"] == 2


async def test_a_redelivery_is_found_in_clustered_rows_and_in_older_files(opener: Opener) -> None:
    bench = await opener(file_span_s=60, cluster_after_s=10)
    for minute in range(4):
        await bench.put(ramp(0, 60, start=60 * minute))
    await bench.historian.maintain(now_ns=T0 + HOUR_NS)
    assert bench.historian.figures()["files"] == 4
    assert bench.historian.figures()["unclustered_rows"] == 0
    await bench.put(ramp(0, 240))
    assert await bench.historian.count([0], **EVER) == 240
    bench = await opener(file_span_s=60, cluster_after_s=10)
    await bench.put(ramp(0, 241))
    assert await bench.historian.count([0], **EVER) == 241


async def test_upkeep_rewrites_only_closed_windows_in_the_order_they_are_read(
    opener: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "SLICE_ROWS", 1000)
    bench = await opener(cluster_after_s=1000)
    rows = np.arange(30_000)
    everything = SampleBatch.of(
        signal=(rows % 10).astype(np.int32),
        source_ns=T0 + rows // 10 * NS_PER_S,
        value=rows.astype(float),
        received_ns=T0 + rows // 10 * NS_PER_S,
    )
    await bench.put(everything)
    await bench.historian.maintain(now_ns=T0 + 2500 * NS_PER_S)
    figures = bench.historian.figures()
    assert figures["unclustered_rows"] == 6000, "windows close at 400, 1400 and 2400 s"
    assert figures["rows"] == 30_000
    got = await bench.historian.rows(list(range(10)), **EVER, limit=40_000)
    assert sorted(got.value.tolist()) == rows.tolist()
    await bench.historian.close()
    with duckdb.connect(str(tmp_path / "history" / "samples-000001.duckdb")) as db:
        found = db.execute("SELECT signal, source_ns FROM samples").fetchnumpy()
    turns = np.flatnonzero(np.diff(found["signal"]) < 0)
    assert len(turns) < 40, "rows stand in runs of one signal, slice after slice"


async def test_age_drops_whole_files_and_the_newest_stays(opener: Opener) -> None:
    bench = await opener(file_span_s=60, retention_age_s=120)
    for minute in range(5):
        await bench.put(ramp(0, 60, start=60 * minute))
    await bench.historian.maintain(now_ns=T0 + 299 * NS_PER_S)
    got = await bench.historian.rows([0], **EVER, limit=999)
    assert got.value[0] == 120.0
    assert got.value[-1] == 299.0
    assert bench.historian.figures()["dropped_rows"] == 120
    await bench.historian.maintain(now_ns=T0 + 10 * HOUR_NS)
    assert bench.historian.figures()["files"] == 1
    assert await bench.historian.cursor() == 5
    bench = await opener()
    assert await bench.historian.cursor() == 5
    assert await bench.historian.count([0], **EVER) == 60


async def test_size_drops_the_oldest_files(opener: Opener, tmp_path: Path) -> None:
    limit = 8 << 20
    bench = await opener(retention_bytes=limit)
    rng = np.random.default_rng(4)
    n = 50_000
    for turn in range(18):
        at = T0 + (np.arange(n) + turn * n) * 1_000_003
        await bench.put(
            SampleBatch.of(
                signal=np.zeros(n, np.int32), source_ns=at, value=rng.normal(size=n), received_ns=at
            )
        )
        await bench.historian.maintain(now_ns=int(at[-1]))
        assert bench.historian.figures()["bytes"] < 1.5 * limit
    figures = bench.historian.figures()
    assert figures["dropped_rows"] > 0
    assert figures["dropped_rows"] + figures["rows"] == 18 * n
    assert await bench.historian.count([0], **EVER) == figures["rows"] > 100_000
    on_disk = sum(path.stat().st_size for path in (tmp_path / "history").glob("samples*"))
    assert on_disk == figures["bytes"]


async def test_latest_of_a_signal_whose_file_was_dropped_is_nothing(opener: Opener) -> None:
    bench = await opener(file_span_s=60, retention_age_s=60)
    await bench.put(ramp(1, 1))
    await bench.put(ramp(2, 1, start=500))
    await bench.historian.maintain(now_ns=T0 + 520 * NS_PER_S)
    assert (await bench.historian.latest([1, 2])).signal.tolist() == [2]
    await bench.put(ramp(1, 1))
    assert (await bench.historian.latest([1, 2])).signal.tolist() == [1, 2]


async def test_a_second_owner_is_refused_with_the_first_one_named(
    opener: Opener, tmp_path: Path
) -> None:
    await opener()
    with pytest.raises(StorageError, match=r"running process \d+"):
        EmbeddedHistorian.open(
            tmp_path / "history",
            catalogue=MemoryCatalogue(),
            clock=ManualClock(),
            options=EmbeddedOptions(),
        )


started = threading.Event()


def slow_question(store: object) -> int:
    started.set()
    with store.engine.cursor("read") as cursor:  # type: ignore[attr-defined] # any store
        found = cursor.execute(
            "SELECT count(DISTINCT sqrt(range)) FROM range(3000000000)"
        ).fetchone()
    return int(found[0])


async def test_a_long_question_holds_up_neither_writing_nor_closing(opener: Opener) -> None:
    bench = await opener()
    assert isinstance(bench.historian, EmbeddedHistorian)
    question = asyncio.create_task(bench.historian._read(slow_question))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        for turn in range(10):
            await bench.put(ramp(0, 100, start=100 * turn))
        await bench.historian.close()
    with pytest.raises(StorageError):
        await question


async def test_cancelling_a_question_stops_its_statement(opener: Opener) -> None:
    bench = await opener()
    assert isinstance(bench.historian, EmbeddedHistorian)
    for _ in range(4):
        question = asyncio.create_task(bench.historian._read(slow_question))
        assert await asyncio.to_thread(started.wait, 5)
        started.clear()
        question.cancel()
        with pytest.raises(asyncio.CancelledError):
            await question
    async with asyncio.timeout(5):
        assert await bench.historian.count([0], **EVER) == 0


async def test_batches_that_the_journal_no_longer_had_are_counted(opener: Opener) -> None:
    bench = await opener()
    await bench.historian.write(Chunk(batch=ramp(0, 1), first_seq=1, last_seq=1))
    await bench.historian.write(Chunk(batch=ramp(0, 1, start=9), first_seq=5, last_seq=5))
    assert bench.historian.figures()["skipped_batches"] == 3


async def test_times_at_the_edges_are_kept_or_become_dead_letters(opener: Opener) -> None:
    bench = await opener()
    edges = [-(2**63), T0 - 2**63 + 2**21, -1, 0, 2**63 - 1]
    letters = await bench.put(
        SampleBatch.of(signal=[0] * 5, source_ns=edges, value=[0, 1, 2, 3, 4], received_ns=T0)
    )
    assert [letter.payload for letter in letters] == [str(-(2**63)).encode()]
    before = await bench.historian.rows([0], start_ns=-(2**63), end_ns=2**63 - 1, limit=9)
    await bench.historian.maintain(now_ns=T0 + HOUR_NS)
    assert bench.historian.figures()["unclustered_rows"] == 0
    after = await bench.historian.rows([0], start_ns=-(2**63), end_ns=2**63 - 1, limit=9)
    for got in (before, after):
        assert got.source_ns.tolist() == edges[1:4]
        assert got.received_ns.tolist() == [T0] * 3
    again = SampleBatch.of(signal=[0], source_ns=[2**63 - 1], value=[9], received_ns=T0)
    await bench.put(again)
    assert bench.historian.figures()["rows"] == 4
    (found,) = await bench.historian.buckets([0], start_ns=-(2**63), end_ns=-1, max_points=4)
    assert found.count.tolist() == [1]


async def test_a_journal_begun_anew_is_stored_although_it_counts_from_one(opener: Opener) -> None:
    bench = await opener()
    await bench.historian.write(Chunk(batch=ramp(0, 10), first_seq=1, last_seq=500))
    await bench.historian.write(Chunk(batch=ramp(0, 20), first_seq=1, last_seq=1))
    assert await bench.historian.count([0], **EVER) == 20
    assert await bench.historian.cursor() == 1


async def test_a_redelivered_older_chunk_leaves_the_cursor(opener: Opener) -> None:
    bench = await opener()
    first = Chunk(batch=ramp(0, 10), first_seq=1, last_seq=1)
    await bench.historian.write(first)
    await bench.historian.write(Chunk(batch=ramp(0, 20), first_seq=2, last_seq=2))
    await bench.historian.write(first)
    assert await bench.historian.cursor() == 2


async def test_a_commit_that_failed_is_looked_up_in_the_files(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = await opener()
    assert isinstance(bench.historian, EmbeddedHistorian)
    await bench.put(ramp(0, 10))

    def commit_and_fail(*given: object) -> None:
        commit(*given)  # type: ignore[arg-type] # passed on as it came
        raise UncertainError("the disk said no after all")

    commit = chunk_writer._commit
    chunk = Chunk(batch=ramp(0, 20), first_seq=2, last_seq=2)
    with monkeypatch.context() as patch:
        patch.setattr(chunk_writer, "_commit", commit_and_fail)
        with pytest.raises(StorageError):
            await bench.historian.write(chunk)
    await bench.historian.write(chunk)
    assert await bench.historian.count([0], **EVER) == 20
    assert await bench.historian.cursor() == 2


async def test_closed_is_closed_and_closing_twice_is_fine(opener: Opener) -> None:
    bench = await opener()
    await bench.historian.close()
    await bench.historian.close()
    with pytest.raises(StorageError, match="closed"):
        await bench.put(ramp(0, 1))
    with pytest.raises(StorageError, match="closed"):
        await bench.historian.latest([0])


async def test_stands_behind_both_ports(opener: Opener) -> None:
    historian = (await opener()).historian
    history: History = historian
    sink: Sink = historian
    assert sink.name == "historian"
    assert history.figures()["files"] == 0
