"""The detector over a real store: chunks and time in, issues out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from gateway.clock import NS_PER_S, ManualClock
from gateway.detect.evaluate import Detector
from gateway.detect.options import RuleOptions, rule_types
from gateway.deviation import Issue
from gateway.errors import StorageError
from gateway.issues import IssueDesk
from gateway.model import DataType, SampleBatch, Signal, SignalKind
from gateway.ports import Chunk
from gateway.store import Store
from gateway.store.tables import evidence
from rules import engine
from rules.columns import Columns
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory

S = NS_PER_S
M = "demo/packaging/l1/filler"
LIMIT = {
    "type": "limit",
    "title": "Weight",
    "signals": [f"{M}/weight"],
    "high": 504.0,
    "on_delay_s": 5,
}
MISSING = {"type": "missing", "title": "Silent", "signals": [f"{M}/*"], "after_s": 10}
WORD = Signal(path=f"{M}/word", kind=SignalKind.EVENT, data_type=DataType.STRING)


def rules(**written: dict[str, Any]) -> dict[str, RuleOptions]:
    return {
        key: rule_types()[value["type"]].model_validate(value) for key, value in written.items()
    }


class FakeTail:
    """A journal as far as the detector asks."""

    def __init__(self) -> None:
        self.head = 0
        self.ahead: Chunk | None = None

    async def wait(self, after: int) -> None: ...

    async def read(self, after: int, *, max_rows: int) -> Chunk | None:
        return self.ahead


class House:
    """A detector with everything around it, that can be stopped hard and started again."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = ManualClock()
        self.catalogue = FakeCatalogue(Signal(path=f"{M}/weight", unit="g", decimals=1))
        self.tail = FakeTail()
        self.seq = 0
        self.t0 = self.clock.now_ns()

    async def start(self, every_s: float = 0.0, **written: dict[str, Any]) -> None:
        self.desk = await IssueDesk.open(store=self.store, history=FakeHistory(), clock=self.clock)
        self.detector = Detector(
            rules(**written),
            catalogue=self.catalogue,
            issues=self.desk,
            store=self.store,
            clock=self.clock,
            tail=self.tail,
            snapshot_every_s=every_s,
        )

    def chunk(self, rows: Sequence[tuple[float, float]], signal: int = 0) -> Chunk:
        """Rows of (second, value) as the next journal number."""
        times = np.array([self.t0 + round(t * S) for t, _ in rows], np.int64)
        batch = SampleBatch.of(
            signal=[signal] * len(rows),
            source_ns=times - 2 * S,
            value=[v for _, v in rows],
            received_ns=times,
        )
        self.seq += 1
        self.tail.head = self.seq
        self.tail.ahead = Chunk(batch=batch, first_seq=self.seq, last_seq=self.seq)
        return self.tail.ahead

    async def feed(self, *rows: tuple[float, float], signal: int = 0) -> Chunk:
        chunk = self.chunk(rows, signal)
        await self.detector.write(chunk)
        return chunk

    async def at(self, second: float) -> None:
        """Bring the clock to a second and tick."""
        await self.clock.advance(second - (self.clock.now_ns() - self.t0) / S)
        await self.detector.tick()

    async def issues(self) -> list[Issue]:
        return list(reversed(await self.desk.list(states=[], limit=100)))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = await Store.open(f"sqlite:///{tmp_path}/state.db")
    yield House(store)
    await store.close()


async def test_an_issue_opens_when_time_has_passed_without_data(house: House) -> None:
    await house.start(limit=LIMIT)
    await house.feed((1, 504.3))
    await house.at(6.9)
    assert await house.issues() == [], "ticks stay a second behind the clock"
    await house.at(7.1)
    (issue,) = await house.issues()
    assert issue.title == "Weight 504.3 g above 504.0 g for 5 s at filler"
    assert (issue.onset_ns, issue.opened_ns) == (house.t0 + S, house.t0 + 6 * S)
    assert (issue.asset, issue.signal, issue.cause) == (M, f"{M}/weight", f"limit@{M}")
    (status,) = house.detector.rules()
    assert (status.active, status.enabled, status.error) == (1, True, "")
    await house.feed((8, 503.0))
    assert not (await house.issues())[0].active


async def test_time_does_not_overtake_rows_that_wait_in_the_journal(house: House) -> None:
    await house.start(silent=MISSING)
    await house.feed((1, 500.0))
    waiting = house.chunk([(10.5, 500.0), (20, 500.0), (29.5, 500.0)])
    await house.at(30)
    assert await house.issues() == []
    await house.detector.write(waiting)
    await house.at(30.2)
    assert await house.issues() == []
    await house.at(41)
    assert len(await house.issues()) == 1


async def test_a_batch_without_rows_does_not_hold_up_time(house: House) -> None:
    await house.start(silent=MISSING)
    await house.feed((1, 500.0))
    house.chunk([])
    await house.at(13)
    assert len(await house.issues()) == 1


async def test_rows_received_before_the_store_was_there_are_watched(house: House) -> None:
    await house.start(silent=MISSING)
    await house.feed((1, 500.0))
    began_ns = house.clock.now_ns() + 600 * S
    await house.clock.advance(900)
    house.detector = Detector(
        rules(silent=MISSING),
        catalogue=house.catalogue,
        issues=house.desk,
        store=house.store,
        clock=house.clock,
        started_ns=began_ns,
    )
    await house.feed((601, 500.0), (605, 500.0), (650, 500.0))
    (issue,) = await house.issues()
    assert issue.opened_ns == house.t0 + 615 * S


async def test_a_backlog_is_judged_by_when_it_was_received_and_downtime_is_nobodys_silence(
    house: House,
) -> None:
    await house.start(silent=MISSING)
    await house.feed(*[(t, 500.0) for t in range(1, 20)])
    left = house.chunk([(t, 500.0) for t in range(20, 60)])
    await house.clock.advance(660)
    await house.start(silent=MISSING)
    assert await house.detector.cursor() == 1
    await house.detector.tick()
    await house.detector.write(left)
    await house.at(661)
    await house.at(668)
    assert await house.issues() == []
    await house.start(silent=MISSING)
    await house.feed((669, 500.0))
    await house.at(679)
    assert await house.issues() == []
    await house.at(680.1)
    (issue,) = await house.issues()
    assert issue.opened_ns == house.t0 + 679 * S


async def test_a_chunk_twice_has_the_effect_of_once(house: House) -> None:
    await house.start(limit=LIMIT)
    chunk = await house.feed((1, 505.0), (8, 500.0), (9, 505.0), (20, 505.0))
    before = await house.issues()
    await house.detector.write(chunk)
    assert await house.issues() == before
    assert before[0].occurrences == 2


async def test_a_replay_after_a_hard_stop_opens_nothing_twice_and_loses_nothing(
    house: House,
) -> None:
    await house.start(every_s=1e9, limit=LIMIT)
    chunks = [await house.feed((1, 500.0)), await house.feed((2, 505.0))]
    await house.start(every_s=1e9, limit=LIMIT)
    assert await house.detector.cursor() == 0
    for chunk in chunks:
        await house.detector.write(chunk)
    await house.feed((8, 505.0))
    (issue,) = await house.issues()
    assert issue.onset_ns == house.t0 + 2 * S
    await house.start(limit=LIMIT)
    assert await house.detector.cursor() == 3
    await house.at(30)
    assert len(await house.desk.events(after=0, limit=10)) == 1


async def test_when_the_store_refuses_the_chunk_is_repeated_whole(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.start(limit=LIMIT)
    await house.feed((0, 500.0))
    apply = house.desk.apply

    async def refuse(*_: object, **__: object) -> Sequence[int]:
        raise StorageError("disk full")

    monkeypatch.setattr(house.desk, "apply", refuse)
    chunk = house.chunk([(1, 505.0), (10, 505.0)])
    with pytest.raises(StorageError):
        await house.detector.write(chunk)
    monkeypatch.setattr(house.desk, "apply", apply)
    await house.detector.write(chunk)
    assert [i.onset_ns for i in await house.issues()] == [house.t0 + S]


async def test_replaced_rules_keep_the_state_of_what_is_unchanged(house: House) -> None:
    await house.start(limit=LIMIT, other=LIMIT | {"high": 600.0})
    await house.feed((1, 505.0))
    await house.detector.replace_rules(rules(limit=LIMIT | {"title": "New words"}))
    await house.feed((7, 505.0))
    (issue,) = await house.issues()
    assert issue.onset_ns == house.t0 + S
    await house.detector.replace_rules(rules(limit=LIMIT | {"high": 510.0}))
    (issue,) = await house.issues()
    assert not issue.active
    assert [e.action for e in await house.desk.events(after=0, limit=9)] == ["opened", "withdrawn"]


async def test_new_signals_are_watched_from_when_they_appear(house: House) -> None:
    await house.start(limit=LIMIT | {"signals": ["**/weight"]})
    await house.feed((1, 500.0))
    house.catalogue.register([Signal(path="demo/packaging/l1/packer/weight", unit="g"), WORD])
    await house.feed((2, 505.0), (8, 505.0), signal=1)
    assert [i.asset for i in await house.issues()] == ["demo/packaging/l1/packer"]


async def test_a_rule_that_cannot_run_is_shown_and_the_others_run(house: House) -> None:
    house.catalogue.register([WORD])
    odd = LIMIT | {"signals": [f"{M}/word"]}
    await house.start(
        odd=odd, kg=LIMIT | {"unit": "kg"}, off=LIMIT | {"enabled": False}, fine=LIMIT
    )
    await house.feed((1, 505.0), (8, 505.0))
    status = {s.id: (s.enabled, s.error) for s in house.detector.rules()}
    assert "is not a number" in status["odd"][1]
    assert status["kg"] == (False, f"limits are in kg, but {M}/weight is in g")
    assert status["off"] == (False, "")
    assert status["fine"] == (True, "")
    assert [i.rule for i in await house.issues()] == ["fine"]


async def test_evidence_holds_the_target_too_in_the_machines_own_time(house: House) -> None:
    slow = {
        "type": "rate_below_target",
        "title": "Slow",
        "signals": ["**/n"],
        "target_signal": "want",
        "window_s": 10,
    }
    house.catalogue.register([Signal(path=f"{M}/n", unit="1"), Signal(path=f"{M}/want")])
    await house.start(slow=slow, lost=slow | {"target_signal": "nowhere"})
    await house.feed((0, 60.0), signal=2)
    await house.feed(*[(t, 5.0) for t in range(14)], signal=1)
    (issue,) = await house.issues()
    assert (
        issue.title == "N 0.0/min below 48.0/min (80% of the target 60.0/min) over 10 s at filler"
    )
    rows = await house.store.run(lambda c: c.execute(select(evidence)).all())
    raised = issue.opened_ns
    assert 10 * S <= raised - house.t0 < 10.2 * S
    assert [(r.path, r.start_ns, r.need_ns, r.middle_ns) for r in rows] == [
        (f"{M}/n", raised - 122 * S, house.t0 + 8 * S, raised - 2 * S),
        (f"{M}/want", raised - 122 * S, house.t0 - 2 * S, raised - 2 * S),
    ]


async def test_a_target_per_hour_is_refused(house: House) -> None:
    slow = {
        "type": "rate_below_target",
        "title": "Slow",
        "signals": ["**/n"],
        "target_signal": "want",
    }
    signals = [Signal(path=f"{M}/n"), Signal(path=f"{M}/want", unit="1/h")]
    other = [Signal(path=f"{M}2/n"), Signal(path=f"{M}2/goal", unit="1/min")]
    house.catalogue.register([*signals, *other])
    await house.start(
        slow=slow, path=slow | {"target_signal": f"{M}/want"}, fine=slow | {"target_signal": "goal"}
    )
    await house.feed((1, 500.0))
    status = {s.id: s.error for s in house.detector.rules()}
    said = f"targets are per minute, but {M}/want is in 1/h"
    assert status == {"slow": said, "path": said, "fine": ""}


async def test_a_failure_of_all_rules_together_does_not_end_the_ticking(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.start(limit=LIMIT)
    await house.feed((1, 505.0))
    step, failures = engine.step, 3

    def broken(table: Any, state: Any, rows: Columns) -> Any:
        nonlocal failures
        failures -= 1
        if failures % 2 == 0 and failures >= 0:
            raise FloatingPointError
        return step(table, state, rows)

    monkeypatch.setattr(engine, "step", broken)
    ticking = asyncio.create_task(house.detector.run())
    for _ in range(40):
        await house.clock.advance(0.5)
        await asyncio.sleep(0.005)
    assert not ticking.done()
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)
    assert [i.rule for i in await house.issues()] == ["limit"]


async def test_a_rule_that_fails_at_run_time_is_disabled_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.start(limit=LIMIT, silent=MISSING)
    await house.feed((1, 505.0))
    step = engine.step

    def broken(table: Any, state: Any, rows: Columns) -> Any:
        if any(key.rule == "limit" for _, block in table.blocks.values() for key in block.keys):
            raise FloatingPointError("invalid value")
        return step(table, state, rows)

    monkeypatch.setattr(engine, "step", broken)
    await house.feed((30, 505.0))
    status = {s.id: s for s in house.detector.rules()}
    assert status["limit"].error == "failed at run time: FloatingPointError: invalid value"
    assert status["silent"].error == ""
    assert [i.rule for i in await house.issues()] == ["silent"]


async def test_a_step_of_the_wall_clock_neither_raises_nor_blinds(house: House) -> None:
    await house.start(limit=LIMIT, silent=MISSING)
    await house.feed((1, 505.0))
    await house.at(2)
    house.clock.set_wall_ns(house.clock.now_ns() + 3600 * S)
    await house.detector.tick()
    await house.clock.advance(1)
    await house.detector.tick()
    assert await house.issues() == []
    house.clock.set_wall_ns(house.clock.now_ns() - 7200 * S)
    await house.detector.tick()
    await house.clock.advance(0)
    await house.feed((-3597, 505.0), (-3590, 505.0))
    assert [i.rule for i in await house.issues()] == ["limit"]


async def test_ticks_run_by_themselves_and_the_state_is_written_at_the_end(house: House) -> None:
    await house.start(every_s=1e9, silent=MISSING)
    await house.feed((1, 500.0))
    ticking = asyncio.create_task(house.detector.run())
    await asyncio.sleep(0)
    waiter = asyncio.create_task(house.desk.wait(0))
    deadline = asyncio.get_running_loop().time() + 10
    while not waiter.done() and asyncio.get_running_loop().time() < deadline:
        await house.clock.advance(0.5)
        await asyncio.sleep(0.001)
    assert waiter.done()
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)
    await house.feed((20, 500.0))
    await house.detector.close()
    await house.start(silent=MISSING)
    assert await house.detector.cursor() == 2
    assert house.detector.figures()["rows"] == 0


async def test_the_first_ticks_after_a_start_do_not_count_the_time_before_it(house: House) -> None:
    await house.start(silent=MISSING, limit=LIMIT)
    await house.feed((1, 505.0), (2, 505.0))
    await house.clock.advance(660)
    await house.start(silent=MISSING, limit=LIMIT)
    await house.at(660.4)
    await house.at(661.5)
    await house.at(668)
    assert await house.issues() == []
    await house.at(671.5)
    assert [i.rule for i in await house.issues()] == ["silent"]


async def test_starts_are_remembered_for_a_replay_across_them(house: House) -> None:
    await house.start(every_s=1e9, silent=MISSING)
    chunks = [await house.feed((1, 500.0), (2, 500.0))]
    await house.clock.advance(660)
    await house.start(every_s=1e9, silent=MISSING)
    assert await house.detector.cursor() == 0
    await house.detector.write(chunks[0])
    chunks.append(await house.feed((661, 500.0)))
    await house.clock.advance(3)
    await house.start(every_s=1e9, silent=MISSING)
    for chunk in chunks:
        await house.detector.write(chunk)
    assert await house.issues() == []
