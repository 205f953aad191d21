"""Alarms, their figures and rule versions, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.alarm import AlarmLetter, Shelving
from gateway.clock import NS_PER_S, ManualClock
from gateway.detect.alarms.desk import AlarmDesk
from gateway.detect.evaluate import Detector
from gateway.detect.options import rule_types
from gateway.issues import IssueDesk
from gateway.model import Principal, SampleBatch, Signal
from gateway.ports import Chunk
from gateway.store import Store
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory

S = NS_PER_S
ANN = Principal(name="ann", kind="person", roles=frozenset())
RULES = {
    "heavy": rule_types()["limit"].model_validate(
        {
            "type": "limit",
            "title": "Heavy",
            "signals": ["demo/**/weight"],
            "high": 504,
            "issue_type": "quality",
            "alarm": {"re_alarm_s": 30},
        }
    )
}


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    store = await Store.open(url)
    yield store
    await store.close()


async def test_an_alarm_from_the_rule_to_the_figures(store: Store) -> None:
    clock = ManualClock()
    start_ns = clock.now_ns()
    signals = [Signal(path=f"demo/pack/l1/m{n}/weight", unit="g") for n in range(40)]
    issues = await IssueDesk.open(store=store, history=FakeHistory(), clock=clock)
    alarms = await AlarmDesk.open(RULES, store=store, clock=clock)
    detector = Detector(
        RULES,
        catalogue=FakeCatalogue(*signals),
        issues=issues,
        store=store,
        clock=clock,
        alarms=alarms,
    )
    times = [start_ns + n * S for n in range(40)]
    batch = SampleBatch.of(
        signal=list(range(40)), source_ns=times, value=[505.0] * 40, received_ns=times
    )
    await detector.write(Chunk(batch=batch, first_seq=1, last_seq=1))
    await clock.advance(60)
    assert len(await alarms.list(letters=[AlarmLetter.UNACKNOWLEDGED], limit=100)) == 40
    below = await alarms.list(letters=[], limit=100, asset="demo/pack/l1/m7")
    assert [(one.issue is not None, one.first_out) for one in below] == [(True, True)]
    await alarms.acknowledge(1, by=ANN)
    await alarms.shelve(2, by=ANN, reason="noise", how=Shelving.TIMED, for_s=20)
    await clock.advance(31)
    await alarms.tick()
    told = [e.action for e in await alarms.events(after=40, limit=10)]
    assert sorted(told[2:]) == ["re_alarmed", "shelving_expired"]
    assert told[:2] == ["acknowledged", "timed_shelved"]
    found = await alarms.metrics(start_ns=start_ns, end_ns=clock.now_ns())
    assert (found.raised, found.most_in_10_min, len(found.floods)) == (40, 40, 1)
    again = await AlarmDesk.open(RULES, store=store, clock=clock)
    assert again.revision == alarms.revision == 44
    (version,) = await detector.versions("heavy")
    assert version.settings == RULES["heavy"].model_dump(mode="json")
    await detector.replace_rules({}, by="ann", reason="gone")
    assert (await detector.versions("heavy"))[0].settings is None
    assert not (await alarms.get(1)).enabled
