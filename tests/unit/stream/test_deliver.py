"""A delivery skips nothing, repeats until taken, and moves its cursor last."""

from __future__ import annotations

import asyncio
import logging
import random

import pytest

from gateway.errors import BackOffError, NotConnectedError, StorageError
from gateway.model import DeadLetter, Intake
from gateway.status import StageState
from gateway.stream.deliver import Delivery
from gateway.stream.options import BackOffOptions, DeliveryOptions
from tests.peers.stream_parts import House, ScriptedSink, advance_until, house, rows, stop, until

OPTIONS = DeliveryOptions(linger_s=0, back_off=BackOffOptions(min_s=1, max_s=4))


def deliver(sink: ScriptedSink, parts: House, **changes) -> Delivery:
    return Delivery(
        sink,
        journal=parts.journal,
        clock=parts.clock,
        options=OPTIONS.model_copy(update=changes),
        rng=random.Random(1),
    )


async def fill(parts: House, *times_s: float) -> None:
    for t in times_s:
        await parts.journal.append(Intake(batch=rows(t)))


async def test_rows_arrive_in_order_and_the_cursor_follows(tmp_path):
    async with house(tmp_path) as parts:
        await fill(parts, 1, 2, 3)
        sink = ScriptedSink()
        delivery = deliver(sink, parts)
        task = asyncio.create_task(delivery.run())
        await until(lambda: parts.journal.cursor("sink") == 3)
        await fill(parts, 4)
        await until(lambda: parts.journal.cursor("sink") == 4)
        assert sink.times_s() == [1, 2, 3, 4]
        status = delivery.status()
        assert (status.state, status.rows, status.behind_rows, status.behind_s) == (
            StageState.WORKING,
            4,
            0,
            0.0,
        )
        await stop(task)
        assert sink.closed == 1
        assert delivery.status().state is StageState.STOPPED
        again = ScriptedSink()
        task = asyncio.create_task(deliver(again, parts).run())
        await fill(parts, 5)
        await until(lambda: parts.journal.cursor("sink") == 5)
        assert again.times_s() == [5], "a restart goes on from the cursor"
        await stop(task)


async def test_a_sink_with_its_own_cursor_goes_on_from_there(tmp_path):
    async with house(tmp_path) as parts:
        await fill(parts, 1, 2, 3)
        sink = ScriptedSink(own=2)
        task = asyncio.create_task(deliver(sink, parts).run())
        await until(lambda: parts.journal.cursor("sink") == 3)
        assert sink.times_s() == [3]
        await stop(task)


async def test_a_sink_ahead_of_a_lost_journal_misses_nothing_new(tmp_path):
    async with house(tmp_path) as parts:
        sink = ScriptedSink(own=500)
        delivery = deliver(sink, parts)
        await delivery.prepare()
        assert parts.journal.head == 500
        task = asyncio.create_task(delivery.run())
        await fill(parts, 1)
        await until(lambda: parts.journal.cursor("sink") == 501)
        assert sink.times_s() == [1]
        await stop(task)


@pytest.mark.parametrize(
    ("error", "least_s"),
    [
        (NotConnectedError("down"), 0),
        (BackOffError("busy", wait_s=20), 20),
        (StorageError("disk full"), 0),
        (KeyError("a bug"), 0),
    ],
)
async def test_the_same_chunk_is_repeated_until_it_is_taken(tmp_path, error, least_s, caplog):
    async with house(tmp_path) as parts:
        await fill(parts, 1, 2)
        sink = ScriptedSink()
        sink.script.extend([error] * 5)
        delivery = deliver(sink, parts)
        with caplog.at_level(logging.INFO, logger="gateway.stream.deliver"):
            task = asyncio.create_task(delivery.run())
            await until(lambda: delivery.status().state is StageState.FAILING)
            await fill(parts, 3)
            begun_s = parts.clock.monotonic_s()
            assert delivery.status().behind_rows == 3
            await advance_until(parts.clock, lambda: parts.journal.cursor("sink") == 3)
        assert parts.clock.monotonic_s() - begun_s >= 5 * least_s
        assert sink.tried == [2] * 6 + [3]
        assert sink.times_s() == [1, 2, 3]
        assert delivery.status().state is StageState.WORKING
        assert len(caplog.records) == 2, "one line when it fails, one when it works again"
        await stop(task)


async def test_a_sink_that_cannot_tell_its_cursor_is_asked_again(tmp_path):
    async with house(tmp_path) as parts:
        await fill(parts, 1)
        sink = ScriptedSink(own=0)
        sink.cursor_script.append(NotConnectedError("down"))
        task = asyncio.create_task(deliver(sink, parts).run())
        await advance_until(parts.clock, lambda: parts.journal.cursor("sink") == 1)
        await stop(task)


async def test_a_sink_that_hangs_is_given_up_and_others_go_on(tmp_path):
    async with house(tmp_path) as parts:
        await fill(parts, 1)
        stuck, fine = ScriptedSink("stuck"), ScriptedSink("fine")
        stuck.script.append("hang")
        tasks = [
            asyncio.create_task(deliver(sink, parts, write_timeout_s=30.0).run())
            for sink in (stuck, fine)
        ]
        await until(lambda: parts.journal.cursor("fine") == 1)
        await fill(parts, 2, 3)
        await until(lambda: parts.journal.cursor("fine") == 3)
        assert parts.journal.cursor("stuck") == 0
        await advance_until(parts.clock, lambda: parts.journal.cursor("stuck") == 3)
        assert stuck.times_s() == [1, 2, 3]
        for task in tasks:
            await stop(task)


async def test_rows_that_can_never_be_stored_are_buried_before_the_cursor_moves(tmp_path):
    async with house(tmp_path) as parts:
        letter = DeadLetter(
            time_ns=1, connector="sink", source="s", reason="r", payload=b"p", payload_size=1
        )
        sink = ScriptedSink()
        sink.script.append((letter,))
        delivery = deliver(sink, parts)
        task = asyncio.create_task(delivery.run())
        await fill(parts, 1)
        await until(lambda: parts.journal.cursor("sink") == 1)
        assert parts.ledger.dead_letter_count() == 1
        assert delivery.status().figures["dead_letters"] == 1
        await stop(task)


async def test_when_behind_it_takes_bigger_chunks_and_does_not_linger(tmp_path):
    async with house(tmp_path) as parts:
        await fill(parts, *range(1, 31))
        sink = ScriptedSink()
        task = asyncio.create_task(deliver(sink, parts, chunk_rows=10, linger_s=5.0).run())
        await until(lambda: parts.journal.cursor("sink") == 30 - 9 - 1 or len(sink.chunks) >= 2)
        assert [len(chunk.batch) for chunk in sink.chunks[:2]] == [10, 10]
        await advance_until(parts.clock, lambda: parts.journal.cursor("sink") == 30)
        await fill(parts, 31)
        await asyncio.sleep(0.02)
        assert parts.journal.cursor("sink") == 30, "a single row waits for company"
        await parts.clock.advance(5)
        await until(lambda: parts.journal.cursor("sink") == 31)
        await stop(task)


async def test_what_the_journal_no_longer_holds_is_counted(tmp_path):
    async with house(tmp_path) as parts:
        await fill(parts, 1)
        await parts.journal.advance("sink", 1)
        await parts.journal.raise_head(10)
        await fill(parts, 2)
        sink = ScriptedSink()
        delivery = deliver(sink, parts)
        task = asyncio.create_task(delivery.run())
        await until(lambda: parts.journal.cursor("sink") == 11)
        assert delivery.status().figures["skipped_batches"] == 9
        await parts.journal.raise_head(20)
        await fill(parts, 3)
        await until(lambda: parts.journal.cursor("sink") == 21)
        assert sink.times_s() == [2, 3]
        await stop(task)


async def test_a_sink_that_cannot_write_its_last_does_not_spoil_the_end(tmp_path, caplog):
    class Away(ScriptedSink):
        async def close(self) -> None:
            raise NotConnectedError("the database is away")

    async with house(tmp_path) as parts:
        task = asyncio.create_task(deliver(Away(), parts).run())
        await asyncio.sleep(0)
        await stop(task)
    assert "could not write its last: the database is away" in caplog.text
