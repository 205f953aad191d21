"""A process that writes to an embedded historian until it is killed: `python -m tests.peers.historian_child DIR`.

Chunk `seq` holds rows that depend on `seq` alone, so that whoever looks afterwards knows what should be there.
It begins a few batches before the cursor, as a journal that did not hear of the last commit would.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import numpy as np

from gateway.clock import NS_PER_S, ManualClock
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.options import EmbeddedOptions
from gateway.model import SampleBatch
from gateway.ports import Chunk
from tests.peers.historian import T0, MemoryCatalogue

SIGNALS = 5
ROWS = 200
STEP_NS = 10 * NS_PER_S


def chunk(seq: int, *, batches: int = 1) -> Chunk:
    """Return the rows of consecutive batches; some texts, and in every batch a few rows of the one before."""
    parts = []
    for number in range(seq, seq + batches):
        rows = np.arange(max(0, number * ROWS - 7), (number + 1) * ROWS)
        parts.append(
            SampleBatch.of(
                signal=(rows % SIGNALS).astype(np.int32),
                source_ns=T0 + rows // SIGNALS * NS_PER_S,
                value=rows.astype(float),
                received_ns=T0 + number * STEP_NS,
                side={0: f"text {rows[0]}"},
            )
        )
    return Chunk(batch=SampleBatch.concat(parts), first_seq=seq, last_seq=seq + batches - 1)


def open_historian(directory: Path) -> EmbeddedHistorian:
    """Open it with files and windows so short that much happens in a second."""
    return EmbeddedHistorian.open(
        directory,
        catalogue=MemoryCatalogue.of(SIGNALS),
        clock=ManualClock(),
        options=EmbeddedOptions(file_span_s=400, cluster_after_s=50),
    )


async def main(directory: Path) -> None:
    """Write, with upkeep beside, and say each sequence number once it is stored."""
    historian = open_historian(directory)
    seq = max(1, (await historian.cursor() or 0) - 2)
    print("open", flush=True)
    upkeep = asyncio.create_task(historian.maintain(now_ns=0))
    while True:
        await historian.write(chunk(seq))
        print(seq, flush=True)
        if upkeep.done():
            await upkeep
            upkeep = asyncio.create_task(historian.maintain(now_ns=T0 + seq * STEP_NS))
        seq += 1


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
