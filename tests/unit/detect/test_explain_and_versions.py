"""Explanations by replay, and versions of rules with author and reason."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import NS_PER_S, ManualClock
from gateway.detect.evaluate import Detector
from gateway.detect.explain import explain
from gateway.detect.options import RuleOptions, rule_types
from gateway.deviation import EvidenceSeries, Issue
from gateway.errors import NotFoundError
from gateway.issues import IssueDesk
from gateway.model import SampleBatch, Signal
from gateway.ports import Chunk
from gateway.store import Store
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory

S = NS_PER_S
M = "demo/packaging/l1/filler"


def limit(**changes: Any) -> RuleOptions:
    values = {
        "type": "limit",
        "title": "Weight",
        "signals": [f"{M}/weight"],
        "high": 504.0,
        "deadband": 1.0,
        "on_delay_s": 5,
        "issue_type": "quality",
    }
    return rule_types()["limit"].model_validate(values | changes)


class House:
    """A detector over a store and a history."""

    def __init__(self, store: Store) -> None:
        self.clock, self.store, self.history = ManualClock(), store, FakeHistory()
        self.catalogue = FakeCatalogue(Signal(path=f"{M}/weight", unit="g"))
        self.t0 = self.clock.now_ns()

    async def start(self, **rules: RuleOptions) -> None:
        self.desk = await IssueDesk.open(store=self.store, history=self.history, clock=self.clock)
        self.detector = Detector(
            rules,
            catalogue=self.catalogue,
            issues=self.desk,
            store=self.store,
            clock=self.clock,
            snapshot_every_s=0.0,
        )

    async def issue(self) -> Issue:
        """Raise an issue and collect all of its evidence."""
        rows = ((1, 500.0), (2, 505.0), (4, 503.5), (6, 504.5), (12, 506.0), (20, 502.0))
        times = [self.t0 + second * S for second, _ in rows]
        batch = SampleBatch.of(
            signal=[0] * len(rows),
            source_ns=times,
            value=[value for _, value in rows],
            received_ns=times,
        )
        self.history.add(batch)
        await self.detector.write(Chunk(batch=batch, first_seq=1, last_seq=1))
        for _ in range(2):
            await self.clock.advance(60)
            await self.desk.collect()
        return await self.desk.get(1)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = await Store.open(f"sqlite:///{tmp_path}/state.db")
    yield House(store)
    await store.close()


async def test_an_issue_is_explained_by_replaying_its_evidence(house: House) -> None:
    await house.start(weight=limit())
    told = await house.detector.explain(await house.issue())
    assert (told.reproduced, told.difference) == (True, "")
    assert told.settings is not None
    assert told.settings["on_delay_s"] == 5
    shown = [((step.time_ns - house.t0) / S, step.text) for step in told.steps]
    assert shown == [
        (1, "500 < limit 504 less deadband 1 = 503; normal"),
        (2, "505 ≥ limit 504; on-delay 0 of 5 s"),
        (4, "503.5 lies between 503 and limit 504: inside the deadband; normal"),
        (6, "504.5 ≥ limit 504; on-delay 0 of 5 s"),
        (11, "the on-delay of 5 s is over: raised"),
        (12, "506 ≥ limit 504; raised"),
        (20, "502 < limit 504 less deadband 1 = 503; normal"),
        (20, "the off-delay of 0 s is over: cleared"),
    ]


async def test_the_settings_of_then_explain_not_those_of_now(house: House) -> None:
    await house.start(weight=limit())
    issue = await house.issue()
    await house.detector.replace_rules({"weight": limit(high=999.0)}, by="ann", reason="too loud")
    told = await house.detector.explain(issue)
    assert told.reproduced
    assert told.settings is not None
    assert told.settings["high"] == 504.0
    unknown = await house.detector.explain(replace(issue, rule_version="gone"))
    assert (unknown.reproduced, unknown.settings, list(unknown.steps)) == (False, None, [])
    assert "not kept" in unknown.difference


async def test_what_the_replay_cannot_show_is_said(house: House) -> None:
    await house.start(weight=limit())
    issue = await house.issue()
    settings = limit().model_dump(mode="json")
    assert "no evidence" in explain(replace(issue, evidence=()), settings).difference
    assert "another value" in explain(replace(issue, value=1.0), settings).difference
    short = [EvidenceSeries(path=f"{M}/weight", unit="g", time_ns=[1], value=[505.0], quality=[0])]
    assert "alone do not raise" in explain(replace(issue, evidence=short), settings).difference
    assert "cannot run" in explain(issue, {"type": "gone"}).difference


async def test_every_change_of_settings_is_kept_once_with_author_and_reason(
    house: House,
) -> None:
    await house.start(weight=limit())
    await house.detector.cursor()
    await house.detector.replace_rules({"weight": limit(title="Other")}, by="ann", reason="name")
    await house.detector.replace_rules({"weight": limit(title="Other")}, by="bob", reason="same")
    await house.detector.replace_rules({}, by="ann", reason="gone")
    await house.start()
    await house.detector.cursor()
    kept = await house.detector.versions("weight")
    told = [(v.revision, v.by, v.reason, v.settings is None) for v in kept]
    assert told == [
        (3, "ann", "gone", True),
        (2, "ann", "name", False),
        (1, "configuration", "the gateway was started", False),
    ]
    assert kept[1].version == kept[2].version, "a title decides no outcome"
    with pytest.raises(NotFoundError):
        await house.detector.versions("never")
