"""Rules changed by people: laid over the files, checked by their cases, taken back, and never lost to each other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import NS_PER_S, ManualClock
from gateway.detect.cases import CaseOptions
from gateway.detect.evaluate import Detector
from gateway.detect.options import RuleOptions, rule_types
from gateway.detect.options_broken import BrokenRule
from gateway.errors import ConflictError, InvalidRequestError, MistakesError, NotFoundError
from gateway.issues import IssueDesk
from gateway.model import SampleBatch, Signal
from gateway.ports import Chunk
from gateway.rulebook.desk import RuleDesk
from gateway.rulesheet import RuleChange, RuleOrigin
from gateway.store import Store
from tests.peers.catalogue import FakeCatalogue
from tests.peers.history import FakeHistory

S = NS_PER_S
WEIGHT = "demo/packaging/l1/filler/weight"
VALUES = {"type": "limit", "title": "Weight", "signals": [WEIGHT], "high": 504.0}
CASE = {
    "rules": ["weight"],
    "series": {WEIGHT: [[0, 500], [1, 508]]},
    "until_s": 10,
    "expect": [{"at_s": 1}],
}


def limit(**changes: Any) -> RuleOptions:
    return rule_types()["limit"].model_validate(VALUES | changes)


class House:
    """A store that outlives gateways, and one gateway's desk and detector at a time."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock, self.seq = store, ManualClock(), 0
        self.catalogue = FakeCatalogue(Signal(path=WEIGHT, unit="g"))

    async def start(
        self, files: Mapping[str, RuleOptions], cases: Mapping[str, Any] | None = None
    ) -> RuleDesk:
        """Start a gateway on these files."""
        held = {name: CaseOptions.model_validate(case) for name, case in (cases or {}).items()}
        self.desk = await RuleDesk.open(
            files, held, folder=Path(), store=self.store, clock=self.clock, catalogue=self.catalogue
        )
        issues = await IssueDesk.open(store=self.store, history=FakeHistory(), clock=self.clock)
        self.detector = Detector(
            self.desk.rules(), catalogue=self.catalogue, issues=issues, store=self.store,
            clock=self.clock,
        )  # fmt: skip
        self.desk.attach(self.detector)
        self.issues = issues
        await self.detector.cursor()
        return self.desk

    async def see(self, value: float) -> int:
        """Take a sample; return how many conditions hold."""
        self.seq += 1
        time_ns = self.clock.now_ns() + self.seq * S
        batch = SampleBatch.of(
            signal=[0], source_ns=[time_ns], value=[value], received_ns=[time_ns]
        )
        await self.detector.write(Chunk(batch=batch, first_seq=self.seq, last_seq=self.seq))
        return sum(one.active for one in self.detector.rules())

    async def told(self) -> list[tuple[int, str, str]]:
        """Return revision, author and reason of every version, newest first."""
        kept = await self.detector.versions("weight")
        return [(one.revision, one.by, one.reason) for one in kept]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = await Store.open(f"sqlite:///{tmp_path}/state.db")
    yield House(store)
    await store.close()


def wish(*despite: str, reason: str = "too loud", **settings: Any) -> RuleChange:
    return RuleChange(settings=VALUES | settings, reason=reason, despite=despite)


async def test_a_change_holds_at_once_and_after_a_restart(house: House) -> None:
    desk = await house.start({"weight": limit()})
    assert await house.see(506) == 1
    sheet = await desk.change("weight", wish(high=510.0), revision=1, by="ann")
    assert (sheet.revision, sheet.origin, sheet.settings["high"]) == (2, RuleOrigin.PEOPLE, 510.0)
    assert sheet.in_files["high"] == 504.0
    assert await house.see(506) == 0
    assert await house.told() == [
        (2, "ann", "too loud"),
        (1, "configuration", "the gateway was started"),
    ]
    desk = await house.start({"weight": limit()})
    assert (await desk.sheet("weight")).settings["high"] == 510.0
    assert len(await house.told()) == 2
    assert await house.see(506) == 0


async def test_a_later_edit_of_the_file_holds_and_nothing_is_lost(house: House) -> None:
    desk = await house.start({"weight": limit()})
    await desk.change("weight", wish(high=510.0), revision=1, by="ann")
    await desk.reread({"weight": limit()}, {})
    assert (await desk.sheet("weight")).origin is RuleOrigin.PEOPLE
    await desk.reread({"weight": limit(high=520.0)}, {})
    sheet = await desk.sheet("weight")
    assert (sheet.origin, sheet.settings["high"]) == (RuleOrigin.FILES, 520.0)
    (revision, by, reason), *_ = await house.told()
    assert (revision, by) == (3, "configuration")
    assert "edited since revision 2 by ann" in reason
    back = await desk.take_back("weight", to=2, revision=3, by="bob", reason="hers was right")
    assert (back.origin, back.settings["high"]) == (RuleOrigin.PEOPLE, 510.0)
    files = await desk.take_back("weight", to=None, revision=4, by="bob", reason="no")
    assert (files.origin, files.settings["high"]) == (RuleOrigin.FILES, 520.0)
    assert (await house.told())[0] == (5, "bob", "no (the files again)")


async def test_an_edit_while_the_gateway_was_down_holds_too(house: House) -> None:
    desk = await house.start({"weight": limit()})
    await desk.change("weight", wish(high=510.0), revision=1, by="ann")
    desk = await house.start({"weight": limit(high=520.0)})
    assert (await desk.sheet("weight")).settings["high"] == 520.0
    assert "edited since revision 2 by ann" in (await house.told())[0][2]
    desk = await house.start({"weight": limit()})
    assert (await desk.sheet("weight")).origin is RuleOrigin.FILES


async def test_who_changes_what_others_changed_is_told(house: House) -> None:
    desk = await house.start({"weight": limit()})
    await desk.change("weight", wish(high=510.0), revision=1, by="ann")
    with pytest.raises(ConflictError, match="revision 2 now, not 1 by ann: too loud"):
        await desk.change("weight", wish(high=511.0), revision=1, by="bob")
    with pytest.raises(ConflictError):
        await desk.take_back("weight", to=None, revision=1, by="bob", reason="x")
    assert (await desk.sheet("weight")).settings["high"] == 510.0


async def test_every_mistake_is_named_with_its_place_and_nothing_changes(house: House) -> None:
    desk = await house.start({"weight": limit()})
    wrong = wish(high="much", deadbend=1, on_delay_s=-1)
    with pytest.raises(MistakesError) as refused:
        await desk.change("weight", wrong, revision=1, by="ann")
    places = {one.where: one.wanted for one in refused.value.mistakes}
    assert places["deadbend"] == "deadband?"
    assert places["high"].startswith("a number")
    with pytest.raises(MistakesError, match="limits are in kg"):
        await desk.change("weight", wish(unit="kg"), revision=1, by="ann")
    with pytest.raises(InvalidRequestError, match="has already"):
        await desk.change("weight", wish(), revision=1, by="ann")
    with pytest.raises(NotFoundError):
        await desk.change("gone", wish(), revision=0, by="ann")
    with pytest.raises(NotFoundError, match="revision 7"):
        await desk.take_back("weight", to=7, revision=1, by="ann", reason="x")
    assert len(await house.told()) == 1


async def test_its_own_cases_hold_a_change_back_unless_they_are_named(house: House) -> None:
    desk = await house.start({"weight": limit()}, {"heavy": CASE, "other": CASE | {"rules": ["x"]}})
    assert (await desk.sheet("weight")).cases == ["heavy"]
    with pytest.raises(MistakesError) as refused:
        await desk.change("weight", wish(high=509.0), revision=1, by="ann")
    (mistake,) = refused.value.mistakes
    assert mistake.where == "tests.heavy"
    assert "it did not happen" in mistake.what
    with pytest.raises(MistakesError, match="does not fail"):
        await desk.change("weight", wish("heavy", high=505.0), revision=1, by="ann")
    await desk.change("weight", wish(high=505.0), revision=1, by="ann")
    made = await desk.change("weight", wish("heavy", high=509.0), revision=2, by="ann")
    assert made.settings["high"] == 509.0
    assert "although these cases fail: heavy" in (await house.told())[0][2]


async def test_a_rule_with_mistakes_is_shown_does_not_run_and_can_be_mended(house: House) -> None:
    broken = BrokenRule.of("weight", VALUES | {"high": "much"}, error="plant.yaml:7: not a number")
    desk = await house.start({"weight": broken, "other": limit(high=505.0)})
    assert await house.see(506) == 1
    status = {one.id: one for one in house.detector.rules()}
    assert (status["weight"].enabled, status["other"].enabled) == (False, True)
    assert status["weight"].error == "plant.yaml:7: not a number"
    assert status["weight"].settings["high"] == "much"
    assert list(house.detector.remarks()) == [
        "Rule weight does not run: plant.yaml:7: not a number"
    ]
    sheet = await desk.sheet("weight")
    assert {one.name for one in sheet.fields} >= {"high", "low", "deadband"}
    assert sheet.error == "plant.yaml:7: not a number"
    mended = await desk.change("weight", wish(high=503.0), revision=sheet.revision, by="ann")
    assert mended.error == ""
    assert await house.see(506) == 2


async def test_a_rule_that_breaks_on_reload_ends_alone(house: House) -> None:
    desk = await house.start({"weight": limit(), "other": limit(high=505.0)})
    assert await house.see(506) == 2
    broken = BrokenRule.of("weight", {"type": "limit"}, error="title is missing")
    await desk.reread({"weight": broken, "other": limit(high=505.0)}, {})
    assert [(one.active, one.error) for one in house.detector.rules()] == [
        (0, "title is missing"),
        (1, ""),
    ]
    assert (await house.told())[0][2].endswith("it does not run: title is missing")


async def test_a_store_that_is_away_leaves_everything_as_it_was(house: House) -> None:
    desk = await house.start({"weight": limit()})
    await house.see(500)

    async def away(*_: object, **__: object) -> None:
        raise ConflictError("the disk is away")

    house.issues.apply = away  # type: ignore[method-assign,assignment]  # the one call that commits
    with pytest.raises(ConflictError, match="away"):
        await desk.change("weight", wish(high=510.0), revision=1, by="ann")
    assert (await desk.sheet("weight")).settings["high"] == 504.0
    assert len(await house.told()) == 1
    assert house.detector.configured()["weight"] == limit()
