"""The newest row of each signal is the last one in the journal."""

from __future__ import annotations

import asyncio

from gateway.errors import StorageError
from gateway.model import Intake, SampleBatch
from gateway.stream.latest import LatestTable
from tests.peers.stream_parts import advance_until, house, rows, stop, until


async def test_it_follows_the_journal(tmp_path):
    async with house(tmp_path) as parts:
        await parts.journal.append(Intake(batch=rows(1, 2)))
        table = LatestTable(parts.journal, clock=parts.clock)
        assert len(table.latest().rows) == 0
        table.prime(SampleBatch.empty())
        table.prime(rows(0.5, signal=700))
        task = asyncio.create_task(table.run())
        await until(lambda: table.latest().rows.seq == 1)
        texts = SampleBatch.of(
            signal=[1, 1], source_ns=[5, 6], value=[0, 0], received_ns=7, side={0: "old", 1: "new"}
        )
        await parts.journal.append(Intake(batch=texts))
        await parts.journal.append(Intake(batch=rows(1.5)))
        await until(lambda: table.latest().rows.seq == 3)
        table.prime(rows(0.1, 0.2))
        now = table.latest().rows
        assert now.signal.tolist() == [0, 1, 700]
        assert now.value.tolist() == [1.5, 0.0, 0.5], "a clock that steps back is not stuck"
        assert dict(now.side) == {1: "new"}
        await parts.journal.append(
            Intake(batch=SampleBatch.of(signal=[1], source_ns=[9], value=[4], received_ns=9))
        )
        await until(lambda: table.latest().rows.seq == 4)
        assert dict(table.latest().rows.side) == {}
        assert dict(now.side) == {1: "new"}, "what was handed out stays as it was"
        await stop(task)


async def test_it_goes_on_when_the_disk_answers_again(tmp_path):
    async with house(tmp_path) as parts:

        class Refusing:
            head = 1
            errors = 2

            async def wait(self, after):
                await parts.journal.wait(after)

            async def read(self, after, *, max_rows):
                if self.errors:
                    self.errors -= 1
                    raise StorageError("no")
                return await parts.journal.read(after, max_rows=max_rows)

        table = LatestTable(Refusing(), clock=parts.clock)
        task = asyncio.create_task(table.run())
        await parts.journal.append(Intake(batch=rows(1)))
        await advance_until(parts.clock, lambda: table.latest().rows.seq == 1)
        await stop(task)
