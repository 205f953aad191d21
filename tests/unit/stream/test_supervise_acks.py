"""The supervisor acknowledges only what is on disk, in order, and nothing while the journal is held."""

from __future__ import annotations

import asyncio

from gateway.model import DeadLetter, Intake, Loss, SampleBatch
from gateway.status import ConnectorState
from tests.peers.stream_parts import (
    ScriptedConnector,
    advance_until,
    house,
    intake,
    stop,
    supervise,
    until,
)

S = ConnectorState


async def test_rows_are_journaled_then_acknowledged_in_order(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        supervisor = supervise(connector, parts)
        task = asyncio.create_task(supervisor.run())
        letter = DeadLetter(
            time_ns=1, connector="press", source="t", reason="r", payload=b"", payload_size=0
        )
        loss = Loss(signal=0, start_ns=1, end_ns=2, cause="overflow")
        connector.give(*(intake(n, n + 0.5, receipt=n) for n in range(1, 40)))
        connector.give(
            Intake(batch=SampleBatch.empty(), dead_letters=(letter,), losses=(loss,), receipt=40)
        )
        await until(lambda: len(connector.acked) == 40)
        assert connector.acked == list(range(1, 41))
        status = supervisor.status()
        assert (status.state, status.samples, status.batches) == (S.LIVE, 78, 39)
        assert (status.dead_letters, status.losses, status.signals) == (1, 1, 2)
        assert status.figures.extra["own"] == 3.0
        assert status.lag_s == 0.0
        assert len(await parts.journaled()) == 78
        assert len(supervisor.unknown_sources()) == 1
        await stop(task)
        assert supervisor.state is S.STOPPED
        assert connector.closes == 1


async def test_nothing_is_acknowledged_while_the_journal_is_held(tmp_path):
    async with house(tmp_path, max_bytes=4096) as parts:
        parts.journal.register_consumers(["slow"])
        connector = ScriptedConnector()
        supervisor = supervise(connector, parts, max_in_flight=3)
        task = asyncio.create_task(supervisor.run())
        connector.give(
            *(intake(*(n + k / 1000 for k in range(100)), receipt=n) for n in range(1, 12))
        )
        await advance_until(parts.clock, lambda: supervisor.state is S.HELD)
        held = list(connector.acked)
        assert len(held) == parts.journal.head < 11
        assert supervisor.status().figures.extra["in_flight"] == 3
        await parts.clock.advance(100)
        assert supervisor.state is S.HELD, "being held is not silence"
        assert connector.connects == 1
        await parts.journal.advance("slow", parts.journal.head)
        while len(connector.acked) < 11:
            await parts.journal.advance("slow", parts.journal.head)
            await asyncio.sleep(0.005)
        assert connector.acked == list(range(1, 12))
        await advance_until(parts.clock, lambda: supervisor.state is S.LIVE)
        await stop(task)


async def test_cancelling_stores_and_acknowledges_what_was_read(tmp_path):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        task = asyncio.create_task(supervise(connector, parts).run())
        connector.give(*(intake(n, receipt=n) for n in range(1, 11)))
        await until(connector.feed.empty)
        await stop(task)
        assert connector.acked == list(range(1, 11))
        assert connector.closes == 1


async def test_cancelling_while_held_ends_at_once_and_acknowledges_nothing_more(tmp_path):
    async with house(tmp_path, max_bytes=4096) as parts:
        parts.journal.register_consumers(["slow"])
        connector = ScriptedConnector()
        supervisor = supervise(connector, parts)
        task = asyncio.create_task(supervisor.run())
        connector.give(
            *(intake(*(n + k / 1000 for k in range(100)), receipt=n) for n in range(1, 12))
        )
        await advance_until(parts.clock, lambda: supervisor.state is S.HELD)
        task.cancel()
        await advance_until(parts.clock, task.done, limit_s=1)
        assert supervisor.state is S.STOPPED
        assert connector.acked == list(range(1, parts.journal.head + 1))
        assert connector.closes == 1


async def test_a_journal_that_closed_is_reported_and_ends_nothing(tmp_path, caplog):
    async with house(tmp_path) as parts:
        connector = ScriptedConnector()
        supervisor = supervise(connector, parts)
        task = asyncio.create_task(supervisor.run())
        connector.give(intake(1))
        await until(lambda: supervisor.status().samples == 1)
        await parts.journal.close()
        connector.give(intake(2, receipt=2))
        await until(lambda: "closed" in supervisor.status().last_error)
        await until(lambda: "gaps not noted" in caplog.text)
        assert connector.acked == []
        await stop(task)


async def test_a_repeat_is_acknowledged_only_after_what_it_repeats_is_on_disk(tmp_path):
    async with house(tmp_path) as parts:
        gate = asyncio.Event()
        connector = ScriptedConnector()
        task = asyncio.create_task(supervise(connector, parts).run())
        loop = asyncio.get_running_loop()
        blocked = parts.journal.execute(
            lambda store: asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(10)
        )
        hold = asyncio.create_task(blocked)
        await asyncio.sleep(0.05)
        connector.give(intake(1, receipt="first"), intake(1, receipt="again"))
        await until(connector.feed.empty)
        await asyncio.sleep(0.05)
        assert connector.acked == []
        gate.set()
        await hold
        await until(lambda: connector.acked == ["first", "again"])
        assert await parts.journaled() == [1.0]
        await stop(task)
