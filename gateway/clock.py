"""Time as something that is handed in, so that tests can turn it."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class Clock(Protocol):
    """Wall time, monotonic time and sleep, always from the same source."""

    def now_ns(self) -> int:
        """UTC wall time in nanoseconds since 1970."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that never run backwards; only differences mean anything."""
        ...

    async def sleep(self, delay_s: float) -> None:
        """Wait for `delay_s` seconds of this clock."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ns(self) -> int:
        """UTC wall time in nanoseconds since 1970."""
        return time.time_ns()

    def monotonic_s(self) -> float:
        """Seconds that never run backwards; only differences mean anything."""
        return time.monotonic()

    async def sleep(self, delay_s: float) -> None:
        """Wait for `delay_s` real seconds."""
        await asyncio.sleep(delay_s)


class ManualClock:
    """A clock that stands still until `advance` moves it and wakes the sleepers that are due."""

    def __init__(self, *, start_ns: int = 1_767_225_600 * NS_PER_S) -> None:
        self._now_ns = start_ns
        self._elapsed_s = 0.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now_ns(self) -> int:
        """UTC wall time in nanoseconds since 1970."""
        return self._now_ns

    def monotonic_s(self) -> float:
        """Seconds advanced so far."""
        return self._elapsed_s

    async def sleep(self, delay_s: float) -> None:
        """Wait until `advance` has moved the clock by `delay_s` seconds."""
        if delay_s <= 0:
            await asyncio.sleep(0)
            return
        event = asyncio.Event()
        entry = (self._elapsed_s + delay_s, event)
        self._sleepers.append(entry)
        try:
            await event.wait()
        finally:
            if entry in self._sleepers:
                self._sleepers.remove(entry)

    async def advance(self, delta_s: float) -> None:
        """Move both times by `delta_s` seconds, waking sleepers in the order they are due."""
        target_s = self._elapsed_s + delta_s
        while True:
            due = sorted(
                (entry for entry in self._sleepers if entry[0] <= target_s), key=lambda e: e[0]
            )
            if not due:
                break
            self._move_to(due[0][0])
            self._sleepers.remove(due[0])
            due[0][1].set()
            for _ in range(5):
                await asyncio.sleep(0)
        self._move_to(target_s)
        for _ in range(5):
            await asyncio.sleep(0)

    def set_wall_ns(self, now_ns: int) -> None:
        """Step the wall time alone, as an operator or NTP would; monotonic time is untouched."""
        self._now_ns = now_ns

    def _move_to(self, elapsed_s: float) -> None:
        self._now_ns += round((elapsed_s - self._elapsed_s) * NS_PER_S)
        self._elapsed_s = elapsed_s
