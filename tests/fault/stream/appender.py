"""A child process that appends until it is killed, and says on standard output what was acknowledged."""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

import numpy as np

from gateway.clock import SystemClock
from gateway.model import Intake, SampleBatch
from gateway.stream.journal import Journal
from gateway.stream.options import JournalOptions


async def main(directory: Path, start: int) -> None:
    journal = Journal.open(
        directory, clock=SystemClock(), options=JournalOptions(group_ms=2, ballast_bytes=0)
    )
    journal.register_consumers(["all"])

    async def produce(lane: int) -> None:
        for number in itertools.count(start):
            times = np.arange(number * 10, number * 10 + 10, dtype=np.int64)
            batch = SampleBatch.of(
                signal=[lane] * 10, source_ns=times, value=times * 0.5, received_ns=number
            )
            await journal.append(Intake(batch=batch))
            sys.stdout.write(f"{lane} {number}\n")
            sys.stdout.flush()

    await asyncio.gather(*(produce(lane) for lane in range(3)))


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
