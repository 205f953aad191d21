"""Rules that are replaced, that cannot run, or fail while they run: the others go on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.model import Signal
from rules import engine
from rules.columns import Columns
from tests.peers.detector_house import LIMIT, MISSING, WORD, House, M, S, rules


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
