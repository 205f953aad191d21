"""Time in, issues out: it passes without data, does not overtake rows, and nobody's downtime is a silence."""

from __future__ import annotations

import asyncio

from gateway.detect.evaluate import Detector
from tests.peers.detector_house import LIMIT, MISSING, House, M, S, rules


async def test_an_issue_opens_when_time_has_passed_without_data(house: House) -> None:
    await house.start(limit=LIMIT)
    await house.feed((1, 504.3))
    await house.at(6.9)
    assert await house.issues() == [], "ticks stay a second behind the clock"
    await house.at(7.1)
    (issue,) = await house.issues()
    assert issue.title == "Weight 504.3 g above 504.0 g for 5 s at filler"
    assert (issue.onset_ns, issue.opened_ns) == (house.t0 + S, house.t0 + 6 * S)
    assert (issue.asset, issue.signal, issue.cause) == (M, f"{M}/weight", f"limit@{M}")
    (status,) = house.detector.rules()
    assert (status.active, status.enabled, status.error) == (1, True, "")
    await house.feed((8, 503.0))
    assert not (await house.issues())[0].active


async def test_time_does_not_overtake_rows_that_wait_in_the_journal(house: House) -> None:
    await house.start(silent=MISSING)
    await house.feed((1, 500.0))
    waiting = house.chunk([(10.5, 500.0), (20, 500.0), (29.5, 500.0)])
    await house.at(30)
    assert await house.issues() == []
    await house.detector.write(waiting)
    await house.at(30.2)
    assert await house.issues() == []
    await house.at(41)
    assert len(await house.issues()) == 1


async def test_a_batch_without_rows_does_not_hold_up_time(house: House) -> None:
    await house.start(silent=MISSING)
    await house.feed((1, 500.0))
    house.chunk([])
    await house.at(13)
    assert len(await house.issues()) == 1


async def test_rows_received_before_the_store_was_there_are_watched(house: House) -> None:
    await house.start(silent=MISSING)
    await house.feed((1, 500.0))
    began_ns = house.clock.now_ns() + 600 * S
    await house.clock.advance(900)
    house.detector = Detector(
        rules(silent=MISSING),
        catalogue=house.catalogue,
        issues=house.desk,
        store=house.store,
        clock=house.clock,
        started_ns=began_ns,
    )
    await house.feed((601, 500.0), (605, 500.0), (650, 500.0))
    (issue,) = await house.issues()
    assert issue.opened_ns == house.t0 + 615 * S


async def test_a_backlog_is_judged_by_when_it_was_received_and_downtime_is_nobodys_silence(
    house: House,
) -> None:
    await house.start(silent=MISSING)
    await house.feed(*[(t, 500.0) for t in range(1, 20)])
    left = house.chunk([(t, 500.0) for t in range(20, 60)])
    await house.clock.advance(660)
    await house.start(silent=MISSING)
    assert await house.detector.cursor() == 1
    await house.detector.tick()
    await house.detector.write(left)
    await house.at(661)
    await house.at(668)
    assert await house.issues() == []
    await house.start(silent=MISSING)
    await house.feed((669, 500.0))
    await house.at(679)
    assert await house.issues() == []
    await house.at(680.1)
    (issue,) = await house.issues()
    assert issue.opened_ns == house.t0 + 679 * S


async def test_a_step_of_the_wall_clock_neither_raises_nor_blinds(house: House) -> None:
    await house.start(limit=LIMIT, silent=MISSING)
    await house.feed((1, 505.0))
    await house.at(2)
    house.clock.set_wall_ns(house.clock.now_ns() + 3600 * S)
    await house.detector.tick()
    await house.clock.advance(1)
    await house.detector.tick()
    assert await house.issues() == []
    house.clock.set_wall_ns(house.clock.now_ns() - 7200 * S)
    await house.detector.tick()
    await house.clock.advance(0)
    await house.feed((-3597, 505.0), (-3590, 505.0))
    assert [i.rule for i in await house.issues()] == ["limit"]


async def test_ticks_run_by_themselves_and_the_state_is_written_at_the_end(house: House) -> None:
    await house.start(every_s=1e9, silent=MISSING)
    await house.feed((1, 500.0))
    ticking = asyncio.create_task(house.detector.run())
    await asyncio.sleep(0)
    waiter = asyncio.create_task(house.desk.wait(0))
    deadline = asyncio.get_running_loop().time() + 10
    while not waiter.done() and asyncio.get_running_loop().time() < deadline:
        await house.clock.advance(0.5)
        await asyncio.sleep(0.001)
    assert waiter.done()
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)
    await house.feed((20, 500.0))
    await house.detector.close()
    await house.start(silent=MISSING)
    assert await house.detector.cursor() == 2
    assert house.detector.figures()["rows"] == 0


async def test_the_first_ticks_after_a_start_do_not_count_the_time_before_it(house: House) -> None:
    await house.start(silent=MISSING, limit=LIMIT)
    await house.feed((1, 505.0), (2, 505.0))
    await house.clock.advance(660)
    await house.start(silent=MISSING, limit=LIMIT)
    await house.at(660.4)
    await house.at(661.5)
    await house.at(668)
    assert await house.issues() == []
    await house.at(671.5)
    assert [i.rule for i in await house.issues()] == ["silent"]


async def test_starts_are_remembered_for_a_replay_across_them(house: House) -> None:
    await house.start(every_s=1e9, silent=MISSING)
    chunks = [await house.feed((1, 500.0), (2, 500.0))]
    await house.clock.advance(660)
    await house.start(every_s=1e9, silent=MISSING)
    assert await house.detector.cursor() == 0
    await house.detector.write(chunks[0])
    chunks.append(await house.feed((661, 500.0)))
    await house.clock.advance(3)
    await house.start(every_s=1e9, silent=MISSING)
    for chunk in chunks:
        await house.detector.write(chunk)
    assert await house.issues() == []
