"""A second of ten thousand alarms: issues are bounded by causes, nothing is lost, whatever is repeated."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select

from gateway.issues import Deviation
from gateway.store import Store
from gateway.store.tables import issue_event
from tests.peers.cases import CaseBench

CAUSES = 50
EVENTS = 10_000
BATCH = 2_000


@pytest.fixture
async def bench(url: str) -> AsyncIterator[CaseBench]:
    store = await Store.open(url)
    yield await CaseBench(store).open()
    await store.close()


def flood(bench: CaseBench) -> list[Deviation]:
    found = []
    for turn in range(EVENTS):
        machine = f"demo/packaging/l1/m{turn % CAUSES}"
        found.append(
            bench.deviation(
                key=f"flood-{turn}",
                cause=f"weight@{machine}",
                asset=machine,
                signal=f"{machine}/weight",
                member=f"{machine}/weight{turn // CAUSES}#high",
            )
        )
    return found


async def test_a_flood_opens_an_issue_a_cause_and_loses_nothing(bench: CaseBench) -> None:
    reports = flood(bench)

    def crash(_: object) -> None:
        raise LookupError

    for start in range(0, EVENTS, BATCH):
        some = reports[start : start + BATCH]
        if start == BATCH:
            with pytest.raises(LookupError):
                await bench.desk.apply(some, also=crash)
        assert len(await bench.desk.apply(some)) == BATCH
        assert await bench.desk.apply(some) == [], "a replay adds nothing"
    issues = await bench.desk.list(states=[], limit=1000)
    assert len(issues) == CAUSES
    assert bench.desk.revision == EVENTS
    told = await bench.store.run(
        lambda c: c.execute(select(func.count(func.distinct(issue_event.c.key)))).scalar_one()
    )
    assert told == EVENTS
    newest = await bench.desk.events(after=EVENTS - 5, limit=10)
    assert [event.seq for event in newest] == list(range(EVENTS - 4, EVENTS + 1))
