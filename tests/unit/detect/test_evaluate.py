"""Chunks in, issues out: each once, whatever is repeated, with the evidence of its own time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from gateway.errors import StorageError
from gateway.model import Signal
from gateway.store.tables import evidence
from tests.peers.detector_house import LIMIT, House, M, S


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
