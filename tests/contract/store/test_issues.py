"""The issue desk on both databases: one open issue a cause, history in order, evidence frozen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.clock import NS_PER_S, ManualClock
from gateway.deviation import IssueState, IssueType, Severity
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.issues import Clearing, Deviation, Ending, IssueDesk, Wanted
from gateway.model import Principal, SampleBatch
from gateway.store import Store
from tests.peers.history import FakeHistory

S = NS_PER_S
ANNA = Principal(name="anna", kind="person", roles=frozenset({"supervisor"}))
WEIGHT = "demo/packaging/l1/filler/weight"


class Bench:
    """A desk with everything around it."""

    def __init__(self, store: Store, history: FakeHistory, clock: ManualClock) -> None:
        self.store, self.history, self.clock = store, history, clock
        self.desk: IssueDesk

    async def reopen(self) -> None:
        self.desk = await IssueDesk.open(store=self.store, history=self.history, clock=self.clock)


@pytest.fixture
async def bench(url: str) -> AsyncIterator[Bench]:
    store = await Store.open(url)
    bench = Bench(store, FakeHistory(), ManualClock())
    await bench.reopen()
    yield bench
    await store.close()


def deviation(bench: Bench, key: str, **changes: Any) -> Deviation:
    now = bench.clock.now_ns()
    base = Deviation(
        key=key,
        cause="weight@demo/packaging/l1/filler",
        member=f"{WEIGHT}#high",
        rule="weight",
        rule_version="ab12",
        asset="demo/packaging/l1/filler",
        signal=WEIGHT,
        severity=Severity.P2,
        type=IssueType.QUALITY,
        title="Fill weight high",
        explanation="Fill weight 504.3 g above 504.0 g for 5 s",
        onset_ns=now - 5 * S,
        time_ns=now,
        value=504.3,
        limits={"high": 504.0},
        evidence=(
            Wanted(
                signal=3,
                path=WEIGHT,
                unit="g",
                start_ns=now - 125 * S,
                middle_ns=now,
                need_ns=now,
                end_ns=now + 30 * S,
            ),
        ),
    )
    return replace(base, **changes)


def clearing(bench: Bench, key: str, member: str = f"{WEIGHT}#high") -> Clearing:
    return Clearing(
        key=key,
        cause="weight@demo/packaging/l1/filler",
        member=member,
        rule="weight",
        ending=Ending.CLEARED,
        time_ns=bench.clock.now_ns(),
        value=500.0,
    )


async def test_one_open_issue_a_cause_and_a_replay_changes_nothing(bench: Bench) -> None:
    desk = bench.desk
    first = deviation(bench, "k1")
    assert await desk.raise_deviation(first) == 1
    assert await desk.raise_deviation(first) is None
    assert await desk.clear_deviation(clearing(bench, "k2")) == 1
    assert await desk.clear_deviation(clearing(bench, "k2")) is None
    cleared = await desk.get(1)
    assert (cleared.active, cleared.occurrences, cleared.state) == (False, 1, IssueState.OPEN)
    assert cleared.cleared_ns == bench.clock.now_ns()
    assert await desk.raise_deviation(deviation(bench, "k3")) == 1
    again = await desk.get(1)
    assert (again.active, again.occurrences, again.cleared_ns) == (True, 2, None)
    assert again.revision == desk.revision == 3
    assert [e.action for e in await desk.events(after=0, limit=10)] == [
        "opened",
        "cleared",
        "recurred",
    ]


async def test_a_second_condition_of_the_cause_joins_and_both_must_end(bench: Bench) -> None:
    desk = bench.desk
    other = f"{WEIGHT}2#high"
    await desk.apply([deviation(bench, "k1"), deviation(bench, "k2", member=other)])
    assert await desk.clear_deviation(clearing(bench, "k3")) == 1
    assert (await desk.get(1)).active
    assert await desk.clear_deviation(clearing(bench, "k4", other)) == 1
    issue = await desk.get(1)
    assert (issue.active, issue.occurrences) == (False, 1)
    assert await desk.clear_deviation(clearing(bench, "k5", other)) is None


async def test_after_an_end_only_a_new_onset_opens_another(bench: Bench) -> None:
    desk = bench.desk
    await desk.raise_deviation(deviation(bench, "k1"))
    ended = await desk.reject(1, by=ANNA, reason="nozzle changed")
    assert (ended.state, ended.active) == (IssueState.REJECTED, True)
    assert await desk.clear_deviation(clearing(bench, "k2")) == 1
    assert not (await desk.get(1)).active
    assert await desk.raise_deviation(deviation(bench, "k3")) == 2
    assert [i.number for i in await desk.list(states=[], limit=10)] == [2, 1]
    assert [i.number for i in await desk.list(states=[IssueState.REJECTED], limit=10)] == [1]


async def test_the_life_cycle_refuses_what_is_not_possible(bench: Bench) -> None:
    desk = bench.desk
    await desk.raise_deviation(deviation(bench, "k1"))
    assert (await desk.acknowledge(1, by=ANNA, note="seen")).state is IssueState.TRIAGE
    with pytest.raises(ConflictError, match="issue 1 is triage"):
        await desk.acknowledge(1, by=ANNA)
    await desk.reject(1, by=ANNA, reason="done")
    with pytest.raises(ConflictError, match="issue 1 is rejected"):
        await desk.reject(1, by=ANNA, reason="done")
    with pytest.raises(NotFoundError, match="no issue 9"):
        await desk.get(9)
    with pytest.raises(NotFoundError):
        await desk.comment(9, by=ANNA, text="hello")
    with pytest.raises(InvalidRequestError, match="reason is empty"):
        await desk.reject(1, by=ANNA, reason="  ")
    with pytest.raises(InvalidRequestError, match="limit is 0"):
        await desk.list(states=[], limit=0)
    event = await desk.comment(1, by=ANNA, text="line one\nline two")
    assert (event.by, event.detail) == ("anna", {"text": "line one\nline two"})
    told = await desk.events(after=1, limit=10, issue=1)
    assert [(e.action, e.by) for e in told] == [
        ("acknowledged", "anna"),
        ("rejected", "anna"),
        ("commented", "anna"),
    ]
    assert told[1].detail == {"reason": "done", "from": "triage", "to": "rejected"}


async def test_waiting_ends_with_the_next_change_and_numbers_survive(bench: Bench) -> None:
    waiter = asyncio.create_task(bench.desk.wait(0))
    await asyncio.sleep(0)
    assert not waiter.done()
    await bench.desk.raise_deviation(deviation(bench, "k1"))
    await asyncio.wait_for(waiter, 5)
    await bench.reopen()
    assert bench.desk.revision == 1
    await bench.desk.wait(0)


async def test_a_report_that_fails_leaves_no_half_issue(bench: Bench) -> None:
    def refuse(_: object) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await bench.desk.apply([deviation(bench, "k1")], also=refuse)
    assert await bench.desk.list(states=[], limit=10) == []
    assert await bench.desk.raise_deviation(deviation(bench, "k1")) == 1


async def test_lists_by_asset(bench: Bench) -> None:
    await bench.desk.raise_deviation(deviation(bench, "k1"))
    for asset, found in {
        "demo": 1,
        "demo/packaging/l1/": 1,
        "demo/packaging/l1/filler": 1,
        WEIGHT: 1,
        "demo/packaging/l": 0,
        "de%": 0,
    }.items():
        assert len(await bench.desk.list(states=[], limit=10, asset=asset)) == found, asset
    assert await bench.desk.list(states=[], limit=10, before=1) == []


def rows(bench: Bench, seconds: range) -> SampleBatch:
    now = bench.clock.now_ns()
    times = [now + s * S for s in seconds]
    return SampleBatch.of(
        signal=[3] * len(times), source_ns=times, value=[500.0] * len(times), received_ns=now
    )


async def test_evidence_waits_for_history_and_is_then_frozen(bench: Bench) -> None:
    desk, history = bench.desk, bench.history
    await desk.raise_deviation(deviation(bench, "k1"))
    history.away = True
    assert await desk.collect() == 0
    assert history.reads == 0, "rows are given a moment to arrive"
    await bench.clock.advance(3)
    assert await desk.collect() == 0
    assert (await desk.get(1)).evidence == ()
    await bench.clock.advance(300)
    history.away = False
    late = rows(bench, range(-303 - 10, -303))
    history.add(late)
    assert await desk.collect() == 0, "history has not caught up with the onset"
    history.add(rows(bench, range(-303, -293)))
    await bench.clock.advance(6)
    assert await desk.collect() == 1
    frozen = (await desk.get(1)).evidence[0]
    assert (frozen.path, frozen.unit, len(frozen.time_ns)) == (WEIGHT, "g", 11)
    history.add(rows(bench, range(-309, -308)))
    await bench.clock.advance(40)
    assert await desk.collect() == 1
    whole = (await desk.get(1)).evidence[0]
    assert len(whole.time_ns) == 20
    assert whole.value[0] == 500.0
    assert desk.figures()["evidence_waiting"] == 0
    assert [e.action for e in await desk.events(after=1, limit=9)] == ["evidence", "evidence"]
    assert desk.revision == 3


async def test_evidence_history_never_gets_is_given_up_after_a_day(bench: Bench) -> None:
    await bench.desk.raise_deviation(deviation(bench, "k1"))
    await bench.clock.advance(25 * 3600)
    assert await bench.desk.collect() == 1
    assert (await bench.desk.get(1)).evidence == ()
