"""How many per second, over the last ten."""

from __future__ import annotations

from collections import deque

from gateway.clock import Clock

_WINDOW_S = 10


class RateMeter:
    """Counts by whole seconds of the clock's monotonic time; the running second counts by its fraction."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start_s = clock.monotonic_s()
        self._seconds: deque[tuple[int, int]] = deque()

    def add(self, count: int) -> None:
        """Count something that happened now."""
        second = int(self._clock.monotonic_s())
        if self._seconds and self._seconds[-1][0] == second:
            count += self._seconds.pop()[1]
        self._seconds.append((second, count))
        self._forget(second)

    def per_s(self) -> float:
        """Return the mean rate over the last ten seconds, or since the start where that is shorter."""
        now_s = self._clock.monotonic_s()
        self._forget(int(now_s))
        lasted_s = min(now_s - self._start_s, float(_WINDOW_S))
        return sum(count for _, count in self._seconds) / max(lasted_s, 1.0)

    def _forget(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] <= second - _WINDOW_S:
            self._seconds.popleft()
