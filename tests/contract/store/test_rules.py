"""Changes of rules by people, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from gateway.clock import ManualClock
from gateway.detect.evaluate import Detector
from gateway.detect.options import rule_types
from gateway.issues import IssueDesk
from gateway.model import Signal
from gateway.rulebook.desk import RuleDesk
from gateway.rulesheet import RuleChange, RuleOrigin
from gateway.store import Store
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory

WEIGHT = "demo/packaging/l1/filler/weight"
VALUES = {"type": "limit", "title": "Weight", "signals": [WEIGHT], "high": 504.0}


async def test_a_change_survives_the_gateway_and_is_taken_back(url: str) -> None:
    store, clock = await Store.open(url), ManualClock()
    catalogue = FakeCatalogue(Signal(path=WEIGHT))
    files = {"weight": rule_types()["limit"].model_validate(VALUES)}

    async def start() -> tuple[RuleDesk, Detector]:
        desk = await RuleDesk.open(
            files, {}, folder=Path(), store=store, clock=clock, catalogue=catalogue
        )
        issues = await IssueDesk.open(store=store, history=FakeHistory(), clock=clock)
        detector = Detector(
            desk.rules(), catalogue=catalogue, issues=issues, store=store, clock=clock
        )
        desk.attach(detector)
        return desk, detector

    desk, detector = await start()
    wish = RuleChange(settings=VALUES | {"high": 510.0}, reason="too loud")
    await desk.change("weight", wish, revision=1, by="ann")
    desk, detector = await start()
    assert (await desk.sheet("weight")).settings["high"] == 510.0
    back = await desk.take_back("weight", to=None, revision=2, by="bob", reason="missed one")
    assert back.origin is RuleOrigin.FILES
    kept = await detector.versions("weight")
    assert [(one.revision, one.by) for one in kept] == [
        (3, "bob"),
        (2, "ann"),
        (1, "configuration"),
    ]
    await store.close()
