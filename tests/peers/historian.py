"""A historian, a catalogue in memory, the sequence numbers that a journal would give, and rows to put into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.clock import NS_PER_S
from gateway.errors import NotFoundError
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.influx import InfluxHistorian
from gateway.model import DeadLetter, SampleBatch, Signal
from gateway.ports import Chunk

T0 = 1_767_225_600 * NS_PER_S


class MemoryCatalogue:
    """`Catalogue` without a disk: an index belongs to its path for the life of the object."""

    def __init__(self, signals: Sequence[Signal] = ()) -> None:
        self._signals: list[Signal] = []
        self.register(signals)

    @classmethod
    def of(cls, count: int) -> MemoryCatalogue:
        """Return a catalogue of so many signals on one machine."""
        return cls([Signal(path=f"site/area/line/machine/s{n}", unit="°C") for n in range(count)])

    def register(self, signals: Sequence[Signal]) -> NDArray[np.int32]:
        known = {signal.path: index for index, signal in enumerate(self._signals)}
        indices = []
        for signal in signals:
            if signal.path not in known:
                known[signal.path] = len(self._signals)
                self._signals.append(signal)
            indices.append(known[signal.path])
        return np.asarray(indices, np.int32)

    def __len__(self) -> int:
        return len(self._signals)

    def signal(self, index: int) -> Signal:
        if not 0 <= index < len(self._signals):
            raise NotFoundError(f"no signal {index} among {len(self._signals)}")
        return self._signals[index]

    def index(self, path: str) -> int:
        for index, signal in enumerate(self._signals):
            if signal.path == path:
                return index
        raise NotFoundError(f"no signal {path!r}")

    def all(self) -> Sequence[Signal]:
        return tuple(self._signals)


@dataclass
class Bench:
    """A historian the sequence numbers that a journal would give."""

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
