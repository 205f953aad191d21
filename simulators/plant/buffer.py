"""Finite places for pieces between machines."""

from __future__ import annotations

import math


class Buffer:
    """A conveyor that holds up to `capacity` pieces."""

    def __init__(self, *, capacity: float, level: float = 0) -> None:
        self.capacity = capacity
        self.level = level

    @property
    def free(self) -> float:
        """How many pieces still fit."""
        return self.capacity - self.level

    def take(self) -> bool:
        """Take one piece; False where there is none."""
        if self.level < 1:
            return False
        self.level -= 1
        return True

    def put(self) -> bool:
        """Put one piece; False where none fits."""
        if self.free < 1:
            return False
        self.level += 1
        return True


class Source(Buffer):
    """The depalletiser before the line: never empty, counts what it gave."""

    def __init__(self) -> None:
        super().__init__(capacity=math.inf, level=math.inf)
        self.given = 0

    def take(self) -> bool:
        """Give one piece."""
        self.given += 1
        return True


class Sink(Buffer):
    """The pallet place after the line: never full, counts what it got."""

    def __init__(self) -> None:
        super().__init__(capacity=math.inf)
        self.taken = 0

    def put(self) -> bool:
        """Accept one piece."""
        self.taken += 1
        return True
