"""The alarm desk over a real store: events of the detector in, answers of people, timers and restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

from gateway.alarm import Alarm, AlarmEvent, Shelving
from gateway.clock import NS_PER_S, ManualClock
from gateway.detect.alarms.desk import AlarmDesk
from gateway.detect.evaluate import Detector
from gateway.detect.options import RuleOptions, rule_types
from gateway.deviation import Issue
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.issues import IssueDesk
from gateway.model import Principal, SampleBatch, Signal
from gateway.ports import Chunk, Latest
from gateway.store import Store
from gateway.store.tables import alarm
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory

S = NS_PER_S
M = "demo/packaging/l1/filler"
ANN = Principal(name="ann", kind="person", roles=frozenset({"operator"}))


def limit(**alarm: Any) -> RuleOptions:
    return rule_types()["limit"].model_validate(
        {
            "type": "limit",
            "title": "Weight",
            "signals": [f"{M}/weight"],
            "high": 504.0,
            "severity": "P1",
            "issue_type": "quality",
            "alarm": alarm,
        }
    )


class States:
    """The newest value of the machine's state."""

    def __init__(self) -> None:
        self.value = 6.0

    def latest(self) -> Latest:
        rows = SampleBatch.of(signal=[1], source_ns=[1], value=[self.value], received_ns=1)
        return Latest(rows=rows)


class House:
    """Detector, issues and alarms on one store, that can be stopped hard and started again."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = ManualClock()
        self.states = States()
        self.catalogue = FakeCatalogue(
            Signal(path=f"{M}/weight", unit="g"), Signal(path=f"{M}/state")
        )
        self.t0 = self.clock.now_ns()
        self.seq = 0

    async def start(self, **alarm: Any) -> None:
        rules = {"weight": limit(**alarm)}
        self.issues = await IssueDesk.open(
            store=self.store, history=FakeHistory(), clock=self.clock
        )
        self.alarms = await AlarmDesk.open(
            rules,
            store=self.store,
            clock=self.clock,
            latest=self.states,
            catalogue=self.catalogue,
            issues=self.issues,
        )
        self.detector = Detector(
            rules,
            catalogue=self.catalogue,
            issues=self.issues,
            store=self.store,
            clock=self.clock,
            snapshot_every_s=0.0,
            alarms=self.alarms,
        )

    async def feed(self, second: float, value: float) -> Chunk:
        time_ns = self.t0 + round(second * S)
        await self.clock.advance(max(0.0, (time_ns - self.clock.now_ns()) / S))
        batch = SampleBatch.of(signal=[0], source_ns=[time_ns], value=[value], received_ns=time_ns)
        self.seq += 1
        chunk = Chunk(batch=batch, first_seq=self.seq, last_seq=self.seq)
        await self.detector.write(chunk)
        return chunk

    async def only(self) -> Alarm:
        (one,) = await self.alarms.list(letters=[], limit=10, retained=False)
        return one

    async def opened(self) -> list[Issue]:
        return list(await self.issues.list(states=[], limit=10))

    async def journal(self) -> list[AlarmEvent]:
        return list(await self.alarms.events(after=0, limit=1000))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = await Store.open(f"sqlite:///{tmp_path}/state.db")
    yield House(store)
    await store.close()


async def test_an_alarm_lives_from_raised_to_normal_and_every_step_is_in_the_journal(
    house: House,
) -> None:
    await house.start(consequence="Bottles overflow.", response="Stop the filler.")
    await house.feed(1, 505.0)
    raised = await house.only()
    (issue,) = await house.issues.list(states=[], limit=5)
    assert (raised.letter, raised.priority, raised.issue) == ("B", "high", issue.number)
    assert (raised.onset_ns, raised.value, raised.limits["high"]) == (house.t0 + S, 505.0, 504.0)
    assert (raised.consequence, raised.response) == ("Bottles overflow.", "Stop the filler.")
    await house.clock.advance(4)
    acked = await house.alarms.acknowledge(raised.number, by=ANN, reason="on my way")
    assert acked.letter == "C"
    await house.feed(9, 500.0)
    normal = await house.only()
    assert (normal.letter, normal.cleared_ns, normal.retain) == ("A", house.t0 + 9 * S, False)
    assert await house.alarms.list(letters=[], limit=5) == []
    told = [(e.action, e.by, e.reason, e.before, e.after) for e in await house.journal()]
    assert told == [
        ("raised", "rule:weight", "", "A", "B"),
        ("acknowledged", "ann", "on my way", "B", "C"),
        ("cleared", "rule:weight", "", "C", "A"),
    ]
    assert [e.time_ns - house.t0 for e in await house.journal()] == [S, 5 * S, 9 * S]


async def test_who_waits_is_told_of_every_change_and_misses_none(house: House) -> None:
    await house.start()
    waiting = asyncio.create_task(house.alarms.wait(0))
    await house.feed(1, 505.0)
    await asyncio.wait_for(waiting, 5)
    assert house.alarms.revision == 1
    await house.feed(2, 500.0)
    assert [e.seq for e in await house.alarms.events(after=1, limit=10)] == [2]


async def test_a_chunk_replayed_after_a_crash_raises_nothing_twice(house: House) -> None:
    await house.start()
    chunk = await house.feed(1, 505.0)
    before = (await house.only(), await house.journal())
    fresh = Detector(
        {"weight": limit()},
        catalogue=house.catalogue,
        issues=house.issues,
        store=house.store,
        clock=house.clock,
        alarms=house.alarms,
    )
    fresh.name = "other"  # a memory of its own, as if the snapshot had been lost
    await fresh.write(chunk)
    assert (await house.only(), await house.journal()) == before


async def test_shelving_asks_for_a_reason_has_a_limit_and_ends_by_the_clock(house: House) -> None:
    await house.start(max_shelve_s=600)
    await house.feed(1, 505.0)
    shelve = house.alarms.shelve
    with pytest.raises(InvalidRequestError, match="reason"):
        await shelve(1, by=ANN, reason=" ", how=Shelving.TIMED)
    with pytest.raises(InvalidRequestError, match="at most 600 s"):
        await shelve(1, by=ANN, reason="noise", how=Shelving.TIMED, for_s=601)
    shelved = await shelve(1, by=ANN, reason="noise", how=Shelving.TIMED, for_s=60)
    assert (shelved.letter, shelved.suppressed_or_shelved) == ("G", True)
    assert shelved.shelved_until_ns == house.clock.now_ns() + 60 * S
    with pytest.raises(ConflictError):
        await shelve(1, by=ANN, reason="again", how=Shelving.TIMED)
    await house.clock.advance(59.9)
    await house.alarms.tick()
    assert (await house.only()).letter == "G"
    await house.clock.advance(5)
    await house.alarms.tick()
    back = await house.only()
    assert (back.letter, back.shelving, back.shelved_until_ns) == ("B", Shelving.UNSHELVED, None)
    last = (await house.journal())[-1]
    assert (last.action, last.time_ns) == ("shelving_expired", house.t0 + 61 * S)


async def test_one_shot_shelving_ends_when_the_alarm_does(house: House) -> None:
    await house.start()
    await house.feed(1, 505.0)
    await house.alarms.shelve(1, by=ANN, reason="known", how=Shelving.ONE_SHOT)
    await house.feed(2, 500.0)
    assert (await house.only()).letter == "A"
    await house.feed(3, 505.0)
    assert (await house.only()).letter == "B"


async def test_a_latched_alarm_stays_until_it_is_reset(house: House) -> None:
    await house.start(latching=True, needs_confirm=True)
    await house.feed(1, 505.0)
    await house.feed(2, 500.0)
    assert (await house.only()).letter == "E"
    await house.alarms.acknowledge(1, by=ANN)
    with pytest.raises(ConflictError, match="confirmed"):
        await house.alarms.reset(1, by=ANN)
    await house.alarms.confirm(1, by=ANN, reason="valve changed")
    assert (await house.only()).letter == "F"
    assert (await house.alarms.reset(1, by=ANN)).letter == "A"


async def test_an_acknowledged_alarm_asks_again(house: House) -> None:
    await house.start(re_alarm_s=30)
    await house.feed(1, 505.0)
    await house.alarms.acknowledge(1, by=ANN)
    await house.clock.advance(100)
    await house.alarms.tick()
    assert (await house.only()).letter == "B"
    assert (await house.journal())[-1].time_ns == house.t0 + 31 * S


async def test_the_design_suppresses_while_the_machine_is_in_that_state(house: House) -> None:
    await house.start(suppress_when={"signal": "state", "values": [2]})
    house.states.value = 2.0
    await house.feed(1, 505.0)
    assert (await house.only()).letter == "H"
    assert [e.action for e in await house.journal()] == ["suppressed", "raised"]
    house.states.value = 6.0
    await house.clock.advance(1)
    await house.alarms.tick()
    assert (await house.only()).letter == "B"
    assert (await house.journal())[-1].by == "design"


async def test_out_of_service_and_a_rule_that_does_not_run(house: House) -> None:
    await house.start()
    await house.feed(1, 505.0)
    out = await house.alarms.take_out(1, by=ANN, reason="sensor calibrated", out=True)
    assert out.letter == "I"
    assert (await house.alarms.take_out(1, by=ANN, reason="done", out=False)).letter == "B"
    suppressed = await house.alarms.suppress(1, by=ANN, reason="cleaning", on=True)
    assert suppressed.letter == "H"
    await house.detector.replace_rules({})
    gone = await house.only()
    assert (gone.enabled, gone.active, gone.retain) == (False, False, False)
    await house.detector.replace_rules({"weight": limit()})
    assert (await house.only()).enabled


async def test_a_restart_keeps_what_is_known_and_ends_what_is_not(house: House) -> None:
    await house.start()
    await house.feed(1, 505.0)
    await house.alarms.shelve(1, by=ANN, reason="noise", how=Shelving.TIMED, for_s=600)
    await house.start()
    assert (await house.only()).shelving is Shelving.TIMED
    lost = update(alarm).values(shelving="what", shelved_until_ns=None)
    await house.store.run(lambda c: c.execute(lost).close())
    await house.start()
    back = await house.only()
    assert (back.shelving, back.letter) == (Shelving.UNSHELVED, "B")
    assert (await house.journal())[-1].action == "shelving_lost"
    assert house.alarms.revision == len(await house.journal())


async def test_a_tick_without_anything_owed_changes_nothing(house: House) -> None:
    await house.start()
    await house.feed(1, 505.0)
    before = house.alarms.revision
    await house.alarms.tick()
    assert house.alarms.revision == before
    assert house.alarms.figures()["retained"] == 1


async def test_an_alarm_that_is_not_there(house: House) -> None:
    await house.start()
    with pytest.raises(NotFoundError, match="no alarm 7"):
        await house.alarms.acknowledge(7, by=ANN)
    with pytest.raises(InvalidRequestError):
        await house.alarms.list(letters=[], limit=0)
    assert np.isfinite(house.alarms.figures()["revision"])


async def test_the_alarm_that_began_an_issue_is_first_out_until_it_is_over(house: House) -> None:
    await house.start()
    await house.feed(1, 505.0)
    assert (await house.only()).first_out
    await house.feed(2, 500.0)
    assert not (await house.only()).first_out


async def test_figures_are_taken_from_the_journal(house: House) -> None:
    await house.start()
    for second in range(0, 60, 20):
        await house.feed(second, 505.0)
        await house.feed(second + 4, 500.0)
    metrics = await house.alarms.metrics(start_ns=house.t0, end_ns=house.t0 + 3600 * S, asset=M)
    assert (metrics.raised, metrics.chattering, metrics.most_in_10_min) == (3, 1, 3)
    elsewhere = await house.alarms.metrics(
        start_ns=house.t0, end_ns=house.t0 + 3600 * S, asset="demo/other"
    )
    assert elsewhere.raised == 0
    with pytest.raises(InvalidRequestError):
        await house.alarms.metrics(start_ns=2, end_ns=1)


async def test_what_is_raised_out_of_sight_opens_no_issue_until_it_is_seen_again(
    house: House,
) -> None:
    await house.start()
    await house.feed(1, 505.0)
    await house.feed(2, 500.0)
    (first,) = await house.opened()
    await house.issues.reject(first.number, by=ANN, reason="cleaned")
    await house.alarms.acknowledge(1, by=ANN)
    await house.alarms.shelve(1, by=ANN, reason="sensor is wet", how=Shelving.TIMED, for_s=600)
    chunk = await house.feed(3, 505.0)
    shelved = await house.only()
    assert (shelved.letter, shelved.active, shelved.issue) == ("G", True, None)
    assert [e.action for e in await house.journal()][-2:] == ["timed_shelved", "raised"]
    assert len(await house.opened()) == 1
    # The same rows read again after a crash change nothing.
    await house.start()
    house.detector.name = "other"
    await house.detector.write(chunk)
    assert len(await house.opened()) == 1
    await house.clock.advance(1)
    waiting = asyncio.create_task(house.issues.wait(house.issues.revision))
    back = await house.alarms.shelve(1, by=ANN, reason="", how=Shelving.UNSHELVED)
    await asyncio.wait_for(waiting, 30)
    second, _ = await house.opened()
    assert back.letter == "B"
    assert ((await house.only()).issue, second.active) == (second.number, True)
    assert (second.onset_ns, second.cause) == (house.t0 + 3 * S, f"weight@{M}")
    # It ends as any other, and coming back once more is no news.
    await house.alarms.suppress(1, by=ANN, reason="test", on=True)
    await house.alarms.suppress(1, by=ANN, reason="test over", on=False)
    assert len(await house.opened()) == 2
    await house.feed(9, 500.0)
    assert not (await house.opened())[0].active


async def test_what_came_and_went_out_of_sight_was_never_an_issue(house: House) -> None:
    await house.start(suppress_when={"signal": "state", "values": [2]})
    house.states.value = 2.0
    await house.feed(1, 505.0)
    await house.feed(2, 500.0)
    house.states.value = 6.0
    await house.clock.advance(1)
    await house.alarms.tick()
    assert (await house.only()).letter == "A"
    assert await house.opened() == []
    assert [e.action for e in await house.journal()] == [
        "suppressed",
        "raised",
        "cleared",
        "unsuppressed",
    ]


async def test_the_clock_and_the_design_bring_an_issue_too(house: House) -> None:
    await house.start(suppress_when={"signal": "state", "values": [2]}, max_shelve_s=5)
    house.states.value = 2.0
    await house.feed(1, 505.0)
    assert await house.opened() == []
    house.states.value = 6.0
    await house.clock.advance(1)
    await house.alarms.tick()
    (one,) = await house.opened()
    assert ((await house.only()).letter, one.active) == ("B", True)
    await house.feed(4, 500.0)
    await house.alarms.shelve(1, by=ANN, reason="again", how=Shelving.TIMED)
    await house.feed(6, 505.0)
    assert not (await house.opened())[0].active
    await house.clock.advance(10)
    await house.alarms.tick()
    (same,) = await house.opened()
    assert (same.active, same.occurrences) == (True, 2)
