"""A historian with the sequence numbers that a journal would give, and rows to put into it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gateway.clock import NS_PER_S
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.influx import InfluxHistorian
from gateway.model import DeadLetter, SampleBatch
from gateway.ports import Chunk
from tests.peers.catalogue import MemoryCatalogue

T0 = 1_767_225_600 * NS_PER_S


@dataclass
class Bench:
    """A historian and the sequence numbers that a journal would give."""

    historian: EmbeddedHistorian | InfluxHistorian
    catalogue: MemoryCatalogue
    seq: int = 0

    async def put(self, batch: SampleBatch) -> list[DeadLetter]:
        self.seq += 1
        chunk = Chunk(batch=batch, first_seq=self.seq, last_seq=self.seq)
        return list(await self.historian.write(chunk))


def ramp(signal: int, n: int, *, start: int = 0, step_ns: int = NS_PER_S) -> SampleBatch:
    """Return rows `start` to `start + n` of a signal whose value is its row number."""
    rows = np.arange(start, start + n)
    return SampleBatch.of(
        signal=np.full(n, signal),
        source_ns=T0 + rows * step_ns,
        value=rows.astype(float),
        received_ns=T0 + rows * step_ns + 5,
    )
