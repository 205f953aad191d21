"""Evidence is collected in the background, through faults of the store and floods of rows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.clock import NS_PER_S, ManualClock
from gateway.deviation import IssueType, Severity
from gateway.errors import StorageError
from gateway.issues import Deviation, IssueDesk, Wanted, collector, evidence
from gateway.model import SampleBatch
from gateway.store import Store
from tests.peers.history import FakeHistory

S = NS_PER_S


def deviation(now: int) -> Deviation:
    wanted = [
        Wanted(
            signal=n,
            path=f"a/b/c/m/x{n}",
            unit="g",
            start_ns=now - 120 * S,
            middle_ns=now,
            need_ns=0,
            end_ns=now + 30 * S,
        )
        for n in range(12)
    ]
    return Deviation(
        key="k",
        cause="r@a/b/c/m",
        member="a/b/c/m/x#high",
        rule="r",
        rule_version="1",
        asset="a/b/c/m",
        signal="a/b/c/m/x",
        severity=Severity.P3,
        type=IssueType.QUALITY,
        title="t",
        explanation="e",
        onset_ns=now,
        time_ns=now,
        value=None,
        limits={},
        evidence=tuple(wanted),
    )


async def test_it_goes_on_when_the_store_answers_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock()
    store = await Store.open(f"sqlite:///{tmp_path}/s.db")
    desk = await IssueDesk.open(store=store, history=FakeHistory(), clock=clock)
    await desk.raise_deviation(deviation(clock.now_ns()))
    work, left = store.run, 2

    async def refuse(do: object) -> object:
        nonlocal left
        left -= 1
        if left >= 0:
            raise StorageError("disk full")
        return await work(do)  # type: ignore[arg-type]  # handed through as it came

    monkeypatch.setattr(store, "run", refuse)
    running = asyncio.create_task(desk.run())
    deadline = asyncio.get_running_loop().time() + 20
    while desk.revision < 1 + 2 * evidence.MAX_SIGNALS:
        assert asyncio.get_running_loop().time() < deadline
        await clock.advance(1)
        await asyncio.sleep(0.002)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    said = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert said == ["evidence waits for the store: disk full"]
    assert {e.action for e in await desk.events(after=1, limit=99)} == {"evidence"}
    await store.close()


async def test_of_a_flood_of_rows_the_newest_before_the_onset_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "READ_LIMIT", 50)
    monkeypatch.setattr(collector, "MAX_ROWS", 20)
    clock = ManualClock()
    now = clock.now_ns()
    history = FakeHistory()
    times = [now - 100 * S + n * S // 10 for n in range(1001)]
    history.add(
        SampleBatch.of(signal=[0] * 1001, source_ns=times, value=[1.0] * 1001, received_ns=now)
    )
    store = await Store.open(f"sqlite:///{tmp_path}/s.db")
    desk = await IssueDesk.open(store=store, history=history, clock=clock)
    await desk.raise_deviation(deviation(now))
    await clock.advance(3)
    await desk.collect()
    (series,) = (await desk.get(1)).evidence
    assert list(series.time_ns) == times[-20:]
    await store.close()
