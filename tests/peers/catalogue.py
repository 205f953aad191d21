"""A catalogue in memory, for tests of what lies behind the Catalogue port."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gateway.errors import NotFoundError
from gateway.model import Signal


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
