"""A catalogue at its port, in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gateway.errors import NotFoundError
from gateway.model import Signal


class FakeCatalogue:
    """Signals by order of registration."""

    def __init__(self, *signals: Signal) -> None:
        self.held: list[Signal] = []
        self.register(signals)

    def register(self, signals: Sequence[Signal]) -> NDArray[np.int32]:
        """Add what is new; return the indices."""
        for signal in signals:
            if all(known.path != signal.path for known in self.held):
                self.held.append(signal)
        return np.array([self.index(signal.path) for signal in signals], np.int32)

    def __len__(self) -> int:
        return len(self.held)

    def signal(self, index: int) -> Signal:
        """Return the signal at an index."""
        return self.held[index]

    def index(self, path: str) -> int:
        """Return the index of a path."""
        for index, signal in enumerate(self.held):
            if signal.path == path:
                return index
        raise NotFoundError(path)

    def all(self) -> Sequence[Signal]:
        """Return every signal."""
        return tuple(self.held)
