"""A fix held against simulated data: from the rule that opens the issue to a proof that is met, or fails and reopens it."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.corrective import Case, VerificationState
from gateway.deviation import IssueState
from gateway.errors import ConflictError
from gateway.store import Store
from rules.effect import mean_less
from tests.peers.cases import ANNA, BEN, FILLER
from tests.peers.proof_plant import HOUR_NS, ProofPlant

pytestmark = pytest.mark.e2e

CPK = {"lower": 495.0, "upper": 505.0, "target": 1.33, "least": 100, "most": 300}
LOSS = {"baseline_days": 1.5, "least": 12, "most": 24}
CLOSING = {"closing.similar": "One, sound.", "closing.standard": "PM plan 12."}


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[ProofPlant]:
    store = await Store.open(f"sqlite:///{tmp_path}/state.db")
    made = await ProofPlant(store, tmp_path / "history").open()
    yield made
    await made.close()


async def told_of(plant: ProofPlant, number: int, action: str) -> dict[str, Any]:
    """Return the detail of the last entry of that action, which is the gateway's own."""
    events = await plant.desk.events(after=0, limit=1000, issue=number)
    found = next(e for e in reversed(events) if e.action == action)
    assert found.by == "gateway"
    return dict(found.detail)


async def closed(plant: ProofPlant, number: int) -> Case:
    with pytest.raises(ConflictError, match="Not checked: demo/packaging/l2/filler"):
        await plant.advance(number, by=BEN)
    await plant.look_around(number, by=BEN)
    await plant.edit(number, CLOSING)
    with pytest.raises(ConflictError, match="anna owns"):
        await plant.advance(number, by=ANNA)
    return await plant.advance(number, by=BEN)


async def test_a_capability_above_its_target_closes_and_one_below_reopens(
    plant: ProofPlant,
) -> None:
    await plant.make(2 * 3600)
    number = await plant.to_verifying("capability", CPK)
    context = (await plant.office.case(number)).context
    assert context is not None
    assert (context["product"], context["states"][-1]["state"]) == ("Water", "Held")
    assert max(v for v in (await plant.desk.get(number)).evidence[0].value if v) > 510

    plant.sigma = 1.7
    assert await plant.watch_hours(8) == 5, "300 values at one a minute"
    failed = await plant.office.case(number)
    assert (failed.issue.state, failed.issue.verified) == (IssueState.REOPENED, False)
    proof = failed.verifications[0]
    assert proof.state is VerificationState.FAILED
    told = await told_of(plant, number, "reopened")
    assert told["values"] == 300
    assert told["bound"] < told["cpk"] < 1.33
    assert told["cpk"] == pytest.approx(5 / (3 * 1.7), rel=0.1)
    error = math.sqrt(1 / (9 * 300) + told["cpk"] ** 2 / (2 * 299))
    assert told["bound"] == pytest.approx(told["cpk"] - 1.645 * error, abs=0.01), "Bissell"
    with pytest.raises(ConflictError, match="reopened: advance is not possible"):
        await plant.advance(number, by=BEN)

    plant.sigma = 1.0
    await plant.office.act(number, "acknowledge", by=ANNA)
    for _ in range(3):
        await plant.advance(number)
    await plant.office.prove(number, template="capability", settings=CPK, by=ANNA)
    for _ in range(2):
        await plant.advance(number)
    assert await plant.watch_hours(8) < 5
    told = await told_of(plant, number, "verified")
    assert 1.33 <= told["bound"] < told["cpk"]
    case = await closed(plant, number)
    assert (case.issue.state, case.issue.verified) == (IssueState.CLOSED, True)
    states = [each.state for each in case.verifications]
    assert states == [VerificationState.MET, VerificationState.FAILED]


async def test_less_loss_at_the_same_products_closes(plant: ProofPlant) -> None:
    await plant.make(36 * 3600)
    number = await plant.to_verifying("loss", LOSS)
    plant.scale = 0.7
    assert await plant.watch_hours(30) < 20
    proof = (await plant.office.case(number)).verifications[0]
    assert proof.state is VerificationState.MET
    figures: dict[str, Any] = dict(proof.progress)
    assert figures["before"] == pytest.approx(0.20, abs=0.02)
    assert figures["after"] == pytest.approx(0.14, abs=0.02)
    assert figures["p"] < 0.05
    assert figures["upper"] < 0
    assert figures["compared"] == 1.0
    assert (await closed(plant, number)).issue.state is IssueState.CLOSED


async def test_another_mix_of_products_proves_nothing_and_reopens(plant: ProofPlant) -> None:
    await plant.make(36 * 3600)
    number = await plant.to_verifying("loss", LOSS)
    started_ns = plant.clock.now_ns()
    plant.cola_hours = 3
    hours = await plant.watch_hours(30)
    case = await plant.office.case(number)
    assert (hours, case.issue.state) == (pytest.approx(25, abs=1), IssueState.REOPENED)
    told = await told_of(plant, number, "reopened")
    assert told["p"] > 0.05
    assert told["before"] == pytest.approx(told["after"], abs=0.02)
    assert "not below the baseline" in str(told["text"])
    before = await plant.watcher._hours(FILLER, started_ns - 36 * HOUR_NS, started_ns)
    after = await plant.watcher._hours(FILLER, started_ns, plant.clock.now_ns())
    naive = mean_less(*([("all", loss) for _, loss in rows] for rows in (before, after)))
    assert naive is not None
    assert naive.p < 0.05, "without regard to the mix it would have passed"
