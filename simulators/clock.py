"""Plant time: starts at a chosen UTC moment and runs `factor` times as fast as the wall clock."""

from __future__ import annotations

import asyncio
import time
from typing import Final

NS_PER_S: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000


class PlantClock:
    """Maps elapsed plant time to UTC stamps and waits for it.

    Stamps are `start_ns` plus elapsed plant time, so that at any factor they agree with the number of
    pieces made. At a factor above 1 they run ahead of the wall clock unless `start_ns` lies in the past.
    """

    def __init__(self, *, factor: float = 1.0, start_ns: int | None = None) -> None:
        if factor <= 0:
            msg = f"factor must be above 0, not {factor}"
            raise ValueError(msg)
        self.factor = factor
        self._chosen = start_ns is not None
        self.start_ns = _whole_ms(time.time_ns() if start_ns is None else start_ns)
        self._zero_s = time.monotonic()

    def restart(self) -> None:
        """Let elapsed time begin now; the stamp of the start is then now too, unless it was chosen."""
        self._zero_s = time.monotonic()
        if not self._chosen:
            self.start_ns = _whole_ms(time.time_ns())

    def elapsed_s(self) -> float:
        """Plant seconds since the start."""
        return (time.monotonic() - self._zero_s) * self.factor

    def stamp_ns(self, elapsed_ns: int) -> int:
        """UTC nanoseconds of a moment `elapsed_ns` after the start."""
        return self.start_ns + elapsed_ns

    async def sleep_until(self, elapsed_ns: int) -> None:
        """Wait until `elapsed_ns` of plant time have passed; yields once where they already have."""
        left_s = (elapsed_ns / NS_PER_S - self.elapsed_s()) / self.factor
        await asyncio.sleep(max(0.0, left_s))


def _whole_ms(time_ns: int) -> int:
    """Drop what OPC UA stamps cannot carry here: they are datetimes, which end at microseconds."""
    return time_ns - time_ns % NS_PER_MS
