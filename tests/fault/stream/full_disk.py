"""A child process whose disk fills up under its journal; it checks what the journal promises and exits 0."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from pathlib import Path

import numpy as np

from gateway.clock import SystemClock
from gateway.model import Intake, SampleBatch
from gateway.stream.journal import Journal, JournalState
from gateway.stream.options import JournalOptions

OPTIONS = JournalOptions(group_ms=2, retry_ms=20, ballast_bytes=300_000, ring_rows=0)


def intake(number: int) -> Intake:
    rows = np.arange(number * 1000, number * 1000 + 1000, dtype=np.int64)
    batch = SampleBatch.of(
        signal=rows % 9, source_ns=rows * 10**10, value=rows * 0.5, received_ns=rows
    )
    return Intake(batch=batch)


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the state is the writer thread's
            await asyncio.sleep(0.005)


async def rows_of(journal: Journal) -> int:
    after = count = 0
    while (chunk := await journal.read(after, max_rows=10**6)) is not None:
        count += len(chunk.batch)
        after = chunk.last_seq
    return count


async def main(directory: Path, how: str) -> None:
    journal = Journal.open(directory, clock=SystemClock(), options=OPTIONS)
    journal.register_consumers(["slow"])
    filler = directory / "filler"
    if how == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
    futures: list[asyncio.Future[int]] = []
    for number in range(400):
        futures.append(journal.submit(intake(number)))
        await asyncio.wait(futures[-1:], timeout=0.5)
        if not futures[-1].done():
            break
    assert journal.state is JournalState.FAILING, journal.state
    print("failing:", journal.error)
    stored = journal.head
    assert 0 < stored < 400
    assert sum(future.done() for future in futures) == stored
    if how == "tmpfs":
        # The disk has not one byte left but the ballast's: cursors move all the same.
        async with asyncio.timeout(5):
            await journal.advance("slow", stored // 2)
        assert journal.cursor("slow") == stored // 2
    await asyncio.sleep(0.3)
    assert not futures[-1].done()
    if how == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    else:
        filler.unlink()
    await asyncio.wait_for(asyncio.gather(*futures), 20)
    await until(lambda: journal.state is JournalState.WORKING)
    assert (directory / "journal.ballast").exists()
    assert await rows_of(journal) == 1000 * len(futures)
    await journal.close()
    again = Journal.open(directory, clock=SystemClock(), options=OPTIONS)
    assert again.quarantine.remarks == []
    assert await rows_of(again) == 1000 * len(futures)
    await again.close()
    print("recovered:", len(futures))


if __name__ == "__main__":
    where, kind = Path(sys.argv[1]), sys.argv[2]
    if kind == "tmpfs":
        # Some of the space is another program's, which gives it back later.
        handle = os.open(where / "filler", os.O_CREAT | os.O_WRONLY)
        os.posix_fallocate(handle, 0, 6_000_000)
        os.close(handle)
    asyncio.run(main(where, kind))
